using Microsoft.Extensions.Logging;
using Portal.Foundation.Alerts;
using Portal.Vendors.Mux;

namespace Portal.Videos.Uploads;

/// <summary>
/// Works off the list of unwanted Mux assets. Mux refuses (400) to delete an asset that is still being prepared: that one is tried
/// again, like every other failure, until Mux confirms; after eight attempts on-call is told, and the attempts go on.
/// </summary>
public sealed partial class DeleteUnwantedAssets(
    MuxCleanupStore cleanups, MuxVideo mux, AlertStore alerts, TimeProvider clock, ILogger<DeleteUnwantedAssets> logger)
{
    private const int Batch = 50;
    private const int AttemptsBeforeAlert = 8;

    /// <summary>How many were deleted.</summary>
    public async Task<int> RunAsync(CancellationToken ct)
    {
        var deleted = 0;
        foreach (var cleanup in await cleanups.TakeDueAsync(Batch, ct))
        {
            var failure = await mux.DeleteAssetAsync(cleanup.MuxAssetId, ct);
            if (failure is null)
            {
                await cleanups.DoneAsync(cleanup.MuxAssetId, ct);
                Log.Deleted(logger, cleanup.MuxAssetId, cleanup.JobId, cleanup.Reason);
                deleted++;
                continue;
            }

            await cleanups.RescheduleAsync(cleanup.MuxAssetId, clock.GetUtcNow() + Backoff(cleanup.Attempts), failure.Reason, ct);
            if (cleanup.Attempts == AttemptsBeforeAlert)
            {
                await alerts.AddAsync(new(AlertKind.MuxCleanupStuck, cleanup.MuxAssetId,
                    $"Mux asset {cleanup.MuxAssetId} cannot be deleted: {failure.Reason}", new { cleanup.JobId, cleanup.Attempts }), ct);
            }
        }

        return deleted;
    }

    private static TimeSpan Backoff(int attempts) => TimeSpan.FromSeconds(Math.Min(900, 15 * Math.Pow(2, Math.Min(attempts - 1, 10))));

    private static partial class Log
    {
        [LoggerMessage(Level = LogLevel.Information, Message = "Deleted Mux asset {MuxAssetId} of upload {JobId}: {Reason}")]
        public static partial void Deleted(ILogger logger, string muxAssetId, Guid jobId, string reason);
    }
}
