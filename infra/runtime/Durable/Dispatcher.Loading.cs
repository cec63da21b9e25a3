namespace Portal.Runtime.Durable;

/// <summary>Bringing instances into memory, and making room for them.</summary>
internal sealed partial class Dispatcher
{
    private const int LoadBatch = 256;

    private async Task LoadLoopAsync()
    {
        while (await wanted.Reader.WaitToReadAsync())
        {
            await MakeRoomAsync();
            var keys = new List<long>();
            var room = Math.Clamp(options.MaxLiveInstances - live.Count, 1, LoadBatch);
            while (keys.Count < room && wanted.Reader.TryRead(out var key))
            {
                keys.Add(key);
            }

            try
            {
                if (!stopped)
                {
                    await LoadAsync(keys);
                }
            }
            catch (Exception exception)
            {
                Log.LoadFailed(logger, exception, keys.Count);
                await Task.Delay(TimeSpan.FromMilliseconds(200), TimeProvider.System, CancellationToken.None);
                foreach (var key in keys)
                {
                    RequestLoad(key);
                }
            }
            finally
            {
                foreach (var _ in keys)
                {
                    tally.Leave();
                }
            }
        }
    }

    /// <summary>
    /// A placeholder goes into memory before the database is read: a message committed before the read is found by it, one committed after
    /// finds the placeholder. The instance sorts out what came both ways.
    /// </summary>
    private async Task LoadAsync(List<long> keys)
    {
        var loading = new Dictionary<long, LiveInstance>();
        var present = new List<long>();
        foreach (var key in keys)
        {
            lock (gate)
            {
                asked.Remove(key);
            }

            var placeholder = new LiveInstance(key);
            if (live.TryAdd(key, placeholder))
            {
                loading.Add(key, placeholder);
            }
            else
            {
                present.Add(key);
            }
        }

        try
        {
            if (present.Count > 0)
            {
                foreach (var (key, delivery) in await store.MessagesAsync([.. present], CancellationToken.None))
                {
                    Deliver(key, delivery);
                }
            }

            if (loading.Count == 0)
            {
                return;
            }

            var found = await store.LoadAsync([.. loading.Keys], owner(), CancellationToken.None);
            foreach (var (key, instance) in found)
            {
                var placeholder = loading[key];
                loading.Remove(key);
                tally.Enter();
                placeholder.Loaded(instance.Row, instance.History, instance.Inbox);
                Queue(placeholder);
            }
        }
        finally
        {
            // Not ours, finished, quarantined, or the read failed.
            foreach (var key in loading.Keys)
            {
                Forget(key);
            }
        }
    }

    private async Task MakeRoomAsync()
    {
        while (!stopped && live.Count >= options.MaxLiveInstances && !EvictOne())
        {
            await Task.Delay(TimeSpan.FromMilliseconds(5), TimeProvider.System, CancellationToken.None);
        }

        // Room for a whole batch, if that many are idle.
        for (var i = 0; i < LoadBatch && live.Count + LoadBatch > options.MaxLiveInstances; i++)
        {
            if (!EvictOne())
            {
                return;
            }
        }
    }

    private bool EvictOne()
    {
        if (idle.EvictOldest() is not { } evicted)
        {
            return false;
        }

        live.TryRemove(new(evicted.Key, evicted));
        return true;
    }
}
