using System.Globalization;
using Mux.Csharp.Sdk.Api;
using Mux.Csharp.Sdk.Client;
using Mux.Csharp.Sdk.Model;
using Portal.Foundation.Outages;

namespace Portal.Vendors.Mux;

/// <summary>An upload as Mux sees it.</summary>
/// <param name="Status">waiting, asset_created, errored, cancelled or timed_out.</param>
public sealed record MuxUpload(string Id, string Status, string? Url, string? AssetId, string? Error);

/// <summary>An asset as Mux sees it; durations in seconds, sizes in pixels.</summary>
/// <param name="Status">preparing, ready or errored.</param>
/// <param name="PublicPlaybackIds">Must stay empty: ours are always signed.</param>
/// <param name="ErrorType">What kind of error, by Mux's name (<see cref="MuxErrors"/>).</param>
/// <param name="Tier">By which encoding and storing are billed: one of <see cref="ResolutionTier"/>.</param>
public sealed record MuxAsset(
    string Id, string Status, string? UploadId, string? Passthrough, string? SignedPlaybackId, IReadOnlyList<string> PublicPlaybackIds,
    double? DurationS, string? AspectRatio, int? Width, int? Height, double? FrameRate, string? Error, string? ErrorType = null,
    string? Tier = null);

/// <summary>What hangs off an asset that is ready: its signed playback ids, and files to download.</summary>
public sealed record MuxFiles(IReadOnlyList<string> SignedPlaybackIds, IReadOnlyList<MuxRendition> Renditions);

/// <summary>A static rendition.</summary>
/// <param name="Name">As in its URL: <c>highest.mp4</c>.</param>
/// <param name="Status">preparing, ready, skipped or errored.</param>
public sealed record MuxRendition(string Name, string Status);

/// <summary>How long an asset was played, in seconds of video that went out.</summary>
/// <param name="Tiers">The parts of it by tier; what they leave is of none.</param>
public sealed record DeliveredAsset(string AssetId, double Seconds, IReadOnlyList<(string Tier, double Seconds)> Tiers);

/// <summary>A page of them, and how many there are on all pages.</summary>
public sealed record MuxDelivered(long Total, IReadOnlyList<DeliveredAsset> Assets);

