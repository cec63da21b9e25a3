using Portal.Functions.Videos.Uploads;
using Portal.Operations.Orchestrations;
using Portal.Videos.Uploads;

namespace Portal.Functions.Operations;

/// <summary>Says in words what a line of a timeline shows.</summary>
public static class TimelineWords
{
    private static readonly Dictionary<string, string> Activities = new(StringComparer.Ordinal)
    {
        [UploadPipelineActivities.Open] = "Open the upload at Mux",
        [UploadPipelineActivities.GetStatus] = "GetStatus at the row",
        [UploadPipelineActivities.Reconcile] = "Ask Mux how it stands",
        [UploadPipelineActivities.NoteAttempt] = "Note the failed attempt",
        [UploadPipelineActivities.Fail] = "Settle the upload as failed",
        [UploadPipelineActivities.CleanUp] = "Tidy up at Mux",
        [UploadRef.ChangedEvent] = "The upload changed",
    };

    /// <summary>What the line is about, in a few words.</summary>
    public static string Title(TimelineEntry entry) => entry.Kind switch
    {
        EntryKind.Activity or EntryKind.Orchestration => Plain(entry.Name),
        EntryKind.RetryWait => $"Wait before try {entry.Attempt}",
        EntryKind.Timer => "Wait",
        EntryKind.EventWait => "Wait for a change",
        EntryKind.Event => Plain(entry.Name),
        EntryKind.Sent => $"Event sent: {entry.Name}",
        EntryKind.Started => "Started",
        EntryKind.Suspended => "Suspended",
        EntryKind.Resumed => "Resumed",
        EntryKind.Terminated => "Terminated",
        EntryKind.Rewound => "Rewound",
        _ => entry.State == EntryState.Failed ? "Failed" : entry.Note is { } status ? status : "Ended",
    };

    /// <summary>What came of it.</summary>
    public static string Of(TimelineEntry entry) => Try(entry) + Outcome(entry);

    /// <summary>The same without the number of the attempt.</summary>
    public static string Outcome(TimelineEntry entry) => entry.Kind switch
    {
        EntryKind.Activity or EntryKind.Orchestration => entry.State switch
        {
            EntryState.Failed => $"Failed: {Error(entry)}",
            EntryState.Running => "Under way.",
            EntryState.Cut => "Without an answer at the end.",
            _ => $"Done in {Diagnosis.Span(entry.End!.Value - entry.Start)}.",
        },
        EntryKind.RetryWait or EntryKind.Timer =>
            entry.State == EntryState.Cut && entry.Note is { } note ? $"Ended early: {Plain(note)}." : Pause(entry),
        EntryKind.EventWait => "Nothing else is under way.",
        EntryKind.Event => "Came from outside.",
        EntryKind.Sent => "To another orchestration.",
        EntryKind.Suspended or EntryKind.Resumed or EntryKind.Terminated or EntryKind.Rewound => By(entry.Note),
        EntryKind.Completed when entry.State == EntryState.Failed => Error(entry),
        _ => "",
    };

    public static string Plain(string name) => Activities.GetValueOrDefault(name, name);

    private static string Try(TimelineEntry entry) =>
        entry is { Kind: EntryKind.Activity or EntryKind.Orchestration, Attempt: > 1 } ? $"Try {entry.Attempt}. " : "";

    private static string Pause(TimelineEntry entry) => entry.State switch
    {
        EntryState.Done => $"Waited {Diagnosis.Span(entry.End!.Value - entry.Start)}.",
        EntryState.Cut => "Given up.",
        _ => $"Until {entry.Due:HH:mm:ss} UTC.",
    };

    private static string Error(TimelineEntry entry) => entry.Error is { Length: > 0 } error ? error : "it does not say why.";

    private static string By(string? note) => note switch
    {
        null or "" => "",
        _ when note.StartsWith(OrchestrationCommands.Reference, StringComparison.Ordinal) =>
            $"By an Operator; the audit log has the reason under request {note[OrchestrationCommands.Reference.Length..]}.",
        _ => note,
    };
}
