namespace Portal.Runtime.Durable;

/// <summary>External events: raised before or after the wait, held back while suspended, handed on by ContinueAsNew.</summary>
internal sealed partial class ReplayContext
{
    // A stack per name, newest waiter on top: code that abandons a wait in a loop (WhenAny) must not lose the event to the abandoned one.
    private readonly Dictionary<string, Stack<Waiter>> waiters = new(StringComparer.OrdinalIgnoreCase);
    private readonly List<EventRaised> unclaimed = [];
    private readonly Queue<HistoryEvent> heldBack = new();
    private bool suspended;

    public bool IsSuspended => suspended;

    /// <summary>Events nobody has waited for yet, in the order they came.</summary>
    public IReadOnlyList<EventRaised> Unclaimed => unclaimed;

    public override Task<T> WaitForExternalEvent<T>(string eventName, CancellationToken cancellationToken = default)
    {
        CheckThread();
        ArgumentException.ThrowIfNullOrEmpty(eventName);
        if (waiters.TryGetValue(eventName, out var stack) && stack.TryPeek(out var other) && other.Type != typeof(T))
        {
            throw new ArgumentException(
                $"Waiters for event '{eventName}' must all take the same type: one takes {other.Type}, this one {typeof(T)}.",
                nameof(eventName));
        }

        var waiter = new Waiter<T>();
        var buffered = unclaimed.FindIndex(raised => string.Equals(raised.Name, eventName, StringComparison.OrdinalIgnoreCase));
        if (buffered >= 0)
        {
            var raised = unclaimed[buffered];
            unclaimed.RemoveAt(buffered);
            waiter.Complete(raised.Payload);
            return waiter.Task;
        }

        if (stack is null)
        {
            waiters.Add(eventName, stack = new());
        }

        stack.Push(waiter);
        if (cancellationToken.CanBeCanceled)
        {
            waiter.Cancellation = cancellationToken.Register(() =>
            {
                if (!thread.IsCurrent)
                {
                    // Cancelled by a real clock or another thread: throwing here would take the process down.
                    thread.ReportForeign();
                    return;
                }

                Forget(eventName, waiter);
                waiter.Cancel(cancellationToken);
            });
        }

        return waiter.Task;
    }

    public override void SendEvent(string instanceId, string eventName, object payload)
    {
        ArgumentException.ThrowIfNullOrEmpty(instanceId);
        ArgumentException.ThrowIfNullOrEmpty(eventName);
        var json = DurableJson.Converter.Serialize(payload);
        Decide(id => new EventSent(id, instanceId, eventName, json));
    }

    private void Raise(EventRaised raised)
    {
        if (!waiters.TryGetValue(raised.Name, out var stack))
        {
            unclaimed.Add(raised);
            return;
        }

        var waiter = stack.Pop();
        if (stack.Count == 0)
        {
            waiters.Remove(raised.Name);
        }

        waiter.Complete(raised.Payload);
    }

    private void Resume()
    {
        suspended = false;
        while (!suspended && heldBack.TryDequeue(out var happened))
        {
            Deliver(happened);
        }
    }

    private void Forget(string eventName, Waiter waiter)
    {
        if (!waiters.TryGetValue(eventName, out var stack))
        {
            return;
        }

        var rest = stack.Where(other => other != waiter).Reverse().ToList();
        if (rest.Count == 0)
        {
            waiters.Remove(eventName);
        }
        else
        {
            waiters[eventName] = new(rest);
        }
    }

    private abstract class Waiter
    {
        public abstract Type Type { get; }

        public CancellationTokenRegistration Cancellation { get; set; }

        public abstract void Complete(string? payload);
    }

    private sealed class Waiter<T> : Waiter
    {
        private readonly TaskCompletionSource<T> source = new();

        public Task<T> Task => source.Task;

        public override Type Type => typeof(T);

        public void Cancel(CancellationToken token) => source.TrySetCanceled(token);

        public override void Complete(string? payload)
        {
            Cancellation.Unregister();
            T? value;
            try
            {
                value = DurableJson.Converter.Deserialize<T>(payload);
            }
            catch (Exception exception)
            {
                source.TrySetException(exception);
                return;
            }

            source.TrySetResult(value!);
        }
    }
}
