using System.Globalization;
using Portal.Foundation.Audit;
using Portal.Foundation.Db;
using Portal.Foundation.Faults;
using Portal.Foundation.Identity;
using Portal.Foundation.Outbox;

namespace Portal.Operations.Incidents;

/// <summary>
/// Operators tell tenants of an incident: a draft, which they read, and which is sent once. Sending writes an event of each tenant in the
/// transaction that marks the notice sent; the Admins' notifications and mails follow from it, once each. Whom it is for is settled when
/// it is drafted, so that whoever sends it knows; a tenant that is gone by then is left out.
/// </summary>
public sealed class NotifyTenants(
    PortalDb db, IncidentStore incidents, IncidentNoticeStore notices, IncidentWorkStore lines, AuditWriter audit)
{
    public const int MostNotices = 20;
    private const string Entity = "incident_notice";

    /// <summary>Refused when there are as many as an incident may have (<c>incident-notices-full</c>), or a tenant is not in
    /// use.</summary>
    public Task<Result<IncidentNotice>> DraftAsync(Operator person, IncidentId id, NoticeDraft draft, CancellationToken ct) =>
        db.AcrossTenantsAsync<Result<IncidentNotice>>(async tx =>
        {
            await IncidentStore.HoldAsync(tx, id);
            if (await incidents.FindAsync(tx, id) is not { } incident)
            {
                return new Refusal.NotFound("incident");
            }

            if (await IncidentNoticeStore.CountAsync(tx, id) >= MostNotices)
            {
                return new Refusal.Conflict("incident-notices-full", $"The incident has {MostNotices} notices, and takes no more.");
            }

            var asked = draft.TenantIds ?? (incident.TenantId is { } own ? [own] : null);
            var tenants = await IncidentNoticeStore.ActiveAsync(tx, asked);
            if (tenants.Count == 0 || (asked is not null && tenants.Count < asked.Count))
            {
                return new Refusal.InvalidField("tenantIds", "tenant", "tenantIds must name tenants that are in use.");
            }

            var notice = await notices.AddAsync(tx, id, person.ClerkUserId, draft, tenants);
            await audit.WriteAsync(tx, TenantId.Platform, Actor.From(person), new AuditEntry(
                "incident_notice_drafted", Entity, notice.Id, null, new { incidentId = id.Value, tenants = tenants.Count }));
            return notice;
        }, ct);

    /// <summary>draft → sent. Sent already: as it is, and nobody is told again.</summary>
    public Task<Result<IncidentNotice>> SendAsync(Operator person, IncidentId id, Guid notice, CancellationToken ct) =>
        db.AcrossTenantsAsync<Result<IncidentNotice>>(async tx =>
        {
            if (await IncidentNoticeStore.FindAsync(tx, id, notice) is not { } draft)
            {
                return new Refusal.NotFound("notice");
            }

            if (await notices.SendAsync(tx, notice, person.ClerkUserId))
            {
                await WriteAsync(tx, person, draft);
            }

            return (await IncidentNoticeStore.FindAsync(tx, id, notice))!;
        }, ct);

    private async Task WriteAsync(Tx tx, Operator person, IncidentNotice sent)
    {
        var tenants = await IncidentNoticeStore.ActiveAsync(tx, sent.TenantIds);
        foreach (var tenant in tenants)
        {
            await audit.WriteAsync(tx, new TenantId(tenant), Actor.From(person), new AuditEntry(
                EventType.IncidentNoticeSent, Entity, sent.Id, null, new { incidentId = sent.IncidentId }, EventType.IncidentNoticeSent));
        }

        await lines.AddAsync(tx, new IncidentId(sent.IncidentId), new(
            IncidentEntryKind.NoticeSent, person.ClerkUserId, sent.Subject,
            Became: tenants.Count.ToString(CultureInfo.InvariantCulture)));
    }
}
