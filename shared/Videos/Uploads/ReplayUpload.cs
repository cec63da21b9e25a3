using Microsoft.Extensions.Options;
using Portal.Foundation.Audit;
using Portal.Foundation.Db;
using Portal.Foundation.Faults;
using Portal.Foundation.Identity;
using Portal.Vendors.Mux;

namespace Portal.Videos.Uploads;

/// <summary>
/// failed, timed_out → waiting, next attempt, by an Operator with a reason (audited). A `blob` upload ingests the stored original
/// again; a `direct` one opens a new upload, and the event upload_replayed asks the uploader for the file.
/// </summary>
public sealed class ReplayUpload(
    PortalDb db, UploadProgressStore progress, UploadTransitions moves, IOptions<MuxOptions> mux, TimeProvider clock)
{
    public async Task<Result<UploadJob>> RunAsync(Operator person, Guid jobId, string reason, CancellationToken ct)
    {
        if (await progress.FindAsync(jobId, ct) is not { } job)
        {
            return new Refusal.NotFound("upload");
        }

        var moved = await db.AcrossTenantsAsync(
            tx => moves.ToReplayedAsync(tx, job, clock.GetUtcNow() + mux.Value.UploadTimeout, reason, Actor.From(person)), ct);
        if (moved is not null)
        {
            return moved;
        }

        var now = await progress.FindAsync(jobId, ct) ?? job;
        return new Refusal.Conflict(
            "upload-not-replayable", $"The upload is {now.Status}; only a failed or timed_out one can be replayed.");
    }
}
