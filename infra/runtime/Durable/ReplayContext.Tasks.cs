using Microsoft.DurableTask;

namespace Portal.Runtime.Durable;

/// <summary>Activities, sub-orchestrations and timers, and the events that complete them.</summary>
internal sealed partial class ReplayContext
{
    public override Task<TResult> CallActivityAsync<TResult>(TaskName name, object? input = null, TaskOptions? options = null)
    {
        if (input is TaskOptions && options is null)
        {
            throw new ArgumentException("TaskOptions were given as the activity's input. Name the parameter: options: …", nameof(input));
        }

        var payload = DurableJson.Converter.Serialize(input);
        return RetryLoop.RunAsync(this, name, options?.Retry, () =>
            Await<TResult>(Decide(id => new TaskScheduled(id, name.Name, payload)), name));
    }

    public override Task<TResult> CallSubOrchestratorAsync<TResult>(
        TaskName orchestratorName, object? input = null, TaskOptions? options = null)
    {
        var payload = DurableJson.Converter.Serialize(input);
        // One id for all attempts, as the worker does: each attempt replaces the failed one.
        var instanceId = (options as SubOrchestrationOptions)?.InstanceId ?? NewGuid().ToString("N");
        return RetryLoop.RunAsync(this, orchestratorName, options?.Retry, () =>
            Await<TResult>(Decide(id => new SubOrchestrationCreated(id, orchestratorName.Name, instanceId, payload)), orchestratorName));
    }

    public override Task CreateTimer(DateTime fireAt, CancellationToken cancellationToken)
    {
        var utc = fireAt.ToUniversalTime();
        var decision = Decide(id => new TimerCreated(id, utc));
        var timer = new PendingTask<object>(decision, decision.Describe());
        pending.Add(decision.Id, timer);
        if (cancellationToken.CanBeCanceled)
        {
            // Cancelling is done by orchestrator code, so a replay cancels at the same point: history needs no record of it.
            timer.Cancellation = cancellationToken.Register(() =>
            {
                if (!thread.IsCurrent)
                {
                    // Cancelled by a real clock or another thread: throwing here would take the process down.
                    thread.ReportForeign();
                    return;
                }

                pending.Remove(decision.Id);
                timer.Cancel(cancellationToken);
            });
        }

        return timer.Task;
    }

    /// <summary>When the earliest timer fires; null without one.</summary>
    public DateTime? NextTimer
    {
        get
        {
            DateTime? next = null;
            foreach (var task in pending.Values)
            {
                if (task.Decision is TimerCreated timer && (next is null || timer.FireAt < next))
                {
                    next = timer.FireAt;
                }
            }

            return next;
        }
    }

    public IReadOnlyList<TimerFired> DueTimers(DateTime at) => pending.Values
        .Select(task => task.Decision).OfType<TimerCreated>()
        .Where(timer => timer.FireAt <= at)
        .OrderBy(timer => timer.FireAt).ThenBy(timer => timer.Id)
        .Select(timer => new TimerFired(timer.Id))
        .ToList();

    /// <summary>Waited for, and not answered by an event that a suspension holds back.</summary>
    public bool IsPending(int taskId) => pending.ContainsKey(taskId) && !answered.Contains(taskId);

    /// <summary>Hands one event to the code. Answers to tasks that are no longer waited for change nothing, live as in replay.</summary>
    public void Deliver(HistoryEvent happened)
    {
        if (suspended && happened is not (ExecutionSuspended or ExecutionResumed))
        {
            heldBack.Enqueue(happened);
            if (AnsweredTask(happened) is { } taskId)
            {
                answered.Add(taskId);
            }

            return;
        }

        switch (happened)
        {
            case TaskCompleted done: Take(done.Id)?.Complete(done.Result); break;
            case TaskFailed failed: Take(failed.Id)?.Fail(failed.Id, failed.Failure); break;
            case SubOrchestrationCompleted done: Take(done.Id)?.Complete(done.Result); break;
            case SubOrchestrationFailed failed: Take(failed.Id)?.Fail(failed.Id, failed.Failure); break;
            case TimerFired fired: Take(fired.Id)?.Complete(null); break;
            case EventRaised raised: Raise(raised); break;
            case ExecutionSuspended: suspended = true; break;
            case ExecutionResumed: Resume(); break;
        }
    }

    private Task<T> Await<T>(Decision decision, TaskName name)
    {
        var task = new PendingTask<T>(decision, name.Name);
        pending.Add(decision.Id, task);
        return task.Task;
    }

    private static int? AnsweredTask(HistoryEvent happened) => happened switch
    {
        TaskCompleted done => done.Id,
        TaskFailed failed => failed.Id,
        SubOrchestrationCompleted done => done.Id,
        SubOrchestrationFailed failed => failed.Id,
        TimerFired fired => fired.Id,
        _ => null,
    };

    private PendingTask? Take(int id)
    {
        answered.Remove(id);
        return pending.Remove(id, out var task) ? task : null;
    }

    /// <summary>A task the code may be waiting for.</summary>
    private abstract class PendingTask(Decision decision)
    {
        public Decision Decision => decision;

        public CancellationTokenRegistration Cancellation { get; set; }

        public abstract void Complete(string? result);

        public abstract void Fail(int id, Failure failure);
    }

    /// <summary>Continuations run inside <see cref="Complete"/>, on the instance's thread: that is what keeps their order.</summary>
    private sealed class PendingTask<T>(Decision decision, string name) : PendingTask(decision)
    {
        private readonly TaskCompletionSource<T> source = new();

        public Task<T> Task => source.Task;

        public void Cancel(CancellationToken token) => source.TrySetCanceled(token);

        public override void Complete(string? result)
        {
            Cancellation.Unregister();
            T? value;
            try
            {
                value = result is null ? default : DurableJson.Converter.Deserialize<T>(result);
            }
            catch (Exception exception)
            {
                source.TrySetException(exception);
                return;
            }

            source.TrySetResult(value!);
        }

        public override void Fail(int id, Failure failure) =>
            source.TrySetException(new TaskFailedException(name, id, failure.ToDetails()));
    }
}
