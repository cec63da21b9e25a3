namespace Portal.Runtime.Durable;

/// <summary>What is left of a failed history, and what has to happen again.</summary>
/// <param name="Kept">Steps from 0 on, ending with the note that it was rewound.</param>
/// <param name="Waiting">Events of the dropped last step, to be delivered again.</param>
/// <param name="OpenTasks">Activities to run again.</param>
/// <param name="FailedChildren">Sub-orchestrations to rewind.</param>
internal sealed record Rewound(
    IReadOnlyList<HistoryStep> Kept, IReadOnlyList<HistoryEvent> Waiting, int OpenTasks, IReadOnlyList<string> FailedChildren)
{
    public long Key { get; init; }

    /// <summary>The earliest timer that is open again; perhaps one that the code has cancelled, which a replay finds out.</summary>
    public DateTime? WakeAt { get; init; }
}

/// <summary>
/// Rewinding drops the step in which the orchestrator failed, and every failure event: what it answered is open again. Failures that the
/// code handled (a retry, a catch) must stay, or replay would not come to the decisions recorded after them; so first all failures that
/// no decision followed are dropped, and if the code does not replay without them, only those of the last step.
/// </summary>
internal static class Rewinding
{
    public static Rewound Rewind(
        IReadOnlyList<HistoryStep> history, string? reason, DateTime now, Func<IReadOnlyList<HistoryStep>, bool> replays)
    {
        var last = history[^1];
        var before = history.Take(history.Count - 1).ToList();
        var bold = before.Select(step => step.Events.Any(happened => happened is Decision) ? step : WithoutFailures(step)).ToList();
        var kept = replays(bold) ? bold : before;
        if (kept.Count > 0)
        {
            kept.Add(new(kept.Count, now, [new ExecutionRewound(reason)]));
        }

        var answered = kept.SelectMany(step => step.Events).Select(Answered).OfType<int>().ToHashSet();
        var open = kept.SelectMany(step => step.Events).OfType<Decision>().Where(decision => !answered.Contains(decision.Id)).ToList();
        var failed = history.SelectMany(step => step.Events).OfType<SubOrchestrationFailed>().Select(failure => failure.Id).ToHashSet();
        return new(
            kept,
            [
                .. last.Events.Where(
                    happened =>
                        happened is not (
                            Decision or ExecutionStarted or ExecutionCompleted or TaskFailed or SubOrchestrationFailed or TimerFired))
            ],
            open.OfType<TaskScheduled>().Count(),
            [.. open.OfType<SubOrchestrationCreated>().Where(sub => failed.Contains(sub.Id)).Select(sub => sub.InstanceId)])
        {
            WakeAt = open.OfType<TimerCreated>().Min(timer => (DateTime?)timer.FireAt),
        };
    }

    private static HistoryStep WithoutFailures(HistoryStep step) =>
        step with { Events = [.. step.Events.Where(happened => happened is not (TaskFailed or SubOrchestrationFailed))] };

    private static int? Answered(HistoryEvent happened) => happened switch
    {
        TaskCompleted done => done.Id,
        TaskFailed failed => failed.Id,
        SubOrchestrationCompleted done => done.Id,
        SubOrchestrationFailed failed => failed.Id,
        TimerFired fired => fired.Id,
        _ => null,
    };
}
