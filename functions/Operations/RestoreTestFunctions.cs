using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Portal.Foundation.Audit;
using Portal.Foundation.Identity;
using Portal.Foundation.Paging;
using Portal.Functions.Foundation.Http;
using Portal.Functions.Foundation.Http.Inputs;
using Portal.Functions.People;
using Portal.Operations.Incidents;

namespace Portal.Functions.Operations;

/// <summary>A run of restoring a backup, as somebody saw it.</summary>
public sealed record RestoreTestInput : IChecked
{
    [About("When the backup was restored; a run is known by it.", Example = "\"2026-01-02T03:00:00Z\"")]
    public required DateTimeOffset RanAt { get; init; }

    [About("When the backup had been taken.", Example = "\"2026-01-01T21:30:00Z\"")]
    public required DateTimeOffset BackupTakenAt { get; init; }

    [About("The data was there, and the app could work with it.")]
    public required bool Succeeded { get; init; }

    [Whole(0, RestoreRun.LongestDuration), About("From the first command to the last check.")]
    public required int DurationSeconds { get; init; }

    [Text(RestoreRun.LongestNotes, Min = 0), About("What was seen. No names, no titles.")]
    public string Notes { get; init; } = "";

    [Text(RestoreRun.LongestUrl), HttpsUrl, About("Where what was seen is kept.")]
    public string? EvidenceUrl { get; init; }

    public void Check(Faults faults, DateTimeOffset now)
    {
        switch (Run.Fault(now))
        {
            case "ranAt":
                faults.Add("ranAt", "past", "must not be in the future.");
                break;
            case "backupTakenAt":
                faults.Add("backupTakenAt", "order", "must not be after ranAt.");
                break;
        }
    }

    internal RestoreRun Run => new(RanAt, BackupTakenAt, Succeeded, DurationSeconds, Notes, EvidenceUrl);
}

/// <summary>Event backup_restore_tested: audited; a failed one opens an incident and pages.</summary>
public sealed class RecordRestoreTestFunction(RestoreTestStore tests, TimeProvider clock)
{
    [Function("RecordRestoreTest")]
    [Allows(PortalAction.OperateIncidents)]
    [Operation("Record a restore test", Takes = typeof(RestoreTestInput), Returns = typeof(RestoreTestJson), Status = 201,
        AlsoStatus = 200,
        Details = "A failed one opens an incident and pages on-call. The same run again is answered with what is on record (200).")]
    [Refuses(409, "restore-test-differs", "Another run of that very time is on record.")]
    public async Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "api/ops/restore-tests")] HttpRequest request, CancellationToken ct)
    {
        var (input, problem) = await Input.ReadAsync<RestoreTestInput>(request, clock.GetUtcNow());
        if (input is null)
        {
            return problem!;
        }

        var (test, isNew) = await tests.RecordAsync(input.Run, Actor.From(request.HttpContext.Operator()), ct);
        return isNew ? Reply.Created("/api/ops/restore-tests", RestoreTestJson.From(test))
            : test.Says(RestoreTestStore.AsKept(input.Run)) ? Reply.Ok(RestoreTestJson.From(test))
            : Problem.Conflict("restore-test-differs", "A run of that very time is on record, and it says something else.");
    }
}

public sealed record ListRestoreTestsInput : CountedListInput
{
    public bool? Succeeded { get; init; }
}

public sealed class ListRestoreTestsFunction(RestoreTestStore tests, Lists lists)
{
    private const string Name = "restore-tests";

    [Function("ListRestoreTests")]
    [Allows(PortalAction.OperateIncidents)]
    [Operation("List restore tests, newest first", Query = typeof(ListRestoreTestsInput), Returns = typeof(PageOf<RestoreTestJson>))]
    public async Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", "head", Route = "api/ops/restore-tests")] HttpRequest request,
        CancellationToken ct)
    {
        var (query, page, problem) = lists.Read<ListRestoreTestsInput>(request, _ => Name, TenantId.Platform);
        if (query is null)
        {
            return problem!;
        }

        var rows = await tests.ListAsync(query.Succeeded, page, ct);
        long? total = query.Total ? await tests.CountAsync(query.Succeeded, ct) : null;
        return lists.Page(request, rows, page, Name, t => Position.Of(t.RanAt, t.Id), RestoreTestJson.From, TenantId.Platform, total);
    }
}
