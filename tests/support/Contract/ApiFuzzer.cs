using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Portal.Functions.Foundation.Contract;
using Portal.Functions.Foundation.Http.Inputs;

namespace Portal.Tests.Support.Contract;

/// <summary>Turns good requests into bad ones: some parts of the request, or none, are replaced by what nobody expects.</summary>
public sealed class ApiFuzzer(Random random)
{
    private const int MostChanges = 4;
    private readonly JsonObject schemas = ApiDocument.Current.Json["components"]!["schemas"]!.AsObject();

    public T Any<T>(IReadOnlyList<T> of) => of[random.Next(of.Count)];

    /// <summary>The request with up to four things about it changed.</summary>
    public ApiRequest Spoil(ApiOperation operation, ApiAsk ask, ApiRequest request)
    {
        for (var left = random.Next(MostChanges + 1); left > 0; left--)
        {
            request = random.Next(10) switch
            {
                0 when operation.Parameters.Count > 0 => SpoilPath(operation, ask, request),
                0 or 1 => SpoilQuery(operation, request),
                2 or 3 or 4 when request.Body is not null || operation.ReadsBody => SpoilField(operation, request),
                5 => request with { Body = Any(Hostile.Bodies) },
                6 => request with { MediaType = Any(Hostile.MediaTypes), Body = request.Body ?? "{}"u8.ToArray() },
                7 or 8 => SpoilHeader(request),
                9 when random.Next(8) == 0 =>
                    request with { Verb = Any(["PUT", "OPTIONS", "DELETE", "PATCH", "POST", "GET", "PROPFIND"]) },
                _ => SpoilQuery(operation, request),
            };
        }

        return request;
    }

    private ApiRequest SpoilPath(ApiOperation operation, ApiAsk ask, ApiRequest request)
    {
        var name = Any(operation.Parameters).Name;
        var value = random.Next(3) == 0 ? Guid.NewGuid().ToString() : Safe(Any(Hostile.Texts));
        return request with
        {
            Path = operation.PathWith(
                ask with { Path = new Dictionary<string, string>(ask.Path) { [name] = value.Length == 0 ? "-" : value } }),
        };
    }

    private ApiRequest SpoilQuery(ApiOperation operation, ApiRequest request)
    {
        var known = operation.About.Query is { } query
            ? InputPlan.Of(query).Fields.Select(f => f.JsonName).ToList()
            : ["limit", "cursor", "q"];
        var name = random.Next(6) == 0 ? Safe(Any(Hostile.Texts)) : Any(known);
        var value = random.Next(4) == 0
            ? Convert.ToBase64String(Encoding.UTF8.GetBytes(Safe(Any(Hostile.Texts))))
            : Safe(Any(Hostile.Texts));
        var separator = request.Path.Contains('?', StringComparison.Ordinal) ? '&' : '?';
        var raw = random.Next(10) == 0 ? "%ff%fe=%c3%28" : $"{Uri.EscapeDataString(name)}={Uri.EscapeDataString(value)}";
        return request.Path.Length > 8000 ? request : request with { Path = $"{request.Path}{separator}{raw}" };
    }

    private ApiRequest SpoilField(ApiOperation operation, ApiRequest request)
    {
        var properties = operation.About.Takes is { } takes ? schemas[takes.Name]!["properties"]!.AsObject() : [];
        var fields = Fields(request.Body);
        var name = properties.Count > 0 && random.Next(8) > 0 ? Any(properties.Select(p => p.Key).ToList()) : Any(Hostile.Texts);
        fields[name] = random.Next(5) switch
        {
            0 => Any(Hostile.Values),
            1 or 2 => Hostile.ValueNear(Resolve(properties[name]), random),
            _ => JsonSerializer.Serialize(Any(Hostile.Texts)),
        };
        var written = fields.Select(f => $"{JsonSerializer.Serialize(f.Key)}:{f.Value}").ToList();
        if (random.Next(15) == 0)
        {
            written.Add(written[0]);
        }

        return request with { Body = Encoding.UTF8.GetBytes($"{{{string.Join(',', written)}}}") };
    }

    /// <summary>A field's own schema, or the vocabulary that it names.</summary>
    private JsonObject? Resolve(JsonNode? field) =>
        (field?["$ref"] ?? (field?["anyOf"] as JsonArray)?[0]?["$ref"])?.ToString() is { } reference
            ? schemas[reference.Split('/')[^1]] as JsonObject
            : field as JsonObject;

    /// <summary>The fields of a body as JSON text, as far as it has any.</summary>
    private static Dictionary<string, string> Fields(ReadOnlyMemory<byte>? body)
    {
        try
        {
            return body is { Length: > 0 } bytes && JsonNode.Parse(bytes.Span) is JsonObject o
                ? o.ToDictionary(f => f.Key, f => f.Value?.ToJsonString() ?? "null")
                : [];
        }
        catch (Exception e) when (e is JsonException or ArgumentException or InvalidOperationException)
        {
            // Spoilt before: start from nothing.
            return [];
        }
    }

    private ApiRequest SpoilHeader(ApiRequest request)
    {
        var value = random.Next(12) == 0
            ? new string('h', 7000)
            : string.Concat(Safe(Any(Hostile.Texts)).Where(c => c is >= ' ' and <= '~'));
        return request with { Headers = new Dictionary<string, string>(request.Headers) { [Any(Hostile.Headers)] = value } };
    }

    /// <summary>What can stand in an address: a lone surrogate cannot be sent there.</summary>
    private static string Safe(string text) => Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(text.Length > 2000 ? text[..2000] : text));
}
