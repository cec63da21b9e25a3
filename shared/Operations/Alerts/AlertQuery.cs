using Portal.Foundation.Db;
using Portal.Foundation.Identity;
using Portal.Foundation.Paging;

namespace Portal.Operations.Alerts;

/// <summary>open → acknowledged → resolved; open → resolved.</summary>
public static class AlertStatus
{
    public const string Open = "open";
    public const string Acknowledged = "acknowledged";
    public const string Resolved = "resolved";
}

/// <summary>An alert as people on call see it: ids and states.</summary>
/// <param name="IncidentId">The incident that it is part of; null: a warning.</param>
/// <param name="AcknowledgedBy">Clerk id of the Operator, or whoever acknowledged its incident.</param>
/// <param name="ResolvedBy">The same; null: its cause is gone.</param>
public sealed record AlertNote(
    AlertId Id, string Kind, string DedupKey, string Severity, string Status, string Summary, long Times, DateTimeOffset FirstAt,
    DateTimeOffset LastAt, IncidentId? IncidentId, DateTimeOffset? AcknowledgedAt, string? AcknowledgedBy, DateTimeOffset? ResolvedAt,
    string? ResolvedBy);

/// <summary>Which alerts a list shows; null: all.</summary>
public sealed record AlertFilter(string? Status, string? Kind, string? Severity);

/// <summary>Reads alerts. They are the platform's: no statement names a tenant.</summary>
public sealed class AlertQuery(PortalDb db)
{
    private const string Status =
        "case when a.resolved_at is not null then 'resolved' when a.acknowledged_at is not null then 'acknowledged' else 'open' end";

    private const string Columns = $"""
        a.id, a.kind, a.dedup_key, a.severity, {Status} as status, a.summary, a.times, a.first_at, a.last_at, a.incident_id,
        a.acknowledged_at, a.acknowledged_by, a.resolved_at, a.resolved_by
        """;

    private const string Listed = $"""
        select {Columns} from portal.alerts a
         where (@status::text is null or {Status} = @status) and (@kind::text is null or a.kind = @kind)
           and (@severity::text is null or a.severity = @severity)
        """;

    private static readonly PageQuery ByAge = PageQuery.Descending("a.first_at, a.id");

    public static Task<AlertNote?> FindAsync(Tx tx, AlertId id) =>
        tx.QueryOneAsync<AlertNote>($"select {Columns} from portal.alerts a where a.id = @id", new { id });

    public Task<AlertNote?> FindAsync(AlertId id, CancellationToken ct) => db.AcrossTenantsAsync(tx => FindAsync(tx, id), ct);

    /// <summary>Newest first.</summary>
    public Task<IReadOnlyList<AlertNote>> ListAsync(AlertFilter filter, Page page, CancellationToken ct) =>
        db.AcrossTenantsAsync(tx => tx.QueryPageAsync<AlertNote>(ByAge, Listed, page, filter), ct);

    public Task<long> CountAsync(AlertFilter filter, CancellationToken ct) =>
        db.AcrossTenantsAsync(tx => tx.CountAsync(Listed, filter), ct);

    /// <summary>What is not over: the worst first, then what nobody is on, then the latest; and how many there are.</summary>
    public Task<(IReadOnlyList<AlertNote> First, int Total)> UnresolvedAsync(int most, CancellationToken ct) =>
        db.AcrossTenantsAsync(async tx => (
            await tx.QueryAsync<AlertNote>($"""
                select {Columns} from portal.alerts a where a.resolved_at is null
                 order by array_position(array['critical', 'error', 'warning', 'info'], a.severity), a.acknowledged_at is not null,
                       a.last_at desc, a.id desc
                 limit @most
                """, new { most }),
            await tx.GetAsync<int>("select count(*)::int from portal.alerts a where a.resolved_at is null")), ct);
}
