namespace Portal.Runtime.Durable;

/// <summary>
/// Callers waiting for an instance to start or to end. A commit here, or a notification from another process, wakes them to read the row;
/// in between they look now and then, in case a notification was lost.
/// </summary>
internal sealed class InstanceWaiters
{
    private readonly Dictionary<string, Waiting> waiting = new(StringComparer.Ordinal);
    private readonly Lock gate = new();

    public void Signal(string instanceId)
    {
        lock (gate)
        {
            if (waiting.TryGetValue(instanceId, out var entry))
            {
                entry.Signal();
            }
        }
    }

    public void SignalAll()
    {
        lock (gate)
        {
            foreach (var entry in waiting.Values)
            {
                entry.Signal();
            }
        }
    }

    /// <summary>Reads until <paramref name="read"/> gives something.</summary>
    public async Task<T> UntilAsync<T>(string instanceId, Func<Task<T?>> read, TimeSpan lookAgain, CancellationToken ct)
        where T : class
    {
        var entry = Enter(instanceId);
        try
        {
            while (true)
            {
                // Taken before reading: what happens after the read still signals.
                var signal = entry.Next;
                if (await read() is { } result)
                {
                    return result;
                }

                await signal.WaitAsync(lookAgain, TimeProvider.System, ct).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                ct.ThrowIfCancellationRequested();
            }
        }
        finally
        {
            Leave(instanceId, entry);
        }
    }

    private Waiting Enter(string instanceId)
    {
        lock (gate)
        {
            if (!waiting.TryGetValue(instanceId, out var entry))
            {
                waiting.Add(instanceId, entry = new());
            }

            entry.Count++;
            return entry;
        }
    }

    private void Leave(string instanceId, Waiting entry)
    {
        lock (gate)
        {
            if (--entry.Count == 0)
            {
                waiting.Remove(instanceId);
            }
        }
    }

    private sealed class Waiting
    {
        private TaskCompletionSource next = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public int Count { get; set; }

        public Task Next => Volatile.Read(ref next).Task;

        public void Signal() => Interlocked.Exchange(ref next, new(TaskCreationOptions.RunContinuationsAsynchronously)).TrySetResult();
    }
}
