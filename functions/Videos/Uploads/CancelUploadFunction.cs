using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Microsoft.DurableTask.Client;
using Portal.Foundation.Faults;
using Portal.Foundation.Identity;
using Portal.Functions.Foundation.Http;
using Portal.Videos.Uploads;

namespace Portal.Functions.Videos.Uploads;

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
            async (tx, caller) =>
                (await cancel.RunAsync(tx, caller, new UploadJobId(id))).Answer(job => Reply.Ok(targets.Json(job))),
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
