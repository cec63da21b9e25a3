using Portal.Foundation.Audit;
using Portal.Foundation.Db;
using Portal.Foundation.Faults;
using Portal.Foundation.Identity;

namespace Portal.Videos.Uploads;

/// <summary>waiting, processing → cancelled. The orchestration, signalled afterwards, tidies up at Mux.</summary>
public sealed class CancelUpload(UploadStore store, UploadTransitions moves)
{
    public async Task<Result<UploadJob>> RunAsync(Tx tx, Caller caller, UploadJobId id)
    {
        if (await store.FindAsync(tx, caller.Tenant, caller, id) is not { } job)
        {
            return new Refusal.NotFound("upload");
        }

        if (await moves.ToCancelledAsync(tx, job, Actor.From(caller)) is { } moved)
        {
            return moved with { CreatedByName = job.CreatedByName };
        }

        var now = await store.FindAsync(tx, caller.Tenant, caller, id) ?? job;
        return new Refusal.Conflict("upload-over", $"The upload is {now.Status}; only a waiting or processing one can be cancelled.");
    }
}
