using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Dapper;
using Npgsql;
using Portal.LocalVendors.Media;

namespace Portal.LocalVendors.Mux;

/// <summary>Rows as Mux shows them. Over REST <c>created_at</c> is a string of unix seconds, in webhooks a number.</summary>
internal static class MuxJson
{
    public static JsonObject Upload(UploadRow upload, string? url)
    {
        var json = new JsonObject
        {
            ["id"] = upload.Id,
            ["timeout"] = upload.TimeoutS,
            ["status"] = upload.Status,
            ["new_asset_settings"] = upload.SettingsObject(),
            ["test"] = upload.Test,
        };
        Set(json, "cors_origin", upload.CorsOrigin);
        Set(json, "asset_id", upload.AssetId);
        Set(json, "url", url);
        if (upload.ErrorMessage is { } message)
        {
            json["error"] = new JsonObject { ["type"] = "invalid_input", ["message"] = message };
        }
        return json;
    }

    /// <summary>Several assets with what belongs to them, in three statements.</summary>
    public static async Task<IReadOnlyList<JsonObject>> AssetsAsync(
        NpgsqlConnection c, IReadOnlyList<AssetRow> assets, NpgsqlTransaction? t = null, bool webhook = false)
    {
        string[] ids = [.. assets.Select(asset => asset.Id)];
        var playbackIds = await MuxStore.PlaybackIdsAsync(c, ids, t);
        var renditions = await MuxStore.RenditionsAsync(c, ids, t);
        var sizes = (await c.QueryAsync<(string, long)>(
            "select id, size from vendors.files where id = any(@files)",
            new { files = assets.Where(asset => asset.FileId is not null).Select(asset => asset.FileId).ToArray() }, t)).ToDictionary(
                row => row.Item1, row => row.Item2);
        return [.. assets.Select(asset =>
            Asset(
                asset, playbackIds[asset.Id], renditions[asset.Id], asset.FileId is null
                    ? 0
                    : sizes.GetValueOrDefault(asset.FileId), webhook))];
    }

    public static JsonObject PlaybackId(PlaybackIdRow row) => new() { ["id"] = row.Id, ["policy"] = row.Policy };

    public static JsonObject Rendition(RenditionRow row, MediaInfo? media, long size)
    {
        var json = new JsonObject
        {
            ["id"] = row.Id,
            ["name"] = row.Name,
            ["ext"] = row.Extension,
            ["status"] = row.Status,
            ["resolution"] = row.Resolution,
            ["type"] = "standard",
        };
        Set(json, "passthrough", row.Passthrough);
        if (row.Status == "ready" && media is not null)
        {
            json["filesize"] = size.ToString(CultureInfo.InvariantCulture);
            json["bitrate"] = media.Duration > 0 ? (long)(size * 8 / media.Duration) : 0;
            if (row.Extension == "mp4")
            {
                json["width"] = media.Width;
                json["height"] = media.Height;
                json["resolution_tier"] = Tier(media);
            }
        }
        return json;
    }

    public static MediaInfo? Media(AssetRow asset) => asset.Media is null ? null : JsonSerializer.Deserialize<MediaInfo>(asset.Media);

    public static string Tier(MediaInfo media) =>
        (media.HasVideo, Math.Min(media.Width, media.Height), Math.Max(media.Width, media.Height)) switch
        {
            (false, _, _) => "audio-only",
            (_, <= 720, <= 1280) => "720p",
            (_, <= 1080, <= 2048) => "1080p",
            (_, <= 1440, <= 2560) => "1440p",
            _ => "2160p",
        };

    /// <summary>What was put in, and what it turned out to be once it was looked at.</summary>
    public static JsonObject InputInfo(AssetRow asset, string address)
    {
        var info = new JsonObject
        {
            ["settings"] = new JsonObject { ["url"] = asset.InputUrl ?? $"{address}/uploads/{asset.UploadId}" },
        };
        if (Media(asset) is { } media)
        {
            var tracks = new JsonArray();
            if (media.HasVideo)
            {
                tracks.Add((JsonNode)new JsonObject
                {
                    ["type"] = "video",
                    ["duration"] = Math.Round(media.Duration, 6),
                    ["width"] = media.Width,
                    ["height"] = media.Height,
                    ["frame_rate"] = Math.Round(media.FrameRate, 3),
                });
            }

            if (media.HasAudio)
            {
                tracks.Add((JsonNode)new JsonObject
                {
                    ["type"] = "audio",
                    ["duration"] = Math.Round(media.Duration, 6),
                    ["channels"] = media.Channels,
                });
            }

            info["file"] = new JsonObject { ["container_format"] = media.Container, ["tracks"] = tracks };
        }

        return info;
    }

