using Microsoft.DurableTask;
using Microsoft.Extensions.Logging;

namespace Portal.Runtime.Durable;

/// <summary>An instance row as the owner needs it.</summary>
internal sealed record InstanceRow(
    long Key, string Id, string Name, string? Version, string? Input, long Owner, int Epoch, int NextSeq, int Generation)
{
    public DateTime? WakeAt { get; init; }

    public ParentLink? Parent { get; init; }
}

/// <summary>
/// An owned instance in memory. Messages are posted from any thread; one thread at a time takes a step; while the step is being
/// committed, messages wait. Loading → Idle ⇄ Queued → Busy → Idle, and Gone once it is finished, evicted or lost.
/// </summary>
internal sealed class LiveInstance(long key)
{
    private const int RememberedMessages = 256;

    private readonly Lock gate = new();
    private readonly HashSet<long> known = [];
    private readonly Queue<long> knownInOrder = new();
    private List<InstanceMessage> mailbox = [];
    private State state = State.Loading;
    private IReadOnlyList<HistoryStep> toReplay = [];
    private InstanceRow row = null!;
    private OrchestrationRun? run;
    private bool again;

    private enum State
    {
        Loading,
        Idle,
        Queued,
        Busy,
        Gone,
    }

    public long Key => key;

    public InstanceRow Row => row;

    /// <summary>When it wants to be woken, asked by whoever has just taken a step. The row does not know of timers that replay found
    /// cancelled.</summary>
    public DateTime? NextWake => run is null || row.NextSeq == 0 ? row.WakeAt : run.Context.IsSuspended ? null : run.Context.NextTimer;

    /// <summary>Grows each time it comes to rest; tells an eviction whether something has happened since.</summary>
    public int Rests { get; private set; }

    /// <summary>Asked by whoever has just taken a step.</summary>
    public bool HasOpenActivities => run?.Context.OpenActivities > 0;

    public bool IsGone
    {
        get
        {
            lock (gate)
            {
                return state == State.Gone;
            }
        }
    }

    /// <summary>False: gone, look it up again. <paramref name="ready"/>: the caller must queue it for a step.</summary>
    public bool TryPost(InstanceMessage? delivery, out bool ready)
    {
        lock (gate)
        {
            ready = false;
            if (state == State.Gone)
            {
                return false;
            }

            if (delivery is { } message && !Add(message))
            {
                return true;
            }

            ready = state == State.Idle;
            if (ready)
            {
                state = State.Queued;
            }
            else if (delivery is null && state == State.Busy)
            {
                again = true;
            }

            return true;
        }
    }

    /// <summary>What the database has of it; the caller must queue it for a step.</summary>
    public void Loaded(InstanceRow loaded, IReadOnlyList<HistoryStep> history, IEnumerable<InstanceMessage> inbox)
    {
        lock (gate)
        {
            row = loaded;
            toReplay = history;
            var posted = mailbox;
            mailbox = [];
            known.Clear();
            knownInOrder.Clear();
            foreach (var message in inbox.Concat(posted))
            {
                Add(message);
            }

            state = State.Queued;
        }
    }

    /// <summary>Nothing to do and nothing running: may be dropped from memory.</summary>
    public bool TryEvict(int rests)
    {
        lock (gate)
        {
            if (state != State.Idle || Rests != rests || run?.Context.OpenActivities > 0)
            {
                return false;
            }

            state = State.Gone;
            run = null;
            return true;
        }
    }

    public bool IsIdleSince(int rests)
    {
        lock (gate)
        {
            return state == State.Idle && Rests == rests;
        }
    }

    public void Leave()
    {
        lock (gate)
        {
            state = State.Gone;
        }
    }

    /// <summary>Takes a step over all that has arrived. Null: nothing to write (not yet due, or only replayed).</summary>
    public Step? TakeStep(
        DateTime now, IDurableFunctions functions, ILoggerFactory loggers, Action onForeign, out IReadOnlyList<TaskScheduled> reopened)
    {
        reopened = [];
        List<InstanceMessage> arrived;
        lock (gate)
        {
            if (state != State.Queued)
            {
                return null;
            }

            state = State.Busy;
            again = false;
            if (row.NextSeq == 0 && row.WakeAt > now)
            {
                return null;
            }

            arrived = mailbox;
            mailbox = [];
        }

        if (run is null)
        {
            run = new(Identity(), functions, loggers, onForeign);
            run.Replay(toReplay);
            reopened = [.. run.Context.OpenTasks().ExceptBy(arrived.Select(AnsweredTask), task => task.Id)];
            toReplay = [];
        }

        return StepExecutor.Take(row, run, now, arrived);
    }

    /// <summary>
    /// The step is committed (or there was none). True: queue it again. After ContinueAsNew this object is done with: what is left in the
    /// inbox belongs to the next generation, which is loaded afresh.
    /// </summary>
    public bool CompleteStep(Step? step)
    {
        lock (gate)
        {
            if (state == State.Gone)
            {
                return false;
            }

            if (step is not null)
            {
                row = row with { NextSeq = row.NextSeq + 1, WakeAt = step.WakeAt };
            }

            if (step is { IsOver: true } or { Fresh: true })
            {
                state = State.Gone;
                run = null;
                return false;
            }

            Rests++;
            var more = again || (mailbox.Count > 0 && !(step is null && row.NextSeq == 0));
            state = more ? State.Queued : State.Idle;
            return more;
        }
    }

    private bool Add(InstanceMessage message)
    {
        if (message.MessageId != 0)
        {
            if (!known.Add(message.MessageId))
            {
                return false;
            }

            knownInOrder.Enqueue(message.MessageId);
            if (knownInOrder.Count > RememberedMessages && mailbox.Count < RememberedMessages)
            {
                known.Remove(knownInOrder.Dequeue());
            }
        }

        mailbox.Add(message);
        return true;
    }

    private static int AnsweredTask(InstanceMessage message) => message.Event switch
    {
        TaskCompleted done => done.Id,
        TaskFailed failed => failed.Id,
        _ => -1,
    };

    private OrchestrationIdentity Identity() => new(
        row.Id, row.Name, row.Version ?? string.Empty, row.Input, row.Generation,
        row.Parent is { } parent ? new ParentOrchestrationInstance(parent.Name, parent.Id) : null);
}
