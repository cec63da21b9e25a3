using Microsoft.Extensions.Logging;
using Portal.Foundation.Faults;
using Portal.Foundation.Timers;

namespace Portal.Videos.Uploads;

/// <summary>
/// The safety net under the pipeline, run every minute: starts orchestrations that were never started (a process died between commit
/// and start), asks Mux about uploads that nothing has moved for a long time, and works off the clean-up list.
/// </summary>
public sealed partial class SweepUploads(
    UploadProgressStore progress, ReconcileUpload reconcile, DeleteUnwantedAssets deletions, TimeProvider clock,
    ILogger<SweepUploads> logger)
{
    private const int Batch = 100;
    private static readonly TimeSpan StartGrace = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan Quiet = TimeSpan.FromMinutes(30);

    public async Task<RunCounts> RunAsync(IUploadPipelines pipelines, CancellationToken ct)
    {
        var (now, counts) = (clock.GetUtcNow(), new RunCounts());
        foreach (var job in await progress.UnstartedAsync(now - StartGrace, Batch, ct))
        {
            counts.Add(await StartAsync(job, pipelines, ct) ? "started" : "notStarted", 1);
        }

        foreach (var job in await progress.TakeQuietAsync(now - Quiet, Batch, ct))
        {
            await AskAsync(job, pipelines, ct);
            counts.Add("asked", 1);
        }

        return counts.Add("deletedAtMux", await deletions.RunAsync(ct));
    }

    private async Task<bool> StartAsync(UploadJob job, IUploadPipelines pipelines, CancellationToken ct)
    {
        try
        {
            await pipelines.StartAsync(job.Ref, ct);
        }
        catch (TransientException e)
        {
            // The next minute finds it again, and the others may be luckier.
            Log.NotStarted(logger, job.Id.Value, e.Message);
            return false;
        }

        await progress.MarkStartedAsync(job.Ref, ct);
        Log.Started(logger, job.Id.Value, job.Attempt);
        return true;
    }

    private async Task AskAsync(UploadJob job, IUploadPipelines pipelines, CancellationToken ct)
    {
        try
        {
            var status = await reconcile.RunAsync(job.Ref, ct);
            await pipelines.SignalAsync(job.Ref, ct);
            Log.Asked(logger, job.Id.Value, job.Status, status);
        }
        catch (TransientException e)
        {
            // One upload that cannot be asked about must not keep the others from being asked.
            Log.NotAsked(logger, job.Id.Value, e.Message);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(
            Level = LogLevel.Warning, Message = "Started the pipeline of upload {JobId}, attempt {Attempt}, that was never started")]
        public static partial void Started(ILogger logger, Guid jobId, int attempt);

        [LoggerMessage(Level = LogLevel.Warning, Message = "Could not start the pipeline of upload {JobId}: {Reason}")]
        public static partial void NotStarted(ILogger logger, Guid jobId, string reason);

        [LoggerMessage(Level = LogLevel.Information, Message = "Asked Mux about quiet upload {JobId}: {Before} → {After}")]
        public static partial void Asked(ILogger logger, Guid jobId, string before, string? after);

        [LoggerMessage(Level = LogLevel.Warning, Message = "Could not ask Mux about quiet upload {JobId}: {Reason}")]
        public static partial void NotAsked(ILogger logger, Guid jobId, string reason);
    }
}
