using Microsoft.AspNetCore.Http;
using Portal.Foundation.Identity;
using Portal.Functions.Foundation.Http;
using Portal.Videos.Uploads;

namespace Portal.Functions.Videos.Uploads;

/// <summary>After the commit: starts the pipeline of an upload's attempt and waits up to 10 s for where its bytes go.</summary>
public sealed class StartUpload(UploadStore store, UploadProgressStore progress, UploadTargets targets, TimeProvider clock)
{
    private static readonly TimeSpan TargetWait = TimeSpan.FromSeconds(10);

    /// <summary>The reply with the target, or 202 without it.</summary>
    public async Task<IResult> RunAsync(HttpRequest request, Reply reply, UploadPipelines pipelines, CancellationToken ct)
    {
        var caller = request.HttpContext.Caller();
        var id = new UploadJobId(reply.Body!["id"]!.GetValue<Guid>());
        if (await store.FindAsync(caller.Tenant, caller, id, ct) is not { } job)
        {
            return Problem.NotFound("upload");
        }

        if (!UploadStatus.IsFinal(job.Status))
        {
            await pipelines.StartAsync(job.Ref, ct);
            await progress.MarkStartedAsync(job.Ref, ct);
        }

        var until = clock.GetUtcNow() + TargetWait;
        for (var pause = 20; ; pause = Math.Min(pause * 2, 500))
        {
            var now = await store.FindAsync(caller.Tenant, caller, job.Id, ct) ?? job;
            var json = targets.Json(now);
            var full = Reply.Created($"/api/uploads/{job.Id}", json);
            if (json.Target is not null || now.Status != UploadStatus.Waiting || now.HasOriginal)
            {
                return full with { Status = reply.Status, Location = reply.Location };
            }

            if (clock.GetUtcNow() >= until)
            {
                return full with { Status = StatusCodes.Status202Accepted };
            }

            await Task.Delay(TimeSpan.FromMilliseconds(pause), clock, ct);
        }
    }
}
