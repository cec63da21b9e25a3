using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Portal.Tests.Staging;

/// <summary>An answer, read whole. Status 0: there was none, and the body says why.</summary>
public sealed record PortalAnswer(int Status, ILookup<string, string> Headers, string Body)
{
    private readonly Lazy<JsonNode?> json = new(() => Parse(Body));

    public JsonNode? Json => json.Value;

    /// <summary>A field of the JSON as text; null: it is not there.</summary>
    public string? Text(string name) => (Json as JsonObject)?[name]?.ToString();

    public DateTimeOffset? Time(string name) =>
        DateTimeOffset.TryParse(Text(name), CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var at) ? at : null;

    /// <summary>Headers that came more than once are one list, as RFC 9110 has it.</summary>
    public string Header(string name) => string.Join(", ", Headers[name]);

    public int? Number(string header) =>
        int.TryParse(Header(header), NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;

    /// <summary>The slug of a problem; empty when it is none.</summary>
    public string Problem => Text("type") is { } type && type.StartsWith("/problems/", StringComparison.Ordinal)
        ? type["/problems/".Length..] : "";

    /// <summary>Refused by whoever has what was asked for; a server that is down refuses nothing.</summary>
    public bool IsRefused => Status is >= 400 and < 500 and not 408 and not 429;

    /// <summary>The status and, where it is a refusal, which.</summary>
    public string Told => Status == 0 ? $"no answer: {Body}" : $"{Status} {Problem}".TrimEnd();

    private static JsonNode? Parse(string text)
    {
        try
        {
            return JsonNode.Parse(text);
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
