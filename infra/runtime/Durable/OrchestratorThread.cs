namespace Portal.Runtime.Durable;

/// <summary>
/// Where an orchestrator's code runs: one queue, pumped by whichever thread executes the step, never by two at once. Everything the code
/// awaits comes back here, so continuations run in the order in which their events are delivered, the same in every replay. Something
/// posted from another thread means that the code awaited a task that is not durable; that is remembered and reported.
/// </summary>
internal sealed class OrchestratorThread(Action onForeignPost) : SynchronizationContext
{
    private readonly Queue<(SendOrPostCallback Callback, object? State)> queue = new();
    private int pumping = -1;

    /// <summary>True once anything came back from a thread that is not ours.</summary>
    public bool ForeignPost { get; private set; }

    public bool IsCurrent => Volatile.Read(ref pumping) == Environment.CurrentManagedThreadId;

    /// <summary>Runs <paramref name="action"/> and everything it sets off, until nothing is left to run.</summary>
    public void Run(Action action)
    {
        var outer = Current;
        Volatile.Write(ref pumping, Environment.CurrentManagedThreadId);
        SetSynchronizationContext(this);
        try
        {
            action();
            while (queue.TryDequeue(out var work))
            {
                work.Callback(work.State);
            }
        }
        finally
        {
            SetSynchronizationContext(outer);
            Volatile.Write(ref pumping, -1);
        }
    }

    public override void Post(SendOrPostCallback d, object? state)
    {
        if (IsCurrent)
        {
            queue.Enqueue((d, state));
            return;
        }

        ReportForeign();
    }

    /// <summary>Something orchestrator code waited for came back on another thread.</summary>
    public void ReportForeign()
    {
        ForeignPost = true;
        onForeignPost();
    }

    public override void Send(SendOrPostCallback d, object? state) =>
        throw new NotSupportedException("An orchestrator's continuations are posted, not sent.");

    public override SynchronizationContext CreateCopy() => this;
}
