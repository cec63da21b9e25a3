using Portal.Foundation.Alerts;
using Portal.Foundation.Audit;
using Portal.Foundation.Db;
using Portal.Foundation.Identity;
using Portal.Foundation.Outbox;
using Portal.Foundation.Paging;

namespace Portal.Operations.Incidents;

/// <summary>A run of restoring a backup, as somebody saw it.</summary>
public sealed record RestoreRun(DateTimeOffset RanAt, DateTimeOffset BackupTakenAt, bool Succeeded, int DurationSeconds, string Notes)
{
    public const int LongestDuration = 604_800;
    public const int LongestNotes = 2000;

    /// <summary>Null: it can be recorded; else the field that is wrong.</summary>
    public string? Fault(DateTimeOffset now) =>
        RanAt > now ? "ranAt"
        : BackupTakenAt > RanAt ? "backupTakenAt"
        : DurationSeconds is < 0 or > LongestDuration ? "durationSeconds"
        : Notes.Length > LongestNotes ? "notes"
        : null;
}

/// <summary>A run that is on record.</summary>
/// <param name="RecordedBy">Clerk id of the Operator; null: monitoring told of it.</param>
/// <param name="IncidentId">The incident of a failed one.</param>
public sealed record RestoreTest(
    Guid Id, DateTimeOffset RanAt, DateTimeOffset BackupTakenAt, bool Succeeded, int DurationS, string Notes, string? RecordedBy,
    DateTimeOffset RecordedAt,
    Guid? IncidentId)
{
    public bool Says(RestoreRun run) =>
        BackupTakenAt == run.BackupTakenAt && Succeeded == run.Succeeded && DurationS == run.DurationSeconds && Notes == run.Notes;
}

/// <summary>
/// Event backup_restore_tested: the run is recorded and audited; a failed one opens an incident, which pages. A run is known by when it
/// ran: told twice, it is recorded once.
/// </summary>
public sealed class RestoreTestStore(PortalDb db, IncidentStore incidents, AuditWriter audit, TimeProvider clock)
{
    private const string Columns = "r.id, r.ran_at, r.backup_taken_at, r.succeeded, r.duration_s, r.notes, r.recorded_by, r.recorded_at, "
        + "r.incident_id";

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
            insert into portal.restore_tests as r (id, ran_at, backup_taken_at, succeeded, duration_s, notes, recorded_by, recorded_at,
               incident_id)
            values (@id, @RanAt, @BackupTakenAt, @Succeeded, @DurationSeconds, @Notes, @by, @now, @incident)
            returning {Columns}
            """, new
        {
            id = Guid.CreateVersion7(clock.GetUtcNow()),
            run.RanAt,
            run.BackupTakenAt,
            run.Succeeded,
            run.DurationSeconds,
            run.Notes,
            by = actor.Kind == "operator" ? actor.Id : null,
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
        return (test, true);
    }, ct);

    /// <summary>Newest run first.</summary>
    public Task<IReadOnlyList<RestoreTest>> ListAsync(bool? succeeded, Page page, CancellationToken ct) =>
        db.AcrossTenantsAsync(tx => tx.QueryPageAsync<RestoreTest>(ByAge, Listed, page, new { succeeded }), ct);

    public Task<long> CountAsync(bool? succeeded, CancellationToken ct) =>
        db.AcrossTenantsAsync(tx => tx.CountAsync(Listed, new { succeeded }), ct);

    /// <summary>Postgres keeps microseconds; what is compared must be what is kept.</summary>
    public static RestoreRun AsKept(RestoreRun run) => run with { RanAt = Micro(run.RanAt), BackupTakenAt = Micro(run.BackupTakenAt) };

    private static DateTimeOffset Micro(DateTimeOffset time) =>
        new(time.UtcTicks - (time.UtcTicks % TimeSpan.TicksPerMicrosecond), TimeSpan.Zero);
}
