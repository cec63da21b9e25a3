using System.Text.RegularExpressions;
using Portal.Foundation.Identity;
using Portal.Functions.Foundation.Contract;

namespace Portal.Tests.Support.Contract;

/// <summary>Whose thing a request names.</summary>
public enum Reach
{
    /// <summary>Nobody's: a list, one's own profile, health.</summary>
    Nothing,

    /// <summary>The tenant's: everybody in it with the role.</summary>
    Tenant,

    /// <summary>A project's: those who are in it, and admins.</summary>
    Project,

    /// <summary>One person's own.</summary>
    Person,
}

/// <summary>What a good request to a function needs beyond what its attributes say.</summary>
public sealed record ApiAsk
{
    /// <summary>Values for the path, by name.</summary>
    public IReadOnlyDictionary<string, string> Path { get; init; } = new Dictionary<string, string>();

    public string Query { get; init; } = "";

    /// <summary>The body, as an object or as text.</summary>
    public object? Body { get; init; }

    public IReadOnlyDictionary<string, string> Headers { get; init; } = new Dictionary<string, string>();

    /// <summary>Who may do it to this very thing; null: the first role that the permissions name.</summary>
    public string? As { get; init; }

    /// <summary>The answer waits for the clock.</summary>
    public bool TakesTime { get; init; }

    public static ApiAsk Id(Guid id, object? body = null) =>
        new() { Path = new Dictionary<string, string> { ["id"] = id.ToString() }, Body = body };

    public static ApiAsk Of(object body) => new() { Body = body };

    public static ApiAsk Token(string token, object? body = null) =>
        new() { Path = new Dictionary<string, string> { ["token"] = token }, Body = body };
}

/// <summary>The sample of one function.</summary>
/// <param name="Make">Makes what the request names and answers the request; called anew for each success that must happen.</param>
public sealed record ApiSample(Reach Reach, Func<SampleWorld, Task<ApiAsk>> Make);

/// <summary>Puts a function and its sample together to a request.</summary>
public static partial class ApiAsking
{
    /// <summary>Who may call with success.</summary>
    public static string? Caller(this ApiOperation operation, ApiAsk ask) => ask.As ?? (operation switch
    {
        { IsAnonymous: true } => null,
        { IsForOperators: true } => "operator",
        { Roles: [var first, ..] } => first,
        _ => throw new InvalidOperationException($"Nobody's role decides about {operation.Name}: its sample must say who may (As)."),
    });

    public static ApiRequest Request(this ApiOperation operation, string verb, ApiAsk ask, string? version = null) =>
        new(verb, operation.PathWith(ask) + ask.Query)
        {
            As = operation.Caller(ask),
            Headers = operation.About.NeedsMatch && version is not null
            ? new Dictionary<string, string>(ask.Headers) { ["If-Match"] = version }
            : ask.Headers,
            Body = ask.Body is { } body && verb is not ("GET" or "HEAD") ? ApiRequest.Bytes(body) : default(ReadOnlyMemory<byte>?),
        };

    public static string PathWith(this ApiOperation operation, ApiAsk ask) => Hole().Replace(operation.Path, hole => Uri.EscapeDataString(
        ask.Path.TryGetValue(hole.Groups[1].Value, out var value)
            ? value
            : throw new InvalidOperationException(
                $"The sample of {operation.Name} has no value for {hole.Value}: add it in tests/support/Contract/ApiSamples.cs.")));

    public static IReadOnlyList<string> AllRoles { get; } = [Role.Admin, Role.Agency, Role.Client, Role.Compliance];

    [GeneratedRegex(@"\{(\w+)\}")]
    private static partial Regex Hole();
}
