using Portal.Foundation.Audit;
using Portal.Foundation.Db;
using Portal.Foundation.Identity;
using Portal.Foundation.Outbox;
using Portal.Foundation.Paging;

namespace Portal.Operations.Incidents;

/// <summary>
/// All SQL of incidents. They are the platform's: no statement names a tenant, and only portal_system sees them. Those of uploads are
/// opened and resolved by <see cref="UploadIncidentTransitions"/>.
/// </summary>
public sealed class IncidentStore(PortalDb db, AuditWriter audit, TimeProvider clock)
{
    internal const string Columns = """
        i.id, i.kind, i.dedup_key, i.severity, i.summary, i.tenant_id, i.pages, i.urgency, i.status, i.times, i.opened_at, i.last_at,
        i.acknowledged_at, i.acknowledged_by, i.resolved_at, i.resolved_by, i.resolved_reason, i.opened_by, i.assignee, i.paged_at,
        i.discovered_at, i.version
        """;

    private const string Listed = $"""
        select {Columns} from portal.incidents i
         where (@status::text is null or i.status = @status) and (@kind::text is null or i.kind = @kind)
        """;

    private static readonly PageQuery ByAge = PageQuery.Descending("i.opened_at, i.id");

    /// <summary>Opens an incident, or counts up the one that is open. New: it is the first of its trouble.</summary>
    public async Task<(Incident Incident, bool New)> OpenAsync(Tx tx, Trouble trouble)
    {
        var now = clock.GetUtcNow();
        var id = NewKey.At<IncidentId>(now);
        var incident = await tx.GetAsync<Incident>($"""
            insert into portal.incidents as i (id, kind, dedup_key, severity, summary, pages, urgency, opened_at, last_at, opened_by,
               discovered_at)
            values (@id, @Kind, @Key, @Severity, left(@Summary, 500), @Pages, @Urgency, @now, @now, @By, @DiscoveredAt)
            on conflict (kind, dedup_key) where status <> 'resolved'
            do update set times = i.times + 1, last_at = greatest(i.last_at, excluded.last_at), summary = excluded.summary,
                          again_at = coalesce(i.again_at, excluded.last_at)
            returning {Columns}
            """, new
        {
            id,
            trouble.Kind,
            trouble.Key,
            trouble.Severity,
            trouble.Summary,
            trouble.Pages,
            trouble.Urgency,
            now,
            trouble.By,
            trouble.DiscoveredAt,
        });
        return (incident, incident.Id == id);
    }

    /// <summary>The same with its own event, for trouble whose cause has no event that pages.</summary>
    public async Task<Incident> OpenAsync(Tx tx, Trouble trouble, Actor actor)
    {
        var (incident, isNew) = await OpenAsync(tx, trouble with { By = actor.OperatorId });
        if (isNew)
        {
            await audit.WriteAsync(tx, TenantId.Platform, actor, new AuditEntry("incident_opened", "incident", incident.Id.Value, null,
                new { status = incident.Status, kind = incident.Kind, severity = incident.Severity, page = incident.Pages },
                EventType.IncidentOpened));
        }

        return incident;
    }

    /// <summary>open → acknowledged. Null: it is not open.</summary>
    public Task<Incident?> AcknowledgeAsync(Tx tx, IncidentId id, string by) => tx.QueryOneAsync<Incident>($"""
        update portal.incidents i set status = 'acknowledged', acknowledged_at = @now, acknowledged_by = @by, version = i.version + 1
         where i.id = @id and i.status in ('open')
        returning {Columns}
        """, new { id, by, now = clock.GetUtcNow() });

    /// <summary>open, acknowledged → resolved. Null: it is resolved already.</summary>
    /// <param name="by">Null: it went away by itself.</param>
    public Task<Incident?> ResolveAsync(Tx tx, IncidentId id, string? by, string reason) => tx.QueryOneAsync<Incident>($"""
        update portal.incidents i set status = 'resolved', resolved_at = @now, resolved_by = @by, resolved_reason = @reason,
               version = i.version + 1
         where i.id = @id and i.status in ('open', 'acknowledged')
        returning {Columns}
        """, new { id, by, reason, now = clock.GetUtcNow() });