/// <summary>
/// The part of Mux Video that the portal uses, over Mux.Csharp.Sdk 2.0.1 and written for its flaws: the plain methods return null on a
/// refused connection, a timeout or unreadable JSON, and a delete that never arrived looks like success. So only the
/// <c>…WithHttpInfo</c> forms are used, and a missing status or body is <see cref="VendorFailure.Unknown"/>. New assets are always
/// signed; passthrough is the upload job's id, the creator is the tenant's, by which Mux's usage exports can be split, and no name or
/// title ever goes to Mux.
/// </summary>
public sealed class MuxVideo(
    IDirectUploadsApiAsync uploads, IAssetsApiAsync assets, IDeliveryUsageApiAsync usage, VendorCircuits circuits)
{
    // Mux documents no Retry-After; its bucket refills one POST a second.
    private static readonly TimeSpan DefaultPace = TimeSpan.FromSeconds(1);

    public Task<VendorResult<MuxUpload>> CreateUploadAsync(
        string passthrough, string creator, string? corsOrigin, TimeSpan timeout, CancellationToken ct)
    {
        var request = new CreateUploadRequest
        {
            Timeout = (int)timeout.TotalSeconds,
            CorsOrigin = corsOrigin,
            NewAssetSettings = AssetSettings(passthrough, creator),
        };
        return CallAsync(() => uploads.CreateDirectUploadWithHttpInfoAsync(request, ct), r => Read(r?.Data), ct);
    }

    public Task<VendorResult<MuxUpload>> GetUploadAsync(string uploadId, CancellationToken ct) =>
        CallAsync(() => uploads.GetDirectUploadWithHttpInfoAsync(uploadId, ct), r => Read(r?.Data), ct);

    public Task<VendorResult<MuxUpload>> CancelUploadAsync(string uploadId, CancellationToken ct) =>
        CallAsync(() => uploads.CancelDirectUploadWithHttpInfoAsync(uploadId, ct), r => Read(r?.Data), ct);

    public Task<VendorResult<MuxAsset>> CreateAssetAsync(string passthrough, string creator, string inputUrl, CancellationToken ct)
    {
        var request = AssetSettings(passthrough, creator);
        request.Inputs = [new InputSettings { Url = inputUrl }];
        return CallAsync(() => assets.CreateAssetWithHttpInfoAsync(request, ct), r => Read(r?.Data), ct);
    }

    public Task<VendorResult<MuxAsset>> GetAssetAsync(string assetId, CancellationToken ct) =>
        CallAsync(() => assets.GetAssetWithHttpInfoAsync(assetId, ct), r => Read(r?.Data), ct);

    /// <summary>A page of assets, newest first; <paramref name="page"/> from 1.</summary>
    public Task<VendorResult<IReadOnlyList<MuxAsset>>> ListAssetsAsync(int page, int limit, CancellationToken ct) =>
        CallAsync<ListAssetsResponse, IReadOnlyList<MuxAsset>>(
            () => assets.ListAssetsWithHttpInfoAsync(limit, page, null, null, ct),
            r => r?.Data is { } list ? [.. list.Select(Read).OfType<MuxAsset>()] : null,
            ct);

    /// <summary>Null once the asset is gone, also when it was gone before.</summary>
    public Task<VendorFailure?> DeleteAssetAsync(string assetId, CancellationToken ct) =>
        GoneAsync(() => assets.DeleteAssetWithHttpInfoAsync(assetId, ct), ct);

    public Task<VendorResult<MuxFiles>> GetFilesAsync(string assetId, CancellationToken ct) =>
        CallAsync(() => assets.GetAssetWithHttpInfoAsync(assetId, ct), r => Files(r?.Data), ct);

    /// <summary>A new signed playback id.</summary>
    public Task<VendorResult<string>> CreatePlaybackIdAsync(string assetId, CancellationToken ct) => CallAsync(
        () => assets.CreateAssetPlaybackIdWithHttpInfoAsync(
            assetId, new CreatePlaybackIDRequest { Policy = PlaybackPolicy.Signed }, ct), r => r?.Data?.Id, ct);

    /// <summary>Null once the playback id is gone, also when it was gone before.</summary>
    public Task<VendorFailure?> DeletePlaybackIdAsync(string assetId, string playbackId, CancellationToken ct) =>
        GoneAsync(() => assets.DeleteAssetPlaybackIdWithHttpInfoAsync(assetId, playbackId, ct), ct);

    /// <summary>Asks for a file in the best quality there is; it is made in the background.</summary>
    public async Task<VendorFailure?> CreateRenditionAsync(string assetId, CancellationToken ct)
    {
        var request = new CreateStaticRenditionRequest { Resolution = CreateStaticRenditionRequest.ResolutionEnum.Highest };
        return (await CallAsync(() => assets.CreateAssetStaticRenditionWithHttpInfoAsync(assetId, request, ct), r => r?.Data, ct)).Failure;
    }

    /// <summary>
    /// A page of what was played in that time, by asset; <paramref name="page"/> from 1. Mux is twelve hours late, knows ninety days, and
    /// names assets that were deleted since.
    /// </summary>
    public Task<VendorResult<MuxDelivered>> ListDeliveredAsync(
        DateTimeOffset from, DateTimeOffset until, int page, int limit, CancellationToken ct)
    {
        List<string> span = [Unix(from), Unix(until)];
        return CallAsync(
            () => usage.ListDeliveryUsageWithHttpInfoAsync(page, limit, timeframe: span, cancellationToken: ct),
            r => r?.Data is { } list
                ? new MuxDelivered(
                    r.TotalRowCount,
                    [
                        .. list.Where(row => row.AssetId is not null).Select(row => new DeliveredAsset(
                            row.AssetId, row.DeliveredSeconds, Tiers(row.DeliveredSecondsByResolution))),
                    ])
                : null, ct);
    }

    private static IReadOnlyList<(string Tier, double Seconds)> Tiers(DeliveryReportDeliveredSecondsByResolution? by) => by is null ? [] :
    [
        .. new[]
        {
            (ResolutionTier.AudioOnly, by.TierAudioOnly), (ResolutionTier.P720, by.Tier720p), (ResolutionTier.P1080, by.Tier1080p),
            (ResolutionTier.P1440, by.Tier1440p), (ResolutionTier.P2160, by.Tier2160p),
        }.Where(tier => tier.Item2 > 0),
    ];

    private async Task<VendorFailure?> GoneAsync(Func<Task<ApiResponse<object>>> delete, CancellationToken ct) =>
        (await CallAsync(delete, body => body ?? new object(), ct)).Failure is { } failure and not VendorFailure.Refused { Status: 404 }
            ? failure
            : null;

    private Task<VendorResult<TOut>> CallAsync<TIn, TOut>(
        Func<Task<ApiResponse<TIn>>> call, Func<TIn?, TOut?> read, CancellationToken ct)
        where TOut : class =>
        circuits.CallAsync(VendorCircuit.Mux, () => AskAsync(call, read, ct), ct);

    private static async Task<VendorResult<TOut>> AskAsync<TIn, TOut>(
        Func<Task<ApiResponse<TIn>>> call, Func<TIn?, TOut?> read, CancellationToken ct)
        where TOut : class
    {
        // The SDK may throw NullReferenceException for a token that is cancelled already.
        ct.ThrowIfCancellationRequested();
        try
        {
            var response = await call();
            if (response is null || (int)response.StatusCode == 0)
            {
                return new VendorFailure.Unknown(response?.ErrorText ?? "Mux did not answer.");
            }

            return read(response.Data) is { } value
                ? value
                : new VendorFailure.Unknown($"Mux answered {(int)response.StatusCode} with a body that cannot be read.");
        }
        catch (ApiException e) when (e.ErrorCode == 429)
        {
            return new VendorFailure.RateLimited(RetryAfter(e));
        }
        catch (ApiException e) when (e.ErrorCode is >= 500 or 408 or 409)
        {
            return new VendorFailure.Unknown($"Mux answered {e.ErrorCode}.");
        }
        catch (ApiException e)
        {
            return new VendorFailure.Refused(e.ErrorCode, MuxErrors.Explain(e.ErrorContent as string, e.ErrorCode));
        }
        catch (OperationCanceledException e) when (!ct.IsCancellationRequested)
        {
            return new VendorFailure.Unknown($"Mux took too long: {e.Message}");
        }
    }

    private static string Unix(DateTimeOffset time) => time.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture);

    private static TimeSpan RetryAfter(ApiException e) =>
        e.Headers is { } headers && headers.TryGetValue("Retry-After", out var values)
            && int.TryParse(values.FirstOrDefault(), out var seconds) && seconds is > 0 and <= 3600
            ? TimeSpan.FromSeconds(seconds)
            : DefaultPace;

    private static CreateAssetRequest AssetSettings(string passthrough, string creator) => new()
    {
        PlaybackPolicies = [PlaybackPolicy.Signed],
        Passthrough = passthrough,
        VideoQuality = CreateAssetRequest.VideoQualityEnum.Basic,
        Meta = new AssetMetadata(creatorId: creator),
    };

    private static MuxUpload? Read(Upload? upload) => upload?.Id is null || upload.Status is null ? null : new(
        upload.Id,
        upload.Status switch
        {
            Upload.StatusEnum.Waiting => "waiting",
            Upload.StatusEnum.AssetCreated => "asset_created",
            Upload.StatusEnum.Cancelled => "cancelled",
            Upload.StatusEnum.TimedOut => "timed_out",
            _ => "errored",
        },
        upload.Url,
        upload.AssetId,
        upload.Error?.Message ?? upload.Error?.Type);

    private static MuxAsset? Read(Asset? asset)
    {
        if (asset?.Id is null || asset.Status is null)
        {
            return null;
        }

        var playback = asset.PlaybackIds ?? [];
        var video = asset.Tracks?.FirstOrDefault(t => t.Type == Track.TypeEnum.Video);
        return new(
            asset.Id,
            asset.Status switch { Asset.StatusEnum.Ready => "ready", Asset.StatusEnum.Preparing => "preparing", _ => "errored" },
            asset.UploadId,
            asset.Passthrough,
            playback.FirstOrDefault(p => p.Policy == PlaybackPolicy.Signed)?.Id,
            [.. playback.Where(p => p.Policy == PlaybackPolicy.Public).Select(p => p.Id)],
            asset.Duration > 0 ? asset.Duration : null,
            asset.AspectRatio,
            video?.MaxWidth > 0 ? (int)video.MaxWidth : null,
            video?.MaxHeight > 0 ? (int)video.MaxHeight : null,
            asset.MaxStoredFrameRate > 0 ? asset.MaxStoredFrameRate : null,
            asset.Errors is { } errors ? string.Join(" ", errors.Messages ?? [errors.Type]) : null,
            asset.Errors?.Type,
            asset.ResolutionTier switch
            {
                Asset.ResolutionTierEnum.AudioOnly => ResolutionTier.AudioOnly,
                Asset.ResolutionTierEnum._720p => ResolutionTier.P720,
                Asset.ResolutionTierEnum._1080p => ResolutionTier.P1080,
                Asset.ResolutionTierEnum._1440p => ResolutionTier.P1440,
                Asset.ResolutionTierEnum._2160p => ResolutionTier.P2160,
                _ => null,
            });
    }

    private static MuxFiles? Files(Asset? asset) => asset?.Id is null ? null : new(
        [.. (asset.PlaybackIds ?? []).Where(p => p.Policy == PlaybackPolicy.Signed).Select(p => p.Id)],
        [.. (asset.StaticRenditions?.Files ?? []).Where(
            f => f.Name == StaticRendition.NameEnum.HighestMp4).Select(f => new MuxRendition("highest.mp4", f.Status switch
        {
            StaticRendition.StatusEnum.Ready => "ready",
            StaticRendition.StatusEnum.Skipped => "skipped",
            StaticRendition.StatusEnum.Errored => "errored",
            _ => "preparing",
        }))]);
}
