using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Microsoft.DurableTask.Client;
using Portal.Functions.Http;
using Portal.Functions.Uploads;
using Portal.Uploads;

namespace Portal.Functions.Operations;

/// <summary>An Operator replays a failed or timed-out upload, with a reason that goes into the audit log.</summary>
public sealed class ReplayUploadFunction(ReplayUpload replay, UploadProgressStore progress)
{
    [Function("ReplayUpload")]
    [Allows(PortalAction.OperateUploads)]
    public async Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "api/ops/uploads/{id:guid}/replay")] HttpRequest request,
        Guid id,
        [DurableClient] DurableTaskClient durable,
        CancellationToken ct)
    {
        var (body, problem) = await Body.ReadAsync(request);
        if (body is null)
        {
            return problem!;
        }

        var reason = body.Text("reason", 500);
        if (body.Fault() is { } fault)
        {
            return fault;
        }

        var (job, refused) = await replay.RunAsync(request.HttpContext.Operator(), id, reason, ct);
        if (job is null)
        {
            return Problem.NotFound("upload");
        }

        if (refused)
        {
            return Problem.Conflict("upload-not-replayable", $"The upload is {job.Status}; only a failed or timed_out one can be replayed.");
        }

        await new UploadPipelines(durable).StartAsync(job.Ref, ct);
        await progress.MarkStartedAsync(job.Ref, ct);
        return Results.Ok(new { id = job.Id.Value, job.Status, job.Attempt, job.Source, job.Ref.InstanceId });
    }
}
