using Microsoft.DurableTask.Client;

namespace Portal.Runtime.Durable;

/// <summary>
/// Turns what has arrived for an instance into a <see cref="Step"/>: messages first and in their order, then timers that are due.
/// Once the orchestrator is over, the rest is left: it vanishes with the instance, or waits for the next generation.
/// </summary>
internal static class StepExecutor
{
    public static Step? Take(InstanceRow row, OrchestrationRun run, DateTime now, IReadOnlyList<InstanceMessage> arrived)
    {
        var received = new List<HistoryEvent>();
        var consumed = new List<long>();
        run.BeginStep(now);
        if (row.NextSeq == 0)
        {
            Deliver(new ExecutionStarted());
        }

        foreach (var message in arrived)
        {
            if (run.IsOver)
            {
                break;
            }

            if (message.MessageId != 0)
            {
                consumed.Add(message.MessageId);
            }

            if (IsCurrent(message, row, run))
            {
                Deliver(WithId(message));
            }
        }

        foreach (var fired in run.IsOver || run.Context.IsSuspended ? [] : run.Context.DueTimers(now))
        {
            if (run.IsOver)
            {
                break;
            }

            if (run.Context.IsPending(fired.Id))
            {
                Deliver(fired);
            }
        }

        return received.Count > 0 || consumed.Count > 0 || run.IsOver ? Finish(row, run, now, received, consumed) : null;

        void Deliver(HistoryEvent happened)
        {
            received.Add(happened);
            run.Deliver(happened);
        }
    }

    /// <summary>The same step with nothing in it but failure: what its step would have written cannot be stored.</summary>
    public static Step Rejected(InstanceRow row, Step step, Exception reason)
    {
        var failure = new Failure(reason.GetType().ToString(), "The step could not be stored: " + reason.Message, null, null);
        var over = new ExecutionCompleted((int)OrchestrationRuntimeStatus.Failed, failure.Message, failure);
        return step with
        {
            Events = HistoryJson.Write([over]),
            Status = OrchestrationRuntimeStatus.Failed,
            OpenTasks = 0,
            WakeAt = null,
            CustomStatus = null,
            Output = failure.Message,
            Failure = HistoryJson.Write(failure),
            Fresh = false,
            Input = null,
            Children = [],
            Activities = [],
            Outbox = AnswerParent(row, over),
        };
    }

    private static Step Finish(InstanceRow row, OrchestrationRun run, DateTime now, List<HistoryEvent> received, List<long> consumed)
    {
        var context = run.Context;
        var outcome = run.Outcome();
        var decisions = context.Violation is null ? context.Decisions : [];
        var over = Ended(outcome);
        var events = new List<HistoryEvent>(received.Count + decisions.Count + 1);
        events.AddRange(received);
        events.AddRange(decisions);
        if (over is not null)
        {
            events.Add(over);
        }

        var continued = outcome as RunOutcome.ContinuedAsNew;
        var children = decisions.OfType<SubOrchestrationCreated>().ToList();
        // One statement can create an id once, and cannot touch the row of the step itself: the others are refused as any taken id is.
        var creatable = children.Where(sub => sub.InstanceId != row.Id).DistinctBy(sub => sub.InstanceId, StringComparer.Ordinal).ToList();
        return new Step
        {
            Key = row.Key,
            InstanceId = row.Id,
            Owner = row.Owner,
            Epoch = row.Epoch,
            Seq = row.NextSeq,
            At = now,
            Events = continued is null ? HistoryJson.Write(events) : "[]",
            Status = over is not null ? (OrchestrationRuntimeStatus)over.Status
                : continued is null && context.IsSuspended ? OrchestrationRuntimeStatus.Suspended : OrchestrationRuntimeStatus.Running,
            OpenTasks = over is null && continued is null ? context.OpenActivities : 0,
            WakeAt = over is null && continued is null && !context.IsSuspended ? context.NextTimer : null,
            CustomStatus = context.CustomStatus,
            Output = over?.Output,
            Failure = over?.Failure is { } failure ? HistoryJson.Write(failure) : null,
            Fresh = continued is not null,
            Input = continued?.Request.Input,
            Consumed = continued is { Request.PreserveUnprocessedEvents: true } ? KeepUnclaimed(consumed, context) : consumed,
            Children = [.. creatable.Select(sub => Child(row, sub, now))],
            Outbox = [
                .. decisions.OfType<EventSent>().Select(Send), .. children.Except(creatable).Select(sub => Refuse(row, sub)),
                .. AnswerParent(row, over), .. HandOn(row, continued, consumed, context)
            ],
            Activities = [.. decisions.OfType<TaskScheduled>()],
        };
    }

