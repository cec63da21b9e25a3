using System.Globalization;
using System.Text.Json;

namespace Portal.Operations.Orchestrations;

/// <summary>
/// Makes a timeline of Durable's shaped history. That history folds the asking into the answer, leaves ids out and does not say which
/// timer was given up; so a fired timer is matched by its due time, a timer that an event overtook counts as given up, a call of the same
/// activity after a failed one counts as its next attempt, and a live instance with nothing under way waits for an event.
/// </summary>
public static class ReadTimeline
{
    /// <summary>A pipeline that waits for days asks Mux every quarter of an hour; nobody reads more than this.</summary>
    private const int MaxEntries = 300;

    public static Timeline Of(OrchestrationInstance instance)
    {
        var rows = instance.History.Select(HistoryRow.Read).OfType<HistoryRow>().ToList();
        var entries = new List<(int Row, TimelineEntry Entry)>();
        for (var i = 0; i < rows.Count; i++)
        {
            if (EntryOf(rows, i, instance) is { } entry)
            {
                entries.Add((i, entry));
            }
        }

        var ordered = CountAttempts([.. entries.OrderBy(e => e.Entry.Start).ThenBy(e => e.Row).Select(e => e.Entry)]);
        if (instance.Status == RuntimeStatus.Running && ordered.Count > 0
            && !ordered.Any(e => e.State is EntryState.Running or EntryState.Waiting))
        {
            ordered.Add(new(EntryKind.EventWait, "", EntryState.Waiting, ordered.Max(e => e.End ?? e.Start), null));
        }

        var earlier = Math.Max(0, ordered.Count - MaxEntries);
        return new(earlier == 0 ? ordered : [ordered[0], .. ordered.Skip(earlier + 1)], earlier);
    }

    private static TimelineEntry? EntryOf(List<HistoryRow> rows, int i, OrchestrationInstance instance)
    {
        var row = rows[i];
        TimelineEntry Point(string kind, string? note = null, string state = EntryState.Done) =>
            new(kind, row.Name, state, row.At, row.At, Note: note);
        TimelineEntry Call(string kind, string state) =>
            new(
                kind, row.Name, state, row.Scheduled ?? row.At, state == EntryState.Running
                    ? null
                    : row.At, ErrorType: row.ErrorType, Error: row.Error);

        // What has no answer when the instance is over will get none.
        var open = instance.IsOver ? EntryState.Cut : EntryState.Running;
        return row.Type switch
        {
            "ExecutionStarted" => Point(EntryKind.Started),
            "TaskCompleted" => Call(EntryKind.Activity, EntryState.Done),
            "TaskFailed" => Call(EntryKind.Activity, EntryState.Failed),
            "TaskScheduled" => Call(EntryKind.Activity, open),
            "SubOrchestrationInstanceCompleted" => Call(EntryKind.Orchestration, EntryState.Done),
            "SubOrchestrationInstanceFailed" => Call(EntryKind.Orchestration, EntryState.Failed),
            "SubOrchestrationInstanceCreated" => Call(EntryKind.Orchestration, open),
            "TimerCreated" => TimerOf(rows, i, instance),
            "EventRaised" => Point(EntryKind.Event),
            "EventSent" => Point(EntryKind.Sent),
            "ExecutionSuspended" => Point(EntryKind.Suspended, row.Reason),
            "ExecutionResumed" => Point(EntryKind.Resumed, row.Reason),
            "ExecutionTerminated" => Point(EntryKind.Terminated, row.Reason),
            "GenericEvent" => Point(EntryKind.Rewound, row.Reason),
            "ExecutionCompleted" when row.Status == RuntimeStatus.Terminated && rows.Any(r => r.Type == "ExecutionTerminated") => null,
            "ExecutionCompleted" =>
                Point(EntryKind.Completed, row.Status, row.Status == RuntimeStatus.Failed ? EntryState.Failed : EntryState.Done) with
                {
                    ErrorType = row.ErrorType,
                    Error = row.Error ?? (row.Status == RuntimeStatus.Failed ? instance.Error : null),
                },
            // TimerFired belongs to its TimerCreated; the rest is bookkeeping of the host.
            _ => null,
        };
    }

