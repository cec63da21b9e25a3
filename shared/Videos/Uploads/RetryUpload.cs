using Microsoft.Extensions.Options;
using Portal.Foundation.Audit;
using Portal.Foundation.Db;
using Portal.Foundation.Faults;
using Portal.Foundation.Identity;
using Portal.Foundation.Limits;
using Portal.Vendors.Mux;

namespace Portal.Videos.Uploads;

/// <summary>
/// failed, timed_out → waiting, next attempt, by the people of the project themselves. A `blob` upload whose original has arrived ingests
/// it again; any other waits for the file once more. It counts as an upload of the day.
/// </summary>
public sealed class RetryUpload(
    UploadStore store, UploadRules rules, UploadTransitions moves, RateLimitStore limit, IOptions<MuxOptions> mux, TimeProvider clock)
{
    public async Task<Result<UploadJob>> RunAsync(Tx tx, Caller caller, UploadJobId id)
    {
        if (await store.FindAsync(tx, caller.Tenant, caller, id) is not { } job)
        {
            return new Refusal.NotFound("upload");
        }

        if (await rules.FindObstacleAsync(tx, caller, job.ProjectId, job.Source) is { } obstacle)
        {
            return obstacle;
        }

        var expires = clock.GetUtcNow() + mux.Value.UploadTimeout;
        if (await moves.ToReplayedAsync(tx, job, expires, "retried by a person", Actor.From(caller)) is not { } moved)
        {
            var now = await store.FindAsync(tx, caller.Tenant, caller, id) ?? job;
            return new Refusal.Conflict(
                "upload-not-failed",
                $"The upload is {now.Status}; only a failed or timed_out one, whose version is still there, can be retried.");
        }

        return await limit.TakeUploadAsync(tx, caller) is { } tooMany ? tooMany : moved with { CreatedByName = job.CreatedByName };
    }
}