    private static JsonObject Asset(
        AssetRow asset, IEnumerable<PlaybackIdRow> playbackIds, IEnumerable<RenditionRow> renditions, long size, bool webhook)
    {
        var settings = asset.SettingsObject();
        var created = new DateTimeOffset(asset.CreatedAt, TimeSpan.Zero).ToUnixTimeSeconds();
        var json = new JsonObject
        {
            ["id"] = asset.Id,
            ["created_at"] = webhook ? created : created.ToString(CultureInfo.InvariantCulture),
            ["status"] = asset.Status,
            ["test"] = asset.Test,
            ["master_access"] = "none",
            ["mp4_support"] = "none",
            ["encoding_tier"] = "smart",
            ["video_quality"] = settings["video_quality"]?.DeepClone() ?? "plus",
            ["max_resolution_tier"] = settings["max_resolution_tier"]?.DeepClone() ?? "1080p",
            ["normalize_audio"] = settings["normalize_audio"]?.DeepClone() ?? false,
            ["is_live"] = false,
            ["ingest_type"] = asset.UploadId is null ? "on_demand_url" : "on_demand_direct_upload",
            ["playback_ids"] = new JsonArray([.. playbackIds.Select(PlaybackId)]),
            ["progress"] = asset.Status switch
            {
                "ready" => new JsonObject { ["state"] = "completed", ["progress"] = 100 },
                "errored" => new JsonObject { ["state"] = "errored", ["progress"] = -1 },
                _ => new JsonObject { ["state"] = asset.FileId is null ? "ingesting" : "transcoding", ["progress"] = 0 },
            },
        };
        Set(json, "upload_id", asset.UploadId);
        Set(json, "passthrough", asset.Passthrough);
        SetParsed(json, "meta", asset.Meta);
        SetParsed(json, "errors", asset.Errors);
        var media = Media(asset);
        if (media is not null)
        {
            AddMedia(json, media, asset.Id);
        }
        JsonNode[] files = [.. renditions.Select(rendition => Rendition(rendition, media, size))];
        if (files.Length > 0)
        {
            json["static_renditions"] = new JsonObject { ["files"] = new JsonArray(files) };
        }
        return json;
    }

    private static void AddMedia(JsonObject json, MediaInfo media, string assetId)
    {
        json["duration"] = Math.Round(media.Duration, 6);
        json["resolution_tier"] = Tier(media);
        var tracks = new JsonArray();
        if (media.HasVideo)
        {
            json["aspect_ratio"] = Ratio(media.Width, media.Height);
            json["max_stored_frame_rate"] = media.FrameRate > 0 ? Math.Round(media.FrameRate, 3) : -1;
            json["max_stored_resolution"] = Math.Min(
                media.Width, media.Height) switch
            { < 720 => "SD", < 1080 => "HD", < 2160 => "FHD", _ => "UHD" };
            tracks.Add((JsonNode)new JsonObject
            {
                ["id"] = "v" + assetId[..20],
                ["type"] = "video",
                ["status"] = "ready",
                ["duration"] = Math.Round(media.Duration, 6),
                ["max_width"] = media.Width,
                ["max_height"] = media.Height,
                ["max_frame_rate"] = media.FrameRate > 0 ? Math.Round(media.FrameRate, 3) : -1,
            });
        }
        if (media.HasAudio)
        {
            tracks.Add((JsonNode)new JsonObject
            {
                ["id"] = "a" + assetId[..20],
                ["type"] = "audio",
                ["status"] = "ready",
                ["duration"] = Math.Round(media.Duration, 6),
                ["max_channels"] = media.Channels,
                ["primary"] = true,
            });
        }
        json["tracks"] = tracks;
    }

    private static string Ratio(int width, int height)
    {
        var (a, b) = (width, height);
        while (b != 0)
        {
            (a, b) = (b, a % b);
        }
        return a == 0 ? "1:1" : $"{width / a}:{height / a}";
    }

    private static void Set(JsonObject json, string name, string? value)
    {
        if (value is not null)
        {
            json[name] = value;
        }
    }

    private static void SetParsed(JsonObject json, string name, string? value)
    {
        if (value is not null)
        {
            json[name] = JsonNode.Parse(value);
        }
    }
}
