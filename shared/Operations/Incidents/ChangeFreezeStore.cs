using Portal.Foundation.Audit;
using Portal.Foundation.Db;
using Portal.Foundation.Faults;
using Portal.Foundation.Identity;
using Portal.Foundation.Outbox;

namespace Portal.Operations.Incidents;

/// <summary>Whether changes are frozen, since when and why.</summary>
/// <param name="IncidentId">The breach that switched it on; null: an Operator did.</param>
public sealed record Freeze(bool IsOn, DateTimeOffset Since, string Reason, Guid? IncidentId, string? ChangedBy, int Version);

/// <summary>
/// The flag that pipelines ask before they deploy. A breach of an error budget switches it on; only an Operator switches it off, and not
/// while a breach is unresolved: whoever lifts it early has to say first that the trouble is over. Nothing switches it off by itself.
/// </summary>
public sealed class ChangeFreezeStore(PortalDb db, AuditWriter audit, TimeProvider clock)
{
    private const string Columns = "is_on, since, reason, incident_id, changed_by, version";

    public Task<Freeze> ReadAsync(CancellationToken ct) => db.AcrossTenantsAsync(ReadAsync, ct);

    /// <summary>
    /// Refused when it is that way already (<c>freeze-unchanged</c>), or is to be lifted while a breach is not resolved
    /// (<c>freeze-held</c>).
    /// </summary>
    public Task<Result<Freeze>> SwitchAsync(Operator person, bool on, string reason, CancellationToken ct) =>
        db.AcrossTenantsAsync<Result<Freeze>>(async tx =>
    {
        // Before the incidents are looked at: a breach that is being reported holds this row until it can be seen.
        var present = await tx.GetAsync<Freeze>($"select {Columns} from portal.change_freeze for update");
        if (present.IsOn == on)
        {
            return new Refusal.Conflict("freeze-unchanged", $"The change freeze is {(on ? "on" : "off")} already.");
        }

        if (!on && await IncidentStore.AnyBreachAsync(tx))
        {
            return new Refusal.Conflict(
                "freeze-held", "An incident of an error budget is not resolved: the freeze stays on until it is.");
        }

        return await WriteAsync(tx, Actor.From(person), on, reason, null, person.ClerkUserId);
    }, ct);

    /// <summary>In the transaction of the breach. Frozen already: stays as it is, with the first reason.</summary>
    internal async Task SwitchOnAsync(Tx tx, Actor actor, Incident breach)
    {
        // Held until the commit, also when it is on: whoever is lifting it just now must see this breach, or be seen by it.
        if (await tx.GetAsync<Freeze>($"select {Columns} from portal.change_freeze for update") is { IsOn: false })
        {
            await WriteAsync(tx, actor, true, breach.Summary, breach.Id, null);
        }
    }

    private static Task<Freeze> ReadAsync(Tx tx) => tx.GetAsync<Freeze>($"select {Columns} from portal.change_freeze");

    private async Task<Freeze> WriteAsync(Tx tx, Actor actor, bool on, string reason, IncidentId? incident, string? by)
    {
        var freeze = await tx.GetAsync<Freeze>($"""
            update portal.change_freeze set is_on = @on, since = @now, reason = @reason, incident_id = @incident, changed_by = @by,
               version = version + 1
             where is_on <> @on
            returning {Columns}
            """, new { on, now = clock.GetUtcNow(), reason, incident = incident?.Value, by });
        await audit.WriteAsync(tx, TenantId.Platform, actor, new AuditEntry(
            on ? "change_freeze_on" : "change_freeze_off", "change_freeze", incident?.Value ?? TenantId.Platform.Value,
            new { on = !on }, new { on, incidentId = incident?.Value, reason }, EventType.ChangeFreezeSwitched));
        return freeze;
    }
}
