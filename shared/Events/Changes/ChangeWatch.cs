using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Portal.Foundation.Identity;

namespace Portal.Events.Changes;

/// <summary>
/// Wakes those who wait for changes. However many there are, one reader in the process asks the database, and only while somebody waits:
/// a connection that listens would not get through a transaction pooler. It says "look", never what happened: who wakes reads from their
/// own place.
/// </summary>
public sealed partial class ChangeWatch(
    ChangeStore store, TimeProvider clock, IOptions<ChangeOptions> options, ILogger<ChangeWatch> logger) : IDisposable
{
    private readonly CancellationTokenSource stopping = new();
    private readonly Lock gate = new();
    private readonly Dictionary<TenantId, Tenant> tenants = [];
    private bool looking;
    private long seen;

    /// <summary>From now on, changes of the tenant are noticed; until it is disposed of.</summary>
    public Seat Join(TenantId tenant)
    {
        lock (gate)
        {
            if (!tenants.TryGetValue(tenant, out var joined))
            {
                tenants[tenant] = joined = new();
            }

            joined.Seats++;
            if (!looking)
            {
                looking = true;
                _ = Task.Run(LookAsync);
            }
        }

        return new(this, tenant);
    }

    public void Dispose()
    {
        stopping.Cancel();
        stopping.Dispose();
    }

    private async Task LookAsync()
    {
        try
        {
            do
            {
                await Task.Delay(options.Value.LookEvery, clock, stopping.Token);
            }
            while (await LookOnceAsync(stopping.Token));
        }
        catch (OperationCanceledException)
        {
            // The process ends.
        }
        catch (ObjectDisposedException)
        {
            // The same, a moment later.
        }
    }

    /// <returns>Somebody waits.</returns>
    private async Task<bool> LookOnceAsync(CancellationToken ct)
    {
        IReadOnlyList<TenantId> asked;
        lock (gate)
        {
            if (tenants.Count == 0)
            {
                looking = false;
                return false;
            }

            asked = [.. tenants.Keys];
        }

        try
        {
            var changed = await store.ChangedAsync(asked, seen, ct);
            seen = changed.Horizon;
            Wake(changed.TenantIds);
        }
        catch (Exception e) when (!ct.IsCancellationRequested)
        {
            // They read again by themselves before long.
            Log.NotLooked(logger, e);
        }

        return true;
    }

    private void Wake(IEnumerable<Guid> changed)
    {
        lock (gate)
        {
            foreach (var id in changed)
            {
                if (tenants.TryGetValue(new TenantId(id), out var tenant))
                {
                    tenant.Wake();
                }
            }
        }
    }

    private Task Next(TenantId tenant)
    {
        lock (gate)
        {
            return tenants[tenant].Next;
        }
    }

    private void Leave(TenantId tenant)
    {
        lock (gate)
        {
            if (--tenants[tenant].Seats == 0)
            {
                tenants.Remove(tenant);
            }
        }
    }

    /// <summary>Somebody's place among those who wait.</summary>
    public sealed class Seat(ChangeWatch watch, TenantId tenant) : IDisposable
    {
        /// <summary>Ends with the next change that is noticed. Take it before reading: what is noticed meanwhile ends it.</summary>
        public Task Next() => watch.Next(tenant);

        public void Dispose() => watch.Leave(tenant);
    }

    private sealed class Tenant
    {
        private TaskCompletionSource next = New();

        public int Seats { get; set; }

        public Task Next => next.Task;

        public void Wake()
        {
            var awaited = next;
            next = New();
            awaited.SetResult();
        }

        // Who wakes goes on elsewhere: here the gate is held.
        private static TaskCompletionSource New() => new(TaskCreationOptions.RunContinuationsAsynchronously);
    }

    private static partial class Log
    {
        [LoggerMessage(Level = LogLevel.Warning, Message = "Could not look for changes; who waits reads again later")]
        public static partial void NotLooked(ILogger logger, Exception e);
    }
}
