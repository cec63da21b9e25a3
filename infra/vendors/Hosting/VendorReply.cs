using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;

namespace Portal.LocalVendors.Hosting;

/// <summary>A JSON answer; a null body sends none.</summary>
internal sealed record VendorReply(int Status, JsonNode? Body = null)
{
    private static readonly JsonSerializerOptions Plain = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static string Text(JsonNode node) => node.ToJsonString(Plain);

    public async Task WriteAsync(HttpContext context)
    {
        context.Response.StatusCode = Status;
        if (Body is not null)
        {
            context.Response.ContentType = "application/json";
            await context.Response.WriteAsync(Text(Body), context.RequestAborted);
        }
    }
}

/// <summary>Reads JSON bodies; duplicate names and depth past the default are refused like any other malformed text.</summary>
internal static class JsonBody
{
    private static readonly JsonDocumentOptions Strict = new() { AllowDuplicateProperties = false };

    /// <summary>False when the body is not JSON. An empty body reads as null.</summary>
    public static async Task<(bool Readable, JsonNode? Body)> ReadAsync(HttpContext context)
    {
        using var bytes = new MemoryStream();
        await context.Request.Body.CopyToAsync(bytes, context.RequestAborted);
        return Parse(bytes.GetBuffer().AsSpan(0, (int)bytes.Length));
    }

    public static (bool Readable, JsonNode? Body) Parse(ReadOnlySpan<byte> utf8)
    {
        if (utf8.IsEmpty)
        {
            return (true, null);
        }
        try
        {
            return (true, JsonNode.Parse(utf8, documentOptions: Strict));
        }
        catch (JsonException)
        {
            return (false, null);
        }
    }

    public static string? Text(this JsonObject from, string name) =>
        from[name] is JsonValue value && value.TryGetValue<string>(out var text) ? text : null;

    public static long? Whole(this JsonObject from, string name) =>
        from[name] is JsonValue value && value.GetValueKind() == JsonValueKind.Number && value.TryGetValue<long>(out var number)
            ? number
            : null;

    public static bool Flag(this JsonObject from, string name) =>
        from[name] is JsonValue value && value.GetValueKind() == JsonValueKind.True;
}
