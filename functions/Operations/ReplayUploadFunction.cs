using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Microsoft.DurableTask.Client;
using Portal.Functions.Foundation.Http;
using Portal.Functions.Foundation.Http.Inputs;
using Portal.Functions.Videos.Uploads;
using Portal.Videos.Uploads;

namespace Portal.Functions.Operations;

public sealed record ReplayedUploadJson(
    Guid Id, [OneOf(typeof(UploadStatus))] string Status, int Attempt, [OneOf(typeof(UploadSource))] string Source, string InstanceId);

/// <summary>An Operator replays a failed or timed-out upload, with a reason that goes into the audit log.</summary>
public sealed class ReplayUploadFunction(ReplayUpload replay, UploadProgressStore progress, TimeProvider clock)
{
    [Function("ReplayUpload")]
    [Allows(PortalAction.OperateUploads)]
    [Operation("Replay a failed or timed-out upload", Takes = typeof(ReasonInput), Returns = typeof(ReplayedUploadJson))]
    [Refuses(409, "upload-not-replayable", "It is neither failed nor timed out.")]
    public async Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "api/ops/uploads/{id:guid}/replay")] HttpRequest request,
        Guid id,
        [DurableClient] DurableTaskClient durable,
        CancellationToken ct)
    {
        var (input, problem) = await Input.ReadAsync<ReasonInput>(request, clock.GetUtcNow());
        if (input is null)
        {
            return problem!;
        }

        var replayed = await replay.RunAsync(request.HttpContext.Operator(), id, input.Reason, ct);
        if (replayed.IsRefused(out var why, out var job))
        {
            return why.Problem();
        }

        await new UploadPipelines(durable).StartAsync(job.Ref, ct);
        await progress.MarkStartedAsync(job.Ref, ct);
        return Reply.Ok(new ReplayedUploadJson(job.Id.Value, job.Status, job.Attempt, job.Source, job.Ref.InstanceId));
    }
}
