using Portal.Compliance.Reviews;
using Portal.Foundation.Alerts;
using Portal.Foundation.Audit;
using Portal.Foundation.Db;
using Portal.Foundation.Identity;
using Portal.Foundation.Outbox;
using Portal.Foundation.Paging;

namespace Portal.Operations.Incidents;

/// <summary>A run of restoring a backup, as somebody saw it.</summary>
/// <param name="EvidenceUrl">Where what was seen is kept, by https; null: nowhere but in the notes.</param>
public sealed record RestoreRun(
    DateTimeOffset RanAt, DateTimeOffset BackupTakenAt, bool Succeeded, int DurationSeconds, string Notes, string? EvidenceUrl)
{
    public const int LongestDuration = 604_800;
    public const int LongestNotes = 2000;
    public const int LongestUrl = 2000;

    /// <summary>Null: it can be recorded; else the field that is wrong.</summary>
    public string? Fault(DateTimeOffset now) =>
        RanAt > now ? "ranAt"
        : BackupTakenAt > RanAt ? "backupTakenAt"
        : DurationSeconds is < 0 or > LongestDuration ? "durationSeconds"
        : Notes.Length > LongestNotes ? "notes"
        : EvidenceUrl is { } url && (url.Length > LongestUrl || !url.StartsWith("https://", StringComparison.Ordinal)
            || !Uri.TryCreate(url, UriKind.Absolute, out _)) ? "evidenceUrl"
        : null;
}

/// <summary>A run that is on record.</summary>
/// <param name="RecordedBy">Clerk id of the Operator; null: monitoring told of it.</param>
/// <param name="IncidentId">The incident of a failed one.</param>
public sealed record RestoreTest(
    Guid Id, DateTimeOffset RanAt, DateTimeOffset BackupTakenAt, bool Succeeded, int DurationS, string Notes, string? EvidenceUrl,
    string? RecordedBy, DateTimeOffset RecordedAt, Guid? IncidentId)
{
    public bool Says(RestoreRun run) =>
        BackupTakenAt == run.BackupTakenAt && Succeeded == run.Succeeded && DurationS == run.DurationSeconds && Notes == run.Notes
        && EvidenceUrl == run.EvidenceUrl;
}

/// <summary>
/// Event backup_restore_tested: the run is recorded and audited; a failed one opens an incident, which pages. A run is known by when it
/// ran: told twice, it is recorded once. A backup is to be restored with success every month; whoever records that closes the alert that
/// it was not.
/// </summary>
public sealed class RestoreTestStore(PortalDb db, IncidentStore incidents, AuditWriter audit, AlertStore alerts, TimeProvider clock)
{
    /// <summary>Of the alert that no backup was restored for too long: there is one database.</summary>
    private const string OverdueKey = "backup";

    private const string Columns = "r.id, r.ran_at, r.backup_taken_at, r.succeeded, r.duration_s, r.notes, r.evidence_url, r.recorded_by, "
        + "r.recorded_at, r.incident_id";

    private const string Listed =
        $"select {Columns} from portal.restore_tests r where (@succeeded::boolean is null or r.succeeded = @succeeded)";

    private static readonly PageQuery ByAge = PageQuery.Descending("r.ran_at, r.id");

    /// <returns>The run on record and whether this made it so; another one of that time when the two say different things.</returns>
    public Task<(RestoreTest Test, bool New)> RecordAsync(RestoreRun run, Actor actor, CancellationToken ct) =>
        db.AcrossTenantsAsync(async tx =>
    {
        run = AsKept(run);
        await tx.ExecuteAsync("select pg_advisory_xact_lock(hashtextextended('portal.restore_tests', 0))");
        if (await tx.QueryOneAsync<RestoreTest>($"select {Columns} from portal.restore_tests r where r.ran_at = @RanAt", run) is { } known)
        {
            return (known, false);
        }

        var incident = run.Succeeded
            ? null
            : await incidents.OpenAsync(
                tx, new(
                    IncidentKind.RestoreTestFailed, "backup", AlertSeverity.Critical,
                    $"A backup taken at {run.BackupTakenAt:yyyy-MM-dd HH:mm} UTC could not be restored."), actor);
        var test = await tx.GetAsync<RestoreTest>($"""
            insert into portal.restore_tests as r (id, ran_at, backup_taken_at, succeeded, duration_s, notes, evidence_url, recorded_by,
               recorded_at, incident_id)
            values (@id, @RanAt, @BackupTakenAt, @Succeeded, @DurationSeconds, @Notes, @EvidenceUrl, @by, @now, @incident)
            returning {Columns}
            """, new
        {
            id = Guid.CreateVersion7(clock.GetUtcNow()),
            run.RanAt,
            run.BackupTakenAt,
            run.Succeeded,
            run.DurationSeconds,
            run.Notes,
            run.EvidenceUrl,
            by = actor.OperatorId,
            now = clock.GetUtcNow(),
            incident = incident?.Id.Value,
        });
        await audit.WriteAsync(tx, TenantId.Platform, actor, new AuditEntry(
            EventType.RestoreTested, "restore_test", test.Id, null,
            new
            {
                ranAt = test.RanAt,
                backupTakenAt = test.BackupTakenAt,
                succeeded = test.Succeeded,
                durationSeconds = test.DurationS,
                incidentId = test.IncidentId,
            },
            EventType.RestoreTested));
        if (!ReviewSchedule.IsRestoreTestOverdue(await LastRestoredAsync(tx), clock.GetUtcNow()))
        {
            await alerts.ResolveAsync(tx, AlertKind.RestoreTestOverdue, OverdueKey);
        }

        return (test, true);
    }, ct);

    /// <summary>Raises the alert when no backup was restored with success for a month. True: it did.</summary>
    public async Task<bool> AlertWhenOverdueAsync(CancellationToken ct)
    {
        var restored = await db.AcrossTenantsAsync(LastRestoredAsync, ct);
        if (!ReviewSchedule.IsRestoreTestOverdue(restored, clock.GetUtcNow()))
        {
            return false;
        }

        var since = restored is { } last ? $"since {last:yyyy-MM-dd HH:mm} UTC" : "yet";
        await alerts.AddAsync(
            new(AlertKind.RestoreTestOverdue, OverdueKey, $"No backup was restored with success {since}.", new { lastAt = restored }), ct);
        return true;
    }

    /// <summary>Newest run first.</summary>
    public Task<IReadOnlyList<RestoreTest>> ListAsync(bool? succeeded, Page page, CancellationToken ct) =>
        db.AcrossTenantsAsync(tx => tx.QueryPageAsync<RestoreTest>(ByAge, Listed, page, new { succeeded }), ct);

    public Task<long> CountAsync(bool? succeeded, CancellationToken ct) =>
        db.AcrossTenantsAsync(tx => tx.CountAsync(Listed, new { succeeded }), ct);

    /// <summary>Postgres keeps microseconds; what is compared must be what is kept.</summary>
    public static RestoreRun AsKept(RestoreRun run) => run with { RanAt = Micro(run.RanAt), BackupTakenAt = Micro(run.BackupTakenAt) };

    private static async Task<DateTimeOffset?> LastRestoredAsync(Tx tx) =>
        (await tx.GetAsync<LastRestore>("select portal.last_restored_at() as restored_at")).RestoredAt;

    private static DateTimeOffset Micro(DateTimeOffset time) =>
        new(time.UtcTicks - (time.UtcTicks % TimeSpan.TicksPerMicrosecond), TimeSpan.Zero);

    private sealed record LastRestore(DateTimeOffset? RestoredAt);
}
