using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Microsoft.DurableTask.Client;
using Portal.Foundation.Identity;
using Portal.Foundation.Outages;
using Portal.Functions.Foundation.Http;
using Portal.Videos.Uploads;

namespace Portal.Functions.Videos.Uploads;

/// <summary>failed, timed_out → waiting, next attempt, by the people of the project themselves.</summary>
public sealed class RetryUploadFunction(RetryUpload retry, StartUpload start, Writes writes)
{
    [Function("RetryUpload")]
    [Allows(PortalAction.RetryUpload)]
    [Needs(Feature.Uploads)]
    [Operation("Retry a failed or timed-out upload", Returns = typeof(UploadJson), AlsoStatus = 202, TakesKey = true,
        Details = "A blob upload whose file has arrived is handed to Mux again. Any other waits for the file once more: 200 with the "
            + "target of the bytes, or 202 when it takes longer than 10 seconds. It counts as an upload of the day.")]
    [Refuses(409, "upload-not-failed", "It is neither failed nor timed out, or its version has been archived.")]
    [Refuses(409, "project-closed", "The project takes no uploads in its present status.")]
    [Refuses(409, "residency-requires-blob", "The tenant keeps its originals in Australia: request a new upload with the source blob.")]
    public Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "api/uploads/{id:guid}/retry")] HttpRequest request,
        Guid id,
        [DurableClient] DurableTaskClient durable,
        CancellationToken ct) =>
        writes.PostAsync(
            request,
            async (tx, caller) => (await retry.RunAsync(tx, caller, new UploadJobId(id))).Answer(
                job => Reply.Ok(UploadJson.From(job, null))),
            reply => start.RunAsync(request, reply, new UploadPipelines(durable), ct));
}
