using Microsoft.Azure.Functions.Worker;
using Microsoft.DurableTask.Client;
using Portal.Foundation.Timers;
using Portal.Videos.Uploads;

namespace Portal.Functions.Videos.Uploads;

/// <summary>Every minute: the safety net under the upload pipelines.</summary>
public sealed class ReconcileUploadsTimer(SweepUploads sweep, TimerRunStore runs)
{
    [Function("ReconcileUploads")]
    public Task RunAsync([TimerTrigger("0 * * * * *")] TimerInfo timer, [DurableClient] DurableTaskClient durable, CancellationToken ct) =>
        runs.RunAsync("ReconcileUploads", stop => sweep.RunAsync(new UploadPipelines(durable), stop), ct);
}

/// <summary>Every hour: what is at Mux against what the rows say, both ways.</summary>
public sealed class SweepMuxAssetsTimer(SweepMuxAssets sweep, TimerRunStore runs)
{
    [Function("SweepMuxAssets")]
    public Task RunAsync(
        [TimerTrigger("%SweepMuxAssetsSchedule%")] TimerInfo timer, [DurableClient] DurableTaskClient durable, CancellationToken ct) =>
        runs.RunAsync("SweepMuxAssets", stop => sweep.RunAsync(new UploadPipelines(durable), stop), ct);
}