    public Task<Incident?> FindAsync(Tx tx, IncidentId id) =>
        tx.QueryOneAsync<Incident>($"select {Columns} from portal.incidents i where i.id = @id", new { id });

    /// <summary>Held until the commit, whatever its state.</summary>
    public static Task<int> HoldAsync(Tx tx, IncidentId id) =>
        tx.ExecuteAsync("select 1 from portal.incidents where id = @id for update", new { id });

    /// <summary>The one that PagerDuty knows by that id; null: no event of theirs has named both yet.</summary>
    public static Task<Guid?> FindPagedAsync(Tx tx, string pagerId) => tx.QueryOneAsync<Guid?>(
        "select id from portal.incidents where pager_id = @pagerId order by opened_at desc limit 1", new { pagerId });

    public static Task<int> NotePagerAsync(Tx tx, IncidentId id, string pagerId) => tx.ExecuteAsync(
        "update portal.incidents set pager_id = @pagerId where id = @id and pager_id is distinct from @pagerId", new { id, pagerId });

    /// <summary>The one of that trouble that is not resolved; held until the commit.</summary>
    public Task<Incident?> FindOpenAsync(Tx tx, string kind, string key) => tx.QueryOneAsync<Incident>($"""
        select {Columns} from portal.incidents i
         where i.kind = @kind and i.dedup_key = @key and i.status in ('open', 'acknowledged') for update
        """, new { kind, key });

    public Task<Incident?> FindAsync(IncidentId id, CancellationToken ct) => db.AcrossTenantsAsync(tx => FindAsync(tx, id), ct);

    /// <summary>Newest first.</summary>
    public Task<IReadOnlyList<Incident>> ListAsync(string? status, string? kind, Page page, CancellationToken ct) =>
        db.AcrossTenantsAsync(tx => tx.QueryPageAsync<Incident>(ByAge, Listed, page, new { status, kind }), ct);

    public Task<long> CountAsync(string? status, string? kind, CancellationToken ct) =>
        db.AcrossTenantsAsync(tx => tx.CountAsync(Listed, new { status, kind }), ct);

    /// <summary>What is not resolved, the worst first, and how many there are.</summary>
    public Task<(IReadOnlyList<Incident> First, int Total)> UnresolvedAsync(int most, CancellationToken ct) =>
        db.AcrossTenantsAsync(async tx => (
            await tx.QueryAsync<Incident>($"""
                select {Columns} from portal.incidents i where i.status in ('open', 'acknowledged')
                 order by array_position(array['critical', 'error', 'warning', 'info'], i.severity), i.opened_at desc, i.id desc
                 limit @most
                """, new { most }),
            await tx.GetAsync<int>("select count(*)::int from portal.incidents i where i.status in ('open', 'acknowledged')")), ct);

    /// <summary>The incident that a report of monitoring went to. Of two at once the second waits for the first.</summary>
    public async Task<Incident?> FindReportedAsync(Tx tx, string reportId)
    {
        await tx.ExecuteAsync(
            "select pg_advisory_xact_lock(hashtextextended('portal.incident_reports ' || @reportId, 0))", new { reportId });
        return await tx.QueryOneAsync<Incident>($"""
            select {Columns} from portal.incidents i join portal.incident_reports r on r.incident_id = i.id where r.report_id = @reportId
            """, new { reportId });
    }

    public Task<int> NoteReportAsync(Tx tx, string reportId, IncidentId incident) => tx.ExecuteAsync(
        "insert into portal.incident_reports (report_id, incident_id, reported_at) values (@reportId, @incident, @now)",
        new { reportId, incident, now = clock.GetUtcNow() });

    /// <summary>A breach that is not resolved holds the freeze.</summary>
    public static async Task<bool> AnyBreachAsync(Tx tx) => await tx.GetAsync<bool>("""
        select exists (select 1 from portal.incidents i where i.kind = 'error_budget_breach' and i.status in ('open', 'acknowledged'))
        """);
}
