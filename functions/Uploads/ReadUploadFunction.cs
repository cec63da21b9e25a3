using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Microsoft.DurableTask.Client;
using Portal.Db;
using Portal.Functions.Http;
using Portal.Uploads;

namespace Portal.Functions.Uploads;

public sealed class ReadUploadFunction(UploadStore store, UploadTargets targets)
{
    [Function("ReadUpload")]
    [Allows(PortalAction.ReadUpload)]
    public async Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", "head", Route = "api/uploads/{id:guid}")] HttpRequest request, Guid id, CancellationToken ct)
    {
        var caller = request.HttpContext.Caller();
        return await store.FindAsync(caller.Tenant, caller, new UploadJobId(id), ct) is { } job ? Results.Ok(targets.Json(job)) : Problem.NotFound("upload");
    }
}

/// <summary>waiting, processing → cancelled; its pipeline, woken, tidies up at Mux.</summary>
public sealed class CancelUploadFunction(CancelUpload cancel, UploadTargets targets)
{
    [Function("CancelUpload")]
    [Allows(PortalAction.CancelUpload)]
    public async Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "api/uploads/{id:guid}/cancel")] HttpRequest request,
        Guid id,
        [DurableClient] DurableTaskClient durable,
        CancellationToken ct)
    {
        var (job, refused) = await cancel.RunAsync(request.HttpContext.Caller(), new UploadJobId(id), ct);
        if (job is null)
        {
            return Problem.NotFound("upload");
        }

        if (refused)
        {
            return Problem.Conflict("upload-over", $"The upload is {job.Status}; only a waiting or processing one can be cancelled.");
        }

        await new UploadPipelines(durable).NudgeAsync(job.Ref, ct);
        return Results.Ok(targets.Json(job));
    }
}
