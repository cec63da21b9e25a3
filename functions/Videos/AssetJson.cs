using Portal.Functions.Foundation.Http.Inputs;
using Portal.Videos;

namespace Portal.Functions.Videos;

/// <summary>How far a version is.</summary>
public static class VersionStatus
{
    public static IReadOnlyList<string> All { get; } = ["pending", "processing", "ready", "failed", "cancelled", "archived"];
}

/// <summary>An asset on the wire, with its newest version. Durations in seconds, sizes in pixels and bytes.</summary>
public sealed record AssetJson(
    Guid Id, Guid ProjectId, string Title, string Description, [
        property: About("Names and texts of the team's own.")
    ] IReadOnlyDictionary<string, string> Metadata,
    Guid CreatedBy, string CreatedByName, int Version, DateTimeOffset CreatedAt, DateTimeOffset UpdatedAt, AssetVersionJson LatestVersion)
{
    public static AssetJson From(Asset a) => new(
        a.Id.Value, a.ProjectId.Value, a.Title, a.Description, a.Fields, a.CreatedBy.Value, a.CreatedByName, a.Version, a.CreatedAt,
        a.UpdatedAt,
        AssetVersionJson.From(a.Newest));
}

/// <summary>A version of an asset on the wire.</summary>
public sealed record AssetVersionJson(
    Guid Id, int Number,
    [OneOf(typeof(VersionStatus))] string Status, string FileName, long SizeBytes,
    double? DurationSeconds, string? AspectRatio, int? Width, int? Height,
    double? FrameRate, string? FailureReason, DateTimeOffset CreatedAt, DateTimeOffset UpdatedAt,
    [property: About("The upload that brought it; null once its record is past its retention.")] Guid? UploadId)
{
    public static AssetVersionJson From(AssetVersion v) => new(
        v.Id.Value, v.Number, v.Status, v.FileName, v.SizeBytes, v.DurationS, v.AspectRatio, v.Width, v.Height, v.FrameRate,
        v.FailureReason, v.CreatedAt, v.UpdatedAt, v.UploadId);
}
