namespace Portal.Runtime.Durable;

/// <summary>Instances at rest, longest first: whom to evict when room is needed. An entry is void once its instance has moved
/// again.</summary>
internal sealed class IdleInstances
{
    private readonly Queue<(LiveInstance Instance, int Rests)> queue = new();
    private readonly Lock gate = new();

    public void Add(LiveInstance instance)
    {
        lock (gate)
        {
            queue.Enqueue((instance, instance.Rests));
            // Two void ones go for each that comes: the queue stays as short as what it is for, and holds on to nothing finished.
            for (var i = 0; i < 2 && queue.TryPeek(out var oldest) && !oldest.Instance.IsIdleSince(oldest.Rests); i++)
            {
                queue.Dequeue();
            }
        }
    }

    /// <summary>Evicts the one that has rested longest; null when none rests.</summary>
    public LiveInstance? EvictOldest()
    {
        lock (gate)
        {
            while (queue.TryDequeue(out var oldest))
            {
                if (oldest.Instance.TryEvict(oldest.Rests))
                {
                    return oldest.Instance;
                }
            }

            return null;
        }
    }
}
