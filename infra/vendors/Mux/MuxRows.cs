using System.Text.Json.Nodes;

namespace Portal.LocalVendors.Mux;

internal sealed class UploadRow
{
    public const string Columns =
        """
        id as Id, secret as Secret, status as Status, timeout_s as TimeoutS, cors_origin as CorsOrigin, test as Test,
        settings::text as Settings,
        asset_id as AssetId, error_message as ErrorMessage, file_id as FileId, total as Total, created_at as CreatedAt, seq as Seq
        """;

    public string Id { get; init; } = "";

    public string Secret { get; init; } = "";

    public string Status { get; init; } = "";

    public int TimeoutS { get; init; }

    public string? CorsOrigin { get; init; }

    public bool Test { get; init; }

    public string Settings { get; init; } = "{}";

    public string? AssetId { get; init; }

    public string? ErrorMessage { get; init; }

    public string FileId { get; init; } = "";

    public long? Total { get; init; }

    public DateTime CreatedAt { get; init; }

    public long Seq { get; init; }

    public JsonObject SettingsObject() => JsonNode.Parse(Settings)!.AsObject();
}

internal sealed class AssetRow
{
    public const string Columns =
        """
        id as Id, upload_id as UploadId, input_url as InputUrl, status as Status, settings::text as Settings, passthrough as Passthrough,
        meta::text as Meta, test as Test, file_id as FileId, planned_error as PlannedError, media::text as Media, errors::text as Errors,
        created_at as CreatedAt, deleted_at as DeletedAt, seq as Seq
        """;

    public string Id { get; init; } = "";

    public string? UploadId { get; init; }

    public string? InputUrl { get; init; }

    public string Status { get; init; } = "";

    public string Settings { get; init; } = "{}";

    public string? Passthrough { get; init; }

    public string? Meta { get; init; }

    public bool Test { get; init; }

    public string? FileId { get; init; }

    public string? PlannedError { get; init; }

    public string? Media { get; init; }

    public string? Errors { get; init; }

    public DateTime CreatedAt { get; init; }

    public DateTime? DeletedAt { get; init; }

    public long Seq { get; init; }

    /// <summary>Events of one upload and its asset keep their order.</summary>
    public string Lane => UploadId ?? Id;

    public JsonObject SettingsObject() => JsonNode.Parse(Settings)!.AsObject();
}

internal sealed class PlaybackIdRow
{
    public string Id { get; init; } = "";

    public string AssetId { get; init; } = "";

    public string Policy { get; init; } = "";
}

internal sealed class RenditionRow
{
    public string Id { get; init; } = "";

    public string AssetId { get; init; } = "";

    public string Resolution { get; init; } = "";

    public string? Passthrough { get; init; }

    public string Status { get; init; } = "";

    public string Extension => Resolution == "audio-only" ? "m4a" : "mp4";

    /// <summary>As in the file's URL: <c>highest.mp4</c>, <c>720p.mp4</c>, <c>audio.m4a</c>.</summary>
    public string Name => Resolution == "audio-only" ? "audio.m4a" : $"{Resolution}.mp4";
}
