using Portal.Foundation.Db;
using Portal.Foundation.Identity;
using Portal.Foundation.Paging;

namespace Portal.Operations.Incidents;

/// <summary>SQL of notices to tenants. They are the platform's; a tenant reads what was sent to it, and nothing else.</summary>
public sealed class IncidentNoticeStore(PortalDb db, TimeProvider clock)
{
    private const string Columns = """
        n.id, n.incident_id, n.subject, n.text, n.status, n.drafted_at, n.drafted_by, n.sent_at, n.sent_by,
        array(select t.tenant_id from portal.incident_notice_tenants t where t.notice_id = n.id order by t.tenant_id) as tenant_ids
        """;

    private const string Listed = $"select {Columns} from portal.incident_notices n where n.incident_id = @incident";

    private static readonly PageQuery ByAge = PageQuery.Descending("n.drafted_at, n.id");

    /// <summary>Newest first.</summary>
    public Task<IReadOnlyList<IncidentNotice>> ListAsync(IncidentId incident, Page page, CancellationToken ct) =>
        db.AcrossTenantsAsync(tx => tx.QueryPageAsync<IncidentNotice>(ByAge, Listed, page, new { incident }), ct);

    public Task<long> CountAsync(IncidentId incident, CancellationToken ct) =>
        db.AcrossTenantsAsync(tx => CountAsync(tx, incident), ct);

    public static Task<long> CountAsync(Tx tx, IncidentId incident) => tx.CountAsync(Listed, new { incident });

    public static Task<IncidentNotice?> FindAsync(Tx tx, IncidentId incident, Guid id) =>
        tx.QueryOneAsync<IncidentNotice>($"{Listed} and n.id = @id", new { incident, id });

    /// <summary>Those of the ids that are tenants in use, or all that are; of the platform's own none.</summary>
    public static Task<IReadOnlyList<Guid>> ActiveAsync(Tx tx, IReadOnlyList<Guid>? of) => tx.QueryAsync<Guid>("""
        select t.id from portal.tenants t
         where t.status = 'active' and t.id <> @platform and (@ids::uuid[] is null or t.id = any (@ids))
         order by t.id
        """, new { platform = TenantId.Platform, ids = of?.ToArray() });

    public async Task<IncidentNotice> AddAsync(
        Tx tx, IncidentId incident, string by, NoticeDraft draft, IReadOnlyList<Guid> tenants)
    {
        var now = clock.GetUtcNow();
        var id = Guid.CreateVersion7(now);
        await tx.ExecuteAsync("""
            insert into portal.incident_notices (id, incident_id, subject, text, drafted_at, drafted_by)
            values (@id, @incident, @Subject, @Text, @now, @by);
            insert into portal.incident_notice_tenants (notice_id, tenant_id) select @id, unnest(@tenants);
            """, new { id, incident, draft.Subject, draft.Text, now, by, tenants = tenants.ToArray() });
        return (await FindAsync(tx, incident, id))!;
    }

    /// <summary>draft → sent. False: it is sent already.</summary>
    public async Task<bool> SendAsync(Tx tx, Guid id, string by) => await tx.ExecuteAsync("""
        update portal.incident_notices set status = 'sent', sent_at = @now, sent_by = @by where id = @id and status in ('draft')
        """, new { id, by, now = clock.GetUtcNow() }) == 1;

    /// <summary>What that tenant was told; null: nothing of that id.</summary>
    public Task<TenantNotice?> FindSentAsync(TenantId tenant, Guid id, CancellationToken ct) => db.ReadOneAsync<TenantNotice>(
        tenant, "select f.id, f.subject, f.body, f.sent_at from portal.read_incident_notice(@id) f", new { id }, ct);
}
