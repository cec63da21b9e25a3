using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Portal.LocalVendors.Hosting;

namespace Portal.LocalVendors.Mux;

/// <summary>Asset settings as a caller gives them, in an upload's <c>new_asset_settings</c> or an asset's own request.</summary>
internal static class MuxSettings
{
    private static readonly string[] Policies = ["public", "signed", "drm"];
    private static readonly string[] Resolutions =
        ["highest", "audio-only", "2160p", "1440p", "1080p", "720p", "540p", "480p", "360p", "270p"];

    /// <summary>What Mux would say no to; null when the settings are fine. Unknown members are let through.</summary>
    public static string? Problem(JsonObject settings) =>
        TextProblem(settings, "passthrough", 255)
        ?? MetaProblem(settings["meta"])
        ?? PolicyProblem(settings)
        ?? RenditionsProblem(settings["static_renditions"])
        ?? OneOf(settings, "video_quality", ["basic", "plus", "premium"])
        ?? OneOf(settings, "max_resolution_tier", ["1080p", "1440p", "2160p"])
        ?? InputsProblem(settings["inputs"] ?? settings["input"]);

    public static string? TextProblem(JsonObject settings, string name, int limit)
    {
        if (settings[name] is not { } node)
        {
            return null;
        }
        if (node is not JsonValue value || !value.TryGetValue<string>(out var text))
        {
            return $"{name} must be a string";
        }
        var length = new StringInfo(text).String.EnumerateRunes().Count();
        return length > limit ? $"{name} must be at most {limit} characters" : null;
    }

    public static string? MetaProblem(JsonNode? meta) => meta switch
    {
        null => null,
        JsonObject fields =>
            TextProblem(fields, "title", 512) ?? TextProblem(fields, "creator_id", 128) ?? TextProblem(fields, "external_id", 128),
        _ => "meta must be an object",
    };

    /// <summary>The policies asked for, in their order; the deprecated name counts too.</summary>
    public static IReadOnlyList<string> PoliciesOf(JsonObject settings)
    {
        var simple = (settings["playback_policies"] ?? settings["playback_policy"]) as JsonArray ?? [];
        var advanced = settings["advanced_playback_policies"] as JsonArray ?? [];
        return [.. simple.Select(policy => (string)policy!), .. advanced.Select(policy => (string)policy!["policy"]!)];
    }

    public static IEnumerable<(string Resolution, string? Passthrough)> RenditionsOf(JsonObject settings) =>
        (settings["static_renditions"] as JsonArray ?? []).Select(one => ((string)one!["resolution"]!, (string?)one["passthrough"]));

    public static string? RenditionProblem(JsonNode? rendition) =>
        rendition is not JsonObject fields || fields.Text("resolution") is not { } resolution || !Resolutions.Contains(resolution)
            ? $"resolution must be one of {string.Join(", ", Resolutions)}"
            : TextProblem(fields, "passthrough", 255);

    public static string? PolicyProblem(string? policy) =>
        policy is not null && Policies.Contains(policy) ? null : $"playback policy must be one of {string.Join(", ", Policies)}";

    private static string? PolicyProblem(JsonObject settings)
    {
        foreach (var name in new[] { "playback_policies", "playback_policy" })
        {
            if (settings[name] is { } given
                && (
                    given is not JsonArray list
                        || list.Any(
                            one =>
                                one is not JsonValue value || value.GetValueKind() != JsonValueKind.String
                                    || PolicyProblem((string)value!) is not null)))
            {
                return $"{name} must be a list of {string.Join(", ", Policies)}";
            }
        }
        return settings["advanced_playback_policies"] is { } advanced
               && (
                   advanced is not JsonArray many
                       || many.Any(one => one is not JsonObject fields || PolicyProblem(fields.Text("policy")) is not null))
            ? "advanced_playback_policies must be a list of policies"
            : null;
    }

    private static string? RenditionsProblem(JsonNode? given) => given switch
    {
        null => null,
        JsonArray list => list.Select(RenditionProblem).FirstOrDefault(problem => problem is not null),
        _ => "static_renditions must be a list",
    };

    private static string? InputsProblem(JsonNode? given) => given switch
    {
        null => null,
        JsonArray list when list.All(input => input is JsonObject) => null,
        _ => "inputs must be a list of objects",
    };

    private static string? OneOf(JsonObject settings, string name, string[] allowed) =>
        settings[name] is null || allowed.Contains(settings.Text(name)) ? null : $"{name} must be one of {string.Join(", ", allowed)}";
}