    /// <summary>An answer to an earlier generation, or to a task no longer waited for, is consumed and leaves no trace.</summary>
    private static bool IsCurrent(InstanceMessage message, InstanceRow row, OrchestrationRun run) =>
        (message.Generation is null || message.Generation == row.Generation) && message.Event switch
        {
            TaskCompleted done => run.Context.IsPending(done.Id),
            TaskFailed failed => run.Context.IsPending(failed.Id),
            SubOrchestrationCompleted done => run.Context.IsPending(done.Id),
            SubOrchestrationFailed failed => run.Context.IsPending(failed.Id),
            _ => true,
        };

    private static HistoryEvent WithId(InstanceMessage message) =>
        message.Event is EventRaised raised ? raised with { MessageId = message.MessageId } : message.Event;

    private static ExecutionCompleted? Ended(RunOutcome outcome) => outcome switch
    {
        RunOutcome.Completed done => new((int)OrchestrationRuntimeStatus.Completed, done.Output, null),
        // The output of a failed instance is the bare message, as the worker has it.
        RunOutcome.Failed { Failure: var failure } => new((int)OrchestrationRuntimeStatus.Failed, failure.Message, failure),
        _ => null,
    };

    private static NewInstance Child(InstanceRow row, SubOrchestrationCreated sub, DateTime now) =>
        new(sub.InstanceId, sub.Name, sub.Input, now) { Parent = new(row.Key, sub.Id, row.Generation, row.Id, row.Name) };

    private static Outgoing Send(EventSent sent) => new(sent.InstanceId, null, null, null, new EventRaised(sent.Name, sent.Payload));

    private static Outgoing Refuse(InstanceRow row, SubOrchestrationCreated sub) =>
        new(null, row.Key, row.Generation, null, Failure.Refusal(sub.Id, sub.InstanceId));

    private static Outgoing[] AnswerParent(InstanceRow row, ExecutionCompleted? over)
    {
        if (over is null || row.Parent is not { } parent)
        {
            return [];
        }

        HistoryEvent answer = over.Failure is { } failure
            ? new SubOrchestrationFailed(parent.TaskId, failure)
            : new SubOrchestrationCompleted(parent.TaskId, over.Output);
        return [new(null, parent.Key, parent.Generation, null, answer)];
    }

    /// <summary>Events that came in this very step and were not waited for simply stay in the inbox.</summary>
    private static List<long> KeepUnclaimed(List<long> consumed, ReplayContext context)
    {
        var kept = context.Unclaimed.Select(raised => raised.MessageId).ToHashSet();
        return [.. consumed.Where(id => !kept.Contains(id))];
    }

    /// <summary>Unclaimed events of earlier steps go back into the inbox under their old ids, so that their order holds.</summary>
    private static IEnumerable<Outgoing> HandOn(
        InstanceRow row, RunOutcome.ContinuedAsNew? continued, List<long> consumed, ReplayContext context)
    {
        if (continued is not { Request.PreserveUnprocessedEvents: true })
        {
            return [];
        }

        var fresh = consumed.ToHashSet();
        return context.Unclaimed
            .Where(raised => !fresh.Contains(raised.MessageId))
            .Select(raised => new Outgoing(null, row.Key, null, raised.MessageId, raised with { MessageId = 0 }));
    }
}
