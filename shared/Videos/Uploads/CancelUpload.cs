using Portal.Foundation.Audit;
using Portal.Foundation.Db;
using Portal.Foundation.Identity;

namespace Portal.Videos.Uploads;

/// <summary>What came of a cancel: the job as it is now, or null when there is none for this caller.</summary>
/// <param name="Refused">The job was over already (409).</param>
public sealed record CancelledUpload(UploadJob? Job, bool Refused);

/// <summary>waiting, processing → cancelled. The orchestration, nudged afterwards, tidies up at Mux.</summary>
public sealed class CancelUpload(UploadStore store, UploadTransitions moves)
{
    public async Task<CancelledUpload> RunAsync(Tx tx, Caller caller, UploadJobId id)
    {
        var job = await store.FindAsync(tx, caller.Tenant, caller, id);
        if (job is null)
        {
            return new(null, false);
        }

        var moved = await moves.ToCancelledAsync(tx, job, Actor.From(caller));
        return moved is not null
            ? new(moved, false)
            : new(await store.FindAsync(tx, caller.Tenant, caller, id) ?? job, true);
    }
}
