using Microsoft.Extensions.Logging;
using Portal.Foundation.Alerts;
using Portal.Foundation.Audit;
using Portal.Foundation.Faults;
using Portal.Foundation.Timers;
using Portal.Vendors.Mux;

namespace Portal.Videos.Uploads;

/// <summary>How much of Mux one comparison reads.</summary>
public sealed record SweepLimits(int PageSize, int MaxPages)
{
    public static SweepLimits Usual { get; } = new(SweepMuxAssets.PageSize, SweepMuxAssets.MaxPages);
}

/// <summary>
/// Compares what is at Mux with what the rows say, every hour. A Mux asset that names one of our jobs is settled like a report of it
/// (adopted, or put on the clean-up list when no attempt wants it); one that names nobody is reported and left, since others may
/// share the environment. A ready version whose Mux asset is gone, and any public playback ID, raise an alert.
/// </summary>
public sealed partial class SweepMuxAssets(
    MuxVideo mux, SettleUpload settle, UploadProgressStore progress, AlertStore alerts, SweepLimits limits, TimeProvider clock,
    ILogger<SweepMuxAssets> logger)
{
    internal const int PageSize = 100;
    internal const int MaxPages = 1000;
    private const int RowsAtOnce = 100;

    private static readonly IReadOnlyList<AlertKind> Seen =
        [AlertKind.PublicPlaybackId, AlertKind.MuxAssetWithoutRow, AlertKind.MuxAssetMissing, AlertKind.MuxSweepIncomplete];

    /// <exception cref="TransientException">Mux could not be asked; the next hour does it again.</exception>
    public async Task<RunCounts> RunAsync(IUploadPipelines pipelines, CancellationToken ct)
    {
        var (startedAt, counts) = (clock.GetUtcNow(), new RunCounts());
        var atMux = new HashSet<string>(StringComparer.Ordinal);
        for (var page = 1; page <= limits.MaxPages; page++)
        {
            var assets = await PageAsync(page, ct);
            var known = (await progress.KnownAssetsAsync([.. assets.Select(a => a.Id)], ct)).ToHashSet(StringComparer.Ordinal);
            foreach (var asset in assets)
            {
                atMux.Add(asset.Id);
                if (!known.Contains(asset.Id) || asset.PublicPlaybackIds.Count > 0)
                {
                    await SettleAsync(asset, pipelines, ct);
                    counts.Add("looked", 1);
                }
            }

            if (assets.Count < limits.PageSize)
            {
                counts.Add("atMux", atMux.Count).Add("missing", await ReportMissingAsync(atMux, startedAt, ct));

                // Everything was looked at: what this run has not found is over.
                return counts.Add("mended", await alerts.ResolveUnseenAsync(Seen, startedAt, ct));
            }
        }

        await alerts.AddAsync(new(AlertKind.MuxSweepIncomplete, "mux",
            $"The comparison with Mux stopped after {limits.MaxPages * limits.PageSize} assets; raise its limit."), ct);
        return counts.Add("atMux", atMux.Count).Add("incomplete", 1);
    }

    private async Task<IReadOnlyList<MuxAsset>> PageAsync(int page, CancellationToken ct) =>
        (await mux.ListAssetsAsync(page, limits.PageSize, ct)).IsFailure(out var failure, out var assets)
            ? throw new TransientException(failure.Reason)
            : assets;

    private async Task SettleAsync(MuxAsset asset, IUploadPipelines pipelines, CancellationToken ct)
    {
        var settled = await settle.ApplyAssetAsync(asset, Actor.System("mux-sweep"), ct);
        if (settled.Upload is { } upload)
        {
            await SignalAsync(upload, pipelines, ct);
        }

        if (settled.As is SettledAs.NoJob or SettledAs.NotOurs)
        {
            await alerts.AddAsync(new(AlertKind.MuxAssetWithoutRow, asset.Id,
                $"Mux asset {asset.Id} belongs to no upload of ours.", new { muxAssetId = asset.Id }), ct);
        }
    }

    /// <summary>The row is settled already; its pipeline also looks by itself.</summary>
    private async Task SignalAsync(UploadRef upload, IUploadPipelines pipelines, CancellationToken ct)
    {
        try
        {
            await pipelines.SignalAsync(upload, ct);
        }
        catch (TransientException e)
        {
            Log.NotSignalled(logger, upload.JobId, e.Message);
        }
    }

    private async Task<int> ReportMissingAsync(HashSet<string> atMux, DateTimeOffset startedAt, CancellationToken ct)
    {
        var missing = 0;
        for (var after = Guid.Empty; ;)
        {
            var rows = await progress.ReadyAssetsAsync(after, startedAt, RowsAtOnce, ct);
            foreach (var row in rows.Where(r => !atMux.Contains(r.MuxAssetId)))
            {
                await alerts.AddAsync(new(AlertKind.MuxAssetMissing, row.Id.ToString(),
                    $"Asset version {row.Id} is ready, but Mux asset {row.MuxAssetId} is gone.", new { assetVersionId = row.Id }), ct);
                missing++;
            }

            if (rows.Count < RowsAtOnce)
            {
                return missing;
            }

            after = rows[^1].Id;
        }
    }

    private static partial class Log
    {
        [LoggerMessage(Level = LogLevel.Warning, Message = "Could not wake the pipeline of upload {JobId}: {Reason}")]
        public static partial void NotSignalled(ILogger logger, Guid jobId, string reason);
    }
}
