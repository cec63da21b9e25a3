using Portal.Events;
using Portal.Foundation.Db;
using Portal.Foundation.Identity;
using Portal.Foundation.Outbox;

namespace Portal.Operations.Incidents;

/// <summary>
/// Incidents of uploads that failed for good: what an Operator has to look at, without waking anybody. Part of routing the event, in its
/// transaction and as portal_app of the tenant, so through functions that do this one thing
/// (infra/postgres/functions/open_upload_incident.sql, resolve_upload_incident.sql).
/// An upload that nobody sent a file for is none; one that is ready or cancelled after a
/// replay is none any more.
/// </summary>
public sealed class UploadIncidentTransitions(TimeProvider clock) : IEventSubscriber
{
    public async Task ApplyAsync(Tx tx, PortalEvent e)
    {
        var now = clock.GetUtcNow();
        var ids = new
        {
            job = e.AggregateId,
            audit = Guid.CreateVersion7(now),
            id = Guid.CreateVersion7(now),
            now,
        };
        if (e.Is(EventType.AssetFailed) && e.Text("status") == "failed")
        {
            await tx.ExecuteAsync(
                "select portal.open_upload_incident(@job, @attempt, @code, @incident, @audit, @id, @now)",
                new
                {
                    ids.job,
                    attempt = (int)(e.Number("attempt") ?? 1),
                    code = e.Text("failureCode") ?? "unknown",
                    incident = NewKey.At<IncidentId>(now),
                    ids.audit,
                    ids.id,
                    ids.now,
                });
        }
        else if (e.Is(EventType.AssetReady) || e.Is(EventType.UploadCancelled))
        {
            await tx.ExecuteAsync("select portal.resolve_upload_incident(@job, @audit, @id, @now)", ids);
        }
    }
}
