using Microsoft.DurableTask.Client;
using Portal.Uploads;

namespace Portal.Functions.Uploads;

/// <summary>The pipelines through Durable's client, which Functions hands to a function per call.</summary>
public sealed class UploadPipelines(DurableTaskClient durable) : IUploadPipelines
{
    /// <summary>Raised at an orchestration after its row changed.</summary>
    public const string Changed = "UploadChanged";

    public Task StartAsync(UploadRef upload, CancellationToken ct) =>
        durable.StartOnceAsync(UploadPipelineOrchestration.Name, upload.InstanceId, upload, ct);

    public async Task NudgeAsync(UploadRef upload, CancellationToken ct)
    {
        if (await DurableCalls.AskAsync(() => durable.GetInstanceAsync(upload.InstanceId, ct), ct) is { IsCompleted: false })
        {
            await DurableCalls.SendAsync(() => durable.RaiseEventAsync(upload.InstanceId, Changed, null, ct), ct);
        }
    }
}
