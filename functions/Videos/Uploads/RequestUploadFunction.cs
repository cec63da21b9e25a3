using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Microsoft.DurableTask.Client;
using Portal.Foundation.Identity;
using Portal.Foundation.Outages;
using Portal.Functions.Foundation.Http;
using Portal.Functions.Foundation.Http.Inputs;
using Portal.Videos.Uploads;

namespace Portal.Functions.Videos.Uploads;

public sealed record RequestUploadInput : IChecked
{
    private const long MaxSize = 1_099_511_627_776; // 1 TiB

    public required Guid ProjectId { get; init; }

    [About("Set: a new version of that asset; left out: a new asset.")]
    public Guid? AssetId { get; init; }

    [Text(200), About("Left out: the file's name.")]
    public string? Title { get; init; }

    [Text(255)]
    public required string FileName { get; init; }

    [Whole(0, MaxSize), About("Bytes; a blob upload takes no more than that.", Example = "792124")]
    public required long SizeBytes { get; init; }

    [OneOf(typeof(UploadSource)), About(
        "direct: straight to Mux; blob: kept in Sydney, then handed to Mux. Left out: blob when the tenant's residency is australia, else "
            + "direct.")]
    public string? Source { get; init; }

    [Text(300), About("The origin that the browser sends the bytes from. Left out: the Origin of this request, when it is the portal's.")]
    public string? CorsOrigin { get; init; }

    public void Check(Faults faults, DateTimeOffset now)
    {
        if (CorsOrigin is not null
            && !(
                Uri.TryCreate(CorsOrigin, UriKind.Absolute, out var uri) && uri.Scheme is "http" or "https"
                    && CorsOrigin == uri.GetLeftPart(UriPartial.Authority)))
        {
            faults.Add("corsOrigin", "origin", "must be an origin such as https://portal.example, without a path.");
        }
    }
}

/// <summary>
/// Takes an upload on: commits the job, starts its pipeline, and waits up to 10 s for Mux's URL so that the browser can start at once.
/// 201 with the target, or 202 when it is not there yet: then GET the job. Should this process die here, the sweep starts the pipeline.
/// </summary>
public sealed class RequestUploadFunction(RequestUpload upload, StartUpload start, Writes writes)
{
    [Function("RequestUpload")]
    [Allows(PortalAction.RequestUpload)]
    [Needs(Feature.Uploads)]
    [Operation("Request an upload", Takes = typeof(RequestUploadInput), Returns = typeof(UploadJson), Status = 201, AlsoStatus = 202,
        TakesKey = true,
        Details = "201 with the target of the bytes, or 202 when it takes longer than 10 seconds: then read the job until it has one.")]
    [Refuses(404, "not-found", "There is no such project, or no such asset in it.")]
    [Refuses(409, "project-closed", "The project takes no uploads in its present status.")]
    [Refuses(409, "residency-requires-blob", "The tenant keeps its originals in Australia: the source must be blob.")]
    public Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "api/uploads")] HttpRequest request,
        [DurableClient] DurableTaskClient durable,
        CancellationToken ct) =>
        writes.PostAsync<RequestUploadInput>(
            request,
            // The target is left to the answer: its URL takes bytes from anybody who holds it, and is not stored twice.
            async (tx, caller, input) => (await upload.RunAsync(tx, caller, Asked(input, request))).Answer(
                job => Reply.Created($"/api/uploads/{job.Id}", UploadJson.From(job, null))),
            reply => start.RunAsync(request, reply, new UploadPipelines(durable), ct));

    private static UploadRequest Asked(RequestUploadInput input, HttpRequest request) => new(
        new ProjectId(input.ProjectId), input.AssetId is { } id
            ? new AssetId(id)
            : null, input.Title, input.FileName, input.SizeBytes, input.Source,
        input.CorsOrigin ?? CorsMiddleware.AllowedOrigin(request.HttpContext));
}
