using System.Collections.Concurrent;
using System.Reflection;
using Microsoft.Azure.Functions.Worker;

namespace Portal.Functions.Foundation.Http;

/// <summary>
/// What an HTTP function says of itself. Read when it is first called: reading all of them at start would be time that the first request
/// waits for.
/// </summary>
/// <param name="Action">Which action of the permissions table it is.</param>
/// <param name="MediaTypes">What it answers with when all goes well; none when nothing is said of it (webhooks).</param>
/// <param name="Feature">What it is part of, where that can be switched off.</param>
public sealed record FunctionAttributes(PortalAction Action, IReadOnlyList<string> MediaTypes, string? Feature = null)
{
    private static readonly ConcurrentDictionary<string, FunctionAttributes> Read = new(StringComparer.Ordinal);

    /// <exception cref="InvalidOperationException">It names no action: nobody has decided who may call it (a test finds it first).
    /// </exception>
    public static FunctionAttributes Of(FunctionDefinition function) => Read.GetOrAdd(function.EntryPoint, Find);

    public static FunctionAttributes Of(MethodInfo method) => new(
        method.GetCustomAttribute<AllowsAttribute>()?.Action ?? throw new InvalidOperationException(
            $"{method.DeclaringType}.{method.Name} names no action: add [Allows(PortalAction.…)]."),
        method.GetCustomAttribute<OperationAttribute>() is { RawBody: null } operation ? operation.MediaTypes : [],
        method.GetCustomAttribute<NeedsAttribute>()?.Feature);

    /// <param name="entryPoint">Type and method, as the worker calls them.</param>
    private static FunctionAttributes Find(string entryPoint)
    {
        var dot = entryPoint.LastIndexOf('.');
        var type = typeof(FunctionAttributes).Assembly.GetType(entryPoint[..dot], throwOnError: true)!;
        var method = type.GetMethod(entryPoint[(dot + 1)..]);
        return Of(method ?? throw new InvalidOperationException($"There is no method {entryPoint}."));
    }
}
