using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Portal.Tests.Support.Contract;

/// <summary>One request, as raw as it goes over the wire.</summary>
public sealed record ApiRequest(string Verb, string Path)
{
    /// <summary>A person's handle; null: no session.</summary>
    public string? As { get; init; }

    /// <summary>In place of a person's own: <c>Authorization</c> as it is.</summary>
    public string? Authorization { get; init; }

    public IReadOnlyDictionary<string, string> Headers { get; init; } = new Dictionary<string, string>();

    public ReadOnlyMemory<byte>? Body { get; init; }

    public string MediaType { get; init; } = "application/json";

    /// <summary>Somebody else sends it: not with the first tenant's words, so that where those come back they were read.</summary>
    public ApiRequest InOwnWords() => Body is { } body
        ? this with
        {
            Body = Encoding.UTF8.GetBytes(Encoding.UTF8.GetString(body.Span).Replace(SampleWorld.Marker, "OWN", StringComparison.Ordinal)),
        }
        : this;

    public static ReadOnlyMemory<byte> Bytes(object body) => body is string text
        ? Encoding.UTF8.GetBytes(text)
        : JsonSerializer.SerializeToUtf8Bytes(body, body.GetType(), JsonSerializerOptions.Web);

    public override string ToString() =>
        $"{Verb} {Path} as {As ?? Authorization ?? "nobody"} {string.Join(' ', Headers.Select(h => $"{h.Key}: {Short(h.Value)}"))} "
            + $"{(Body is { } body ? Short(Encoding.UTF8.GetString(body.Span)) : "")}";

    private static string Short(string text) => text.Length > 300 ? text[..300] + "…" : text;
}

/// <summary>What came back, whole.</summary>
public sealed record ApiAnswer(int Status, IReadOnlyDictionary<string, string> Headers, string Body)
{
    public string? MediaType => Headers.GetValueOrDefault("content-type")?.Split(';')[0];

    public JsonNode? Json =>
        MediaType?.EndsWith("json", StringComparison.Ordinal) == true && Body.Length > 0 ? JsonNode.Parse(Body) : null;

    /// <summary>The slug of a problem; empty when it is none.</summary>
    public string Problem =>
        MediaType == "application/problem+json" && Body.Length > 0 ? Json!["type"]!.ToString()["/problems/".Length..] : "";

    public override string ToString() => $"{Status} {(Body.Length > 600 ? Body[..600] + "…" : Body)}";

    public static async Task<ApiAnswer> ReadAsync(HttpResponseMessage response)
    {
        using (response)
        {
            return new(
                (int)response.StatusCode,
                response.Headers.Concat(response.Content.Headers).ToDictionary(
                    h => h.Key.ToLowerInvariant(), h => string.Join(", ", h.Value)),
                await response.Content.ReadAsStringAsync());
        }
    }

    public static HttpRequestMessage Message(ApiRequest request, string? jwt)
    {
        var message = new HttpRequestMessage(new HttpMethod(request.Verb), new Uri(request.Path, UriKind.Relative));
        if (request.Authorization is { } given)
        {
            message.Headers.TryAddWithoutValidation("Authorization", given);
        }
        else if (jwt is not null)
        {
            message.Headers.Authorization = new AuthenticationHeaderValue("Bearer", jwt);
        }

        foreach (var (name, value) in request.Headers)
        {
            message.Headers.TryAddWithoutValidation(name, value);
        }

        if (request.Body is { } body)
        {
            message.Content = new ReadOnlyMemoryContent(body);
            message.Content.Headers.TryAddWithoutValidation("Content-Type", request.MediaType);
        }

        return message;
    }
}