    private static TimelineEntry TimerOf(List<HistoryRow> rows, int i, OrchestrationInstance instance)
    {
        var row = rows[i];
        var failed = FailedBefore(rows, i);
        var entry = new TimelineEntry(
            failed is null ? EntryKind.Timer : EntryKind.RetryWait, failed ?? row.Name, EntryState.Waiting, row.At, null, row.FireAt);

        // Several timers may be due at the same moment: the n-th created is the n-th fired.
        var before = rows.Take(i).Count(r => r.Type == "TimerCreated" && r.FireAt == row.FireAt);
        if (rows.Where(r => r.Type == "TimerFired" && r.FireAt == row.FireAt).ElementAtOrDefault(before) is { } fired)
        {
            return entry with { State = EntryState.Done, End = fired.At };
        }

        var overtaking = failed is null ? rows.Skip(i + 1).FirstOrDefault(r => r.Type == "EventRaised") : null;
        if (overtaking is not null)
        {
            return entry with { State = EntryState.Cut, End = overtaking.At, Note = overtaking.Name };
        }

        return instance.IsOver ? entry with { State = EntryState.Cut, End = rows[^1].At > row.At ? rows[^1].At : row.At } : entry;
    }

    /// <summary>The activity whose failure a timer follows with nothing but bookkeeping between: then the timer is the pause before its
    /// next attempt.</summary>
    private static string? FailedBefore(List<HistoryRow> rows, int timer)
    {
        var done = new HashSet<string>();
        for (var i = timer - 1; i >= 0; i--)
        {
            switch (rows[i].Type)
            {
                case "TaskFailed" or "SubOrchestrationInstanceFailed":
                    return done.Contains(rows[i].Name) ? null : rows[i].Name;
                case "TaskCompleted" or "SubOrchestrationInstanceCompleted":
                    done.Add(rows[i].Name);
                    break;
                case "TimerCreated" or "TimerFired" or "EventRaised" or "ExecutionStarted":
                    return null;
            }
        }

        return null;
    }

    /// <summary>Each failed call is followed by at most one next attempt: the first call of the same name that starts after it.</summary>
    private static List<TimelineEntry> CountAttempts(List<TimelineEntry> entries)
    {
        var open = new Dictionary<string, List<TimelineEntry>>(StringComparer.Ordinal);
        for (var i = 0; i < entries.Count; i++)
        {
            var entry = entries[i];
            if (entry.Kind is not (EntryKind.Activity or EntryKind.Orchestration or EntryKind.RetryWait))
            {
                continue;
            }

            var failed = open.TryGetValue(entry.Name, out var known) ? known : open[entry.Name] = [];
            var last = failed.FindIndex(f => f.End <= entry.Start);
            entries[i] = entry = entry with { Attempt = last < 0 ? 1 : failed[last].Attempt + 1 };
            if (entry.Kind == EntryKind.RetryWait)
            {
                continue;
            }

            if (last >= 0)
            {
                failed.RemoveAt(last);
            }

            if (entry.State == EntryState.Failed)
            {
                failed.Add(entry);
            }
        }

        return entries;
    }

    /// <summary>A row of Durable's shaped history, as far as a timeline needs it. Inputs and results are never read.</summary>
    private sealed record HistoryRow(
        string Type, string Name, DateTimeOffset At, DateTimeOffset? Scheduled, DateTimeOffset? FireAt, string? Reason, string? Status,
        string? ErrorType, string? Error)
    {
        public static HistoryRow? Read(JsonElement json)
        {
            if (Text(json, "EventType") is not { } type || Time(json, "Timestamp") is not { } at)
            {
                return null;
            }

            var details = json.TryGetProperty("FailureDetails", out var given) && given.ValueKind == JsonValueKind.Object
                ? given
                : (JsonElement?)null;
            var error = type.EndsWith("Failed", StringComparison.Ordinal) || details is not null;
            return new(
                type, Text(json, "FunctionName") ?? Text(json, "Name")
                    ?? "", at, Time(json, "ScheduledTime"), Time(json, "FireAt"), Text(json, "Reason"),
                Text(json, "OrchestrationStatus"),
                details is { } d ? Text(d, "ErrorType") : null,
                error ? (details is { } e ? Text(e, "ErrorMessage") : null) ?? Text(json, "Reason") : null);
        }

        private static string? Text(JsonElement json, string name) =>
            json.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

        private static DateTimeOffset? Time(JsonElement json, string name) =>
            DateTimeOffset.TryParse(Text(json, name), CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time)
                ? time
                : null;
    }
}
