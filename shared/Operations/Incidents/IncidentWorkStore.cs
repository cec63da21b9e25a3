using System.Globalization;
using Portal.Foundation.Db;
using Portal.Foundation.Identity;
using Portal.Foundation.Paging;

namespace Portal.Operations.Incidents;

/// <summary>
/// SQL of what is done with an incident besides moving it, and of its timeline: the lines of <c>portal.incident_entries</c>, and those
/// that its own row tells.
/// </summary>
public sealed class IncidentWorkStore(PortalDb db, TimeProvider clock)
{
    /// <summary>More than people read, and than a page of Markdown ought to have.</summary>
    public const int MostRead = 1000;

    /// <summary>Names a line within its incident, and orders those of one time: by their writing.</summary>
    private const string Line = "('00000000-0000-0000-0000-' || lpad(to_hex(e.seq + 15), 12, '0'))::uuid";

    /// <summary>Of one time what the row tells comes first, but its end last.</summary>
    private const string Listed = $"""
        select t.at, t.line, t.kind, t.by, t.text, t.previous, t.became, t.times from (
            select i.opened_at as at, '00000000-0000-0000-0000-000000000000'::uuid as line, 'opened' as kind, i.opened_by as by,
                   null as text, null as previous, coalesce((
                       select e.previous from portal.incident_entries e
                        where e.incident_id = i.id and e.kind = 'severity_changed' order by e.seq limit 1), i.severity) as became,
                   null::bigint as times
              from portal.incidents i where i.id = @incident
            union all
            select i.again_at, '00000000-0000-0000-0000-000000000001', 'counted_up', null, null, null, null, 2
              from portal.incidents i where i.id = @incident and i.again_at is not null
            union all
            select i.last_at, '00000000-0000-0000-0000-000000000002', 'counted_up', null, null, null, null, i.times
              from portal.incidents i where i.id = @incident and (i.times > 2 or (i.times = 2 and i.again_at is null))
            union all
            select i.acknowledged_at, '00000000-0000-0000-0000-000000000003', 'acknowledged', i.acknowledged_by, null, null, null, null
              from portal.incidents i where i.id = @incident and i.acknowledged_at is not null
            union all
            select e.at, {Line}, e.kind, e.by, e.text, e.previous, e.became, null
              from portal.incident_entries e where e.incident_id = @incident
            union all
            select i.resolved_at, 'ffffffff-ffff-ffff-ffff-ffffffffffff', 'resolved', i.resolved_by, i.resolved_reason, null, null, null
              from portal.incidents i where i.id = @incident and i.resolved_at is not null) t
         where true
        """;

    private static readonly PageQuery ByTime = PageQuery.Ascending("t.at, t.line");

    /// <summary>Oldest first.</summary>
    public Task<IReadOnlyList<IncidentEntry>> ListAsync(IncidentId incident, Page page, CancellationToken ct) =>
        db.AcrossTenantsAsync(tx => tx.QueryPageAsync<IncidentEntry>(ByTime, Listed, page, new { incident }), ct);

    public Task<long> CountAsync(IncidentId incident, CancellationToken ct) =>
        db.AcrossTenantsAsync(tx => tx.CountAsync(Listed, new { incident }), ct);

    /// <summary>The whole of it, as far as anybody reads.</summary>
    public Task<IReadOnlyList<IncidentEntry>> AllAsync(IncidentId incident, CancellationToken ct) =>
        db.AcrossTenantsAsync(tx => tx.QueryPageAsync<IncidentEntry>(ByTime, Listed, new(MostRead - 1, null), new { incident }), ct);

    /// <summary>Null: it is resolved, or has that assignee.</summary>
    public static Task<Incident?> AssignAsync(Tx tx, IncidentId id, string? assignee) => tx.QueryOneAsync<Incident>($"""
        update portal.incidents i set assignee = @assignee, version = i.version + 1
         where i.id = @id and i.status in ('open', 'acknowledged') and i.assignee is distinct from @assignee
        returning {IncidentStore.Columns}
        """, new { id, assignee });

    /// <summary>Null: it is resolved, or has that severity.</summary>
    public static Task<Incident?> ChangeSeverityAsync(Tx tx, IncidentId id, string severity) => tx.QueryOneAsync<Incident>($"""
        update portal.incidents i set severity = @severity, version = i.version + 1
         where i.id = @id and i.status in ('open', 'acknowledged') and i.severity <> @severity
        returning {IncidentStore.Columns}
        """, new { id, severity });

    /// <summary>Whether somebody of that Clerk id is on call.</summary>
    public static Task<bool> IsOperatorAsync(Tx tx, string clerkUserId) => tx.GetAsync<bool>(
        "select exists (select 1 from portal.operators o where o.clerk_user_id = @clerkUserId)", new { clerkUserId });

    /// <summary>How many notes it has, of <see cref="WorkOnIncident.MostNotes"/> at most.</summary>
    public static Task<long> CountNotesAsync(Tx tx, IncidentId incident) => tx.GetAsync<long>(
        "select count(*) from portal.incident_entries e where e.incident_id = @incident and e.kind = 'note'", new { incident });

    public Task<IncidentEntry> AddAsync(Tx tx, IncidentId incident, NewEntry entry) =>
        tx.GetAsync<IncidentEntry>($"""
            insert into portal.incident_entries as e (id, incident_id, kind, at, by, text, previous, became)
            values (@id, @incident, @Kind, @now, @By, @Text, @Previous, @Became)
            returning e.at, {Line} as line, e.kind, e.by, e.text, e.previous, e.became, null::bigint as times
            """, Row(Guid.CreateVersion7(clock.GetUtcNow()), incident, entry));

    /// <summary>PagerDuty took a page. The same delivery again is the same line.</summary>
    /// <returns>Whether it was the first page of the incident.</returns>
    public Task<bool> NotePagedAsync(IncidentId incident, Guid delivery, NewEntry entry, CancellationToken ct) =>
        db.AcrossTenantsAsync(async tx =>
        {
            await tx.ExecuteAsync("""
                insert into portal.incident_entries (id, incident_id, kind, at, by, text, previous, became)
                values (@id, @incident, @Kind, @now, @By, @Text, @Previous, @Became) on conflict (id) do nothing
                """, Row(delivery, incident, entry));
            var first = await tx.QueryOneAsync<Incident>($"""
                update portal.incidents i set paged_at = @now where i.id = @incident and i.paged_at is null
                returning {IncidentStore.Columns}
                """, new { incident, now = clock.GetUtcNow() });
            if (first?.TimeToPage is { } took && took > OpenSecurityIncident.ToldWithin)
            {
                await AddAsync(tx, incident, new(IncidentEntryKind.PagedLate, null, string.Create(
                    CultureInfo.InvariantCulture,
                    $"{took.TotalSeconds:0} s after it was discovered; {OpenSecurityIncident.ToldWithin.TotalSeconds:0} s at the most.")));
            }

            return first is not null;
        }, ct);

    /// <summary>The service of PagerDuty that took its first page: what triggered it must also resolve it. Null: none did.</summary>
    public Task<string?> PagedServiceAsync(IncidentId incident, CancellationToken ct) => db.AcrossTenantsAsync(
        tx => tx.QueryOneAsync<string?>("""
            select e.became from portal.incident_entries e where e.incident_id = @incident and e.kind = 'paged' order by e.seq limit 1
            """, new { incident }), ct);

    private object Row(Guid id, IncidentId incident, NewEntry entry) => new
    {
        id,
        incident,
        entry.Kind,
        now = clock.GetUtcNow(),
        entry.By,
        entry.Text,
        entry.Previous,
        entry.Became,
    };
}
