using Microsoft.Azure.Functions.Worker;
using Microsoft.DurableTask.Client;
using Portal.Uploads;

namespace Portal.Functions.Uploads;

/// <summary>Every minute: the safety net under the upload pipelines.</summary>
public sealed class ReconcileUploadsTimer(SweepUploads sweep)
{
    [Function("ReconcileUploads")]
    public Task RunAsync([TimerTrigger("0 * * * * *")] TimerInfo timer, [DurableClient] DurableTaskClient durable, CancellationToken ct) =>
        sweep.RunAsync(new UploadPipelines(durable), ct);
}

/// <summary>Every hour: what is at Mux against what the rows say.</summary>
public sealed class SweepMuxAssetsTimer(SweepMuxAssets sweep)
{
    [Function("SweepMuxAssets")]
    public Task RunAsync([TimerTrigger("0 7 * * * *")] TimerInfo timer, [DurableClient] DurableTaskClient durable, CancellationToken ct) =>
        sweep.RunAsync(new UploadPipelines(durable), ct);
}
