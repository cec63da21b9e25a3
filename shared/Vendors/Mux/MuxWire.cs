using System.Text.Json;

namespace Portal.Vendors.Mux;

/// <summary>
/// Reads the <c>data</c> of Mux webhooks. The SDK's models are not meant for webhook payloads (vendor fact), and webhooks differ from
/// the REST API: <c>created_at</c> is an integer, unknown fields and values come and go. So only what we use is read, leniently.
/// </summary>
public static class MuxWire
{
    public static MuxUpload Upload(JsonElement data) => new(
        Text(data, "id") ?? "",
        Text(data, "status") ?? "",
        Text(data, "url"),
        Text(data, "asset_id"),
        data.TryGetProperty("error", out var error) && error.ValueKind == JsonValueKind.Object
            ? Text(error, "message") ?? Text(error, "type")
            : null);

    /// <summary>In upload events the passthrough sits with the settings of the asset to come.</summary>
    public static string? UploadPassthrough(JsonElement data) =>
        data.TryGetProperty("new_asset_settings", out var settings) && settings.ValueKind == JsonValueKind.Object
            ? Text(settings, "passthrough")
            : null;

    public static MuxAsset Asset(JsonElement data)
    {
        var playback = Items(data, "playback_ids").ToList();
        var video = Items(data, "tracks").FirstOrDefault(t => Text(t, "type") == "video");
        return new(
            Text(data, "id") ?? "",
            Text(data, "status") ?? "",
            Text(data, "upload_id"),
            Text(data, "passthrough"),
            playback.Where(p => Text(p, "policy") == "signed").Select(p => Text(p, "id")).FirstOrDefault(),
            [.. playback.Where(p => Text(p, "policy") == "public").Select(p => Text(p, "id") ?? "")],
            Number(data, "duration"),
            Text(data, "aspect_ratio"),
            (int?)Number(video, "max_width"),
            (int?)Number(video, "max_height"),
            Number(data, "max_stored_frame_rate"),
            data.TryGetProperty("errors", out var errors) && errors.ValueKind == JsonValueKind.Object
                ? string.Join(" ", Items(errors, "messages").Select(m => m.ToString()).DefaultIfEmpty(Text(errors, "type") ?? "error"))
                : null,
            errors.ValueKind == JsonValueKind.Object ? Text(errors, "type") : null,
            ResolutionTier.Read(Text(data, "resolution_tier")));
    }

    private static string? Text(JsonElement element, string name) =>
        element.ValueKind == JsonValueKind.Object && element.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String
            ? value.GetString()
            : null;

    private static double? Number(JsonElement element, string name) =>
        element.ValueKind == JsonValueKind.Object && element.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Number
            && value.GetDouble() is > 0 and < 1e9 and var number
            ? number
            : null;

    private static JsonElement.ArrayEnumerator Items(JsonElement element, string name) =>
        element.TryGetProperty(name, out var list) && list.ValueKind == JsonValueKind.Array ? list.EnumerateArray() : default;
}
