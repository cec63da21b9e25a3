using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Microsoft.DurableTask.Client;
using Portal.Foundation.Faults;
using Portal.Foundation.Identity;
using Portal.Functions.Foundation.Http;
using Portal.Videos.Uploads;

namespace Portal.Functions.Videos.Uploads;

public sealed class ReadUploadFunction(UploadStore store, UploadTargets targets)
{
    [Function("ReadUpload")]
    [Allows(PortalAction.ReadUpload)]
    [Operation("Read an upload job", Returns = typeof(UploadJson))]
    public async Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", "head", Route = "api/uploads/{id:guid}")] HttpRequest request,
        Guid id,
        CancellationToken ct)
    {
        var caller = request.HttpContext.Caller();
        return await store.FindAsync(caller.Tenant, caller, new UploadJobId(id), ct) is { } job
            ? Reply.Ok(targets.Json(job))
            : Problem.NotFound("upload");
    }
}

/// <summary>waiting, processing → cancelled; its pipeline, woken, tidies up at Mux.</summary>
public sealed class CancelUploadFunction(CancelUpload cancel, UploadStore store, UploadTargets targets, Writes writes)
{
    [Function("CancelUpload")]
    [Allows(PortalAction.CancelUpload)]
    [Operation("Cancel an upload", Returns = typeof(UploadJson), TakesKey = true)]
    [Refuses(409, "upload-over", "It is over already.")]
    public Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "api/uploads/{id:guid}/cancel")] HttpRequest request,
        Guid id,
        [DurableClient] DurableTaskClient durable,
        CancellationToken ct) =>
        writes.PostAsync(
            request,
            async (tx, caller) => await cancel.RunAsync(tx, caller, new UploadJobId(id)) switch
            {
                { Job: null } => Problem.NotFound("upload"),
                { Refused: true, Job: var job } =>
                    Problem.Conflict("upload-over", $"The upload is {job.Status}; only a waiting or processing one can be cancelled."),
                { Job: var job } => Reply.Ok(targets.Json(job)),
            },
            reply => SignalAsync(request, reply, new UploadJobId(id), new UploadPipelines(durable), ct));

    private async Task<IResult> SignalAsync(
        HttpRequest request, Reply reply, UploadJobId id, UploadPipelines pipelines, CancellationToken ct)
    {
        var caller = request.HttpContext.Caller();
        if (await store.FindAsync(caller.Tenant, caller, id, ct) is { } job)
        {
            try
            {
                await pipelines.SignalAsync(job.Ref, ct);
            }
            catch (TransientException)
            {
                // The upload is cancelled, and its pipeline looks by itself before long. Asked again, this would say that it is over.
                return reply;
            }
        }

        return reply;
    }
}
