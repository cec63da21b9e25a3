using DurableTask.Core.Exceptions;
using Microsoft.DurableTask;
using Microsoft.DurableTask.Client;
using Portal.Uploads;

namespace Portal.Functions.Uploads;

/// <summary>The pipelines through Durable's client, which Functions hands to a function per call.</summary>
public sealed class UploadPipelines(DurableTaskClient durable) : IUploadPipelines
{
    /// <summary>Raised at an orchestration after its row changed.</summary>
    public const string Changed = "UploadChanged";

    public async Task StartAsync(UploadRef upload, CancellationToken ct)
    {
        // One that has ended would be started over by the same id: the row says whether this attempt still needs one.
        if (await DurableCalls.AskAsync(() => durable.GetInstanceAsync(upload.InstanceId, ct), ct) is not null)
        {
            return;
        }

        try
        {
            await DurableCalls.AskAsync(
                () => durable.ScheduleNewOrchestrationInstanceAsync(
                    UploadPipelineOrchestration.Name, upload, new StartOrchestrationOptions(InstanceId: upload.InstanceId), ct),
                ct);
        }
        catch (OrchestrationAlreadyExistsException)
        {
            // Somebody was faster: it runs, which is what we want.
            return;
        }
    }

    public async Task NudgeAsync(UploadRef upload, CancellationToken ct)
    {
        if (await DurableCalls.AskAsync(() => durable.GetInstanceAsync(upload.InstanceId, ct), ct) is { IsCompleted: false })
        {
            await DurableCalls.SendAsync(() => durable.RaiseEventAsync(upload.InstanceId, Changed, null, ct), ct);
        }
    }
}
