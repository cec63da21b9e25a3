using Microsoft.DurableTask.Client;
using Portal.Functions.Durable;
using Portal.Videos.Uploads;

namespace Portal.Functions.Videos.Uploads;

/// <summary>The pipelines through Durable's client, which Functions hands to a function per call.</summary>
public sealed class UploadPipelines(DurableTaskClient durable) : IUploadPipelines
{
    public Task StartAsync(UploadRef upload, CancellationToken ct) =>
        durable.StartOnceAsync(UploadPipelineOrchestration.Name, upload.JobId, upload.InstanceId, upload, ct);

    public Task SignalAsync(UploadRef upload, CancellationToken ct) =>
        new OrchestrationSignals(durable).SignalAsync(new(upload.InstanceId, UploadRef.ChangedEvent), ct);
}
