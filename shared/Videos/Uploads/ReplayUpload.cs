using Microsoft.Extensions.Options;
using Portal.Foundation.Audit;
using Portal.Foundation.Db;
using Portal.Foundation.Identity;
using Portal.Vendors.Mux;

namespace Portal.Videos.Uploads;

/// <summary>What came of a replay: the job in its new attempt, or as it was when it may not be replayed (409), or null (404).</summary>
public sealed record ReplayedUpload(UploadJob? Job, bool Refused);

/// <summary>
/// failed, timed_out → waiting, next attempt, by an Operator with a reason (audited). A `blob` upload ingests the stored original
/// again; a `direct` one opens a new upload, and the event upload_replayed asks the uploader for the file.
/// </summary>
public sealed class ReplayUpload(
    PortalDb db, UploadProgressStore progress, UploadTransitions moves, IOptions<MuxOptions> mux, TimeProvider clock)
{
    public async Task<ReplayedUpload> RunAsync(Operator person, Guid jobId, string reason, CancellationToken ct)
    {
        var job = await progress.FindAsync(jobId, ct);
        if (job is null)
        {
            return new(null, false);
        }

        var moved = await db.AcrossTenantsAsync(
            tx => moves.ToReplayedAsync(tx, job, clock.GetUtcNow() + mux.Value.UploadTimeout, reason, Actor.From(person)), ct);
        return moved is not null ? new(moved, false) : new(await progress.FindAsync(jobId, ct), true);
    }
}
