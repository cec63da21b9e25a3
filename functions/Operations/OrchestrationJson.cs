using Portal.Functions.Foundation.Http.Inputs;
using Portal.Operations.Orchestrations;
using Portal.Videos.Uploads;

namespace Portal.Functions.Operations;

/// <summary>The upload that an orchestration carries: ids, states, errors.</summary>
public sealed record UploadNoteJson(
    Guid Id, Guid TenantId, int Attempt, int CurrentAttempt, [OneOf(typeof(UploadSource))] string Source,
    [OneOf(typeof(UploadStatus))] string Status, int Attempts, string? LastError,
    DateTimeOffset? NextRetryAt,
    [OneOf(typeof(UploadFailureCode))] string? FailureCode, string? FailureReason)
{
    public static UploadNoteJson From(UploadNote note) => new(
        note.JobId, note.TenantId.Value, note.Attempt, note.CurrentAttempt, note.Source, note.Status, note.Attempts, note.LastError,
        note.NextRetryAt,
        note.FailureCode, note.FailureReason);
}

/// <summary>What on-call should make of it: running, stuck, failed or over; a stable code; a sentence.</summary>
public sealed record DiagnosisJson([OneOf(typeof(DiagnosisGroup))] string Group, [OneOf(typeof(DiagnosisCode))] string Code, string Text);

/// <summary>An orchestration on the wire. <c>runtimeStatus</c> is null when Durable has no such instance.</summary>
public record OrchestrationJson(
    string InstanceId, string? Name, [OneOf(typeof(RuntimeStatus))] string? RuntimeStatus, string? State,
    DateTimeOffset CreatedAt, DateTimeOffset UpdatedAt,
    DiagnosisJson Diagnosis, UploadNoteJson? Upload)
{
    public static OrchestrationJson From(OrchestrationLook look) => new(
        look.Id, look.Instance?.Name, look.Instance?.Status, look.Instance?.State, look.CreatedAt, look.UpdatedAt,
        new(look.Diagnosis.Group, look.Diagnosis.Code, look.Diagnosis.Text), look.Upload is { } upload
            ? UploadNoteJson.From(upload)
            : null);
}

/// <summary>A line of a timeline, with a sentence for people.</summary>
public sealed record TimelineEntryJson(
    [OneOf(typeof(EntryKind))] string Kind, string Name, [OneOf(typeof(EntryState))] string State, string Text,
    DateTimeOffset StartedAt, DateTimeOffset? EndedAt, DateTimeOffset? DueAt,
    int? Attempt, string? ErrorType, string? Error)
{
    public static TimelineEntryJson From(TimelineEntry entry) => new(
        entry.Kind, entry.Name, entry.State, TimelineWords.Of(entry), entry.Start, entry.End, entry.Due, entry.Attempt, entry.ErrorType,
        entry.Error);
}

/// <summary>One orchestration, opened.</summary>
public sealed record OpenedOrchestrationJson(
    OrchestrationJson Orchestration, [OneOf("replay", "terminate", "suspend", "resume")] IReadOnlyList<string> PossibleActs,
    IReadOnlyList<TimelineEntryJson> Timeline, int EarlierEntries);

/// <summary>The first few of a group, and how many there are in all.</summary>
public sealed record BoardListJson(int Total, IReadOnlyList<OrchestrationJson> Items);

/// <summary>The board. <c>whole</c> is false when there was more to look through than a look takes.</summary>
public sealed record BoardJson(BoardListJson Failed, BoardListJson Stuck, BoardListJson Running, bool Whole);
