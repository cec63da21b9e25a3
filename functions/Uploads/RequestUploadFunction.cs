using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Microsoft.DurableTask.Client;
using Portal.Db;
using Portal.Functions.Http;
using Portal.Tenancy;
using Portal.Uploads;

namespace Portal.Functions.Uploads;

/// <summary>
/// Takes an upload on: commits the job, starts its pipeline, and waits up to 10 s for Mux's URL so that the browser can start at once.
/// 201 with the target, or 202 when it is not there yet: then GET the job. Should this process die here, the sweep starts the pipeline.
/// </summary>
public sealed class RequestUploadFunction(RequestUpload upload, UploadStore store, UploadProgressStore progress, UploadTargets targets, TimeProvider clock)
{
    private const long MaxSize = 1_099_511_627_776; // 1 TiB
    private static readonly TimeSpan TargetWait = TimeSpan.FromSeconds(10);

    [Function("RequestUpload")]
    [Allows(PortalAction.RequestUpload)]
    public async Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "api/uploads")] HttpRequest request, [DurableClient] DurableTaskClient durable, CancellationToken ct)
    {
        var (body, problem) = await Body.ReadAsync(request);
        if (body is null)
        {
            return problem!;
        }

        var asked = Read(body);
        if (body.Fault() is { } fault)
        {
            return fault;
        }

        var caller = request.HttpContext.Caller();
        return await upload.RunAsync(caller, asked, ct) switch
        {
            RequestedUpload.Created c => await StartAsync(caller, c.Job, new UploadPipelines(durable), ct),
            RequestedUpload.NotFound n => Problem.NotFound(n.What),
            RequestedUpload.Closed c => Problem.Conflict("project-closed", $"The project is {c.ProjectStatus} and takes no uploads."),
            RequestedUpload.TooMany t => Problem.TooMany(t.RetryAfter, "At most 20 uploads a day."),
            _ => throw new InvalidOperationException("An outcome that is none of the four."),
        };
    }

    private static UploadRequest Read(Body body)
    {
        var project = body.Key("projectId");
        var asset = body.OptionalKey("assetId");
        var title = body.OptionalText("title", 200);
        var fileName = body.Text("fileName", 255);
        var size = body.Number("sizeBytes", 0, MaxSize);
        var source = body.OneOf("source", UploadSource.Direct, UploadSource.Direct, UploadSource.Blob);
        var origin = body.OptionalText("corsOrigin", 300);
        if (origin is not null && !(Uri.TryCreate(origin, UriKind.Absolute, out var uri) && uri.Scheme is "http" or "https" && origin == uri.GetLeftPart(UriPartial.Authority)))
        {
            body.Refuse("corsOrigin", "origin", "corsOrigin must be an origin such as https://portal.example, without a path.");
        }

        return new(new ProjectId(project), asset is { } id ? new AssetId(id) : null, title, fileName, size, source, origin);
    }

    private async Task<IResult> StartAsync(Caller caller, UploadJob job, UploadPipelines pipelines, CancellationToken ct)
    {
        await pipelines.StartAsync(job.Ref, ct);
        await progress.MarkStartedAsync(job.Ref, ct);

        var until = clock.GetUtcNow() + TargetWait;
        for (var pause = 20; ; pause = Math.Min(pause * 2, 500))
        {
            var now = await store.FindAsync(caller.Tenant, caller, job.Id, ct) ?? job;
            var json = targets.Json(now);
            if (json.Target is not null || UploadStatus.IsFinal(now.Status))
            {
                return Results.Created($"/api/uploads/{job.Id}", json);
            }

            if (clock.GetUtcNow() >= until)
            {
                return Results.Accepted($"/api/uploads/{job.Id}", json);
            }

            await Task.Delay(TimeSpan.FromMilliseconds(pause), clock, ct);
        }
    }
}
