using Microsoft.Extensions.Logging;

namespace Portal.Runtime.Durable;

/// <summary>
/// Keeps this process alive in the eyes of the others, and takes over from those that are not. Every few seconds of real time (a moved
/// test clock must neither kill nor spare anyone): renew, declare the expired dead, take free instances, look for missed messages.
/// A process that finds itself declared dead forgets everything in memory and starts over under a new id.
/// </summary>
internal sealed partial class LeaseKeeper(
    DurableEngineOptions options, WorkerStore store, Dispatcher dispatcher, PoisonDetector trials, TimerQueue wakes,
    InstanceWaiters waiters, ILogger logger) : IDisposable
{
    private const int ClaimBatch = 500;
    private const int RoundsBetweenSweeps = 12;

    private readonly SemaphoreSlim one = new(1, 1);
    private long worker;
    private int peers;
    private int rounds;
    private volatile bool lookAgain;

    /// <summary>Our worker id; 0 while not running: what is created then belongs to whoever asks first.</summary>
    public long Worker => Interlocked.Read(ref worker);

    /// <summary>Someone else may be interested in what we do.</summary>
    public bool HasPeers => Volatile.Read(ref peers) > 0;

    public void PeerSeen() => Interlocked.CompareExchange(ref peers, 1, 0);

    public void Reconcile() => lookAgain = true;

    public async Task StartAsync(CancellationToken ct)
    {
        Interlocked.Exchange(ref worker, await store.RegisterAsync(ct));
        try
        {
            await RoundAsync(ct);
        }
        catch
        {
            // Nobody runs: what is created meanwhile belongs to whoever asks first.
            Interlocked.Exchange(ref worker, 0);
            throw;
        }
    }

    public async Task RunAsync(CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            try
            {
                await Task.Delay(lookAgain ? TimeSpan.FromMilliseconds(50) : options.PollInterval, TimeProvider.System, stop);
                await RoundAsync(stop);
            }
            catch (OperationCanceledException) when (stop.IsCancellationRequested)
            {
                return;
            }
            catch (Exception exception)
            {
                Log.RoundFailed(logger, exception);
            }
        }
    }

    /// <summary>One round now.</summary>
    public async Task RoundAsync(CancellationToken ct)
    {
        if (options.Faults is { } faults)
        {
            await faults.OnPoint(new(DurableFaultPoint.BeforeHeartbeat, [], null));
        }

        await one.WaitAsync(ct);
        try
        {
            if (Worker == 0)
            {
                return;
            }

            if (await store.RenewAsync(Worker, ct) is { } others)
            {
                Volatile.Write(ref peers, others);
            }
            else
            {
                await StartOverAsync(ct);
            }

            await ClaimAllAsync(ct);
            await LookForMissedAsync(ct);
            waiters.SignalAll();
        }
        finally
        {
            one.Release();
        }
    }

    /// <summary>Only the free instances, for when someone says that there are some.</summary>
    public async Task ClaimAsync(CancellationToken ct)
    {
        await one.WaitAsync(ct);
        try
        {
            if (Worker != 0)
            {
                await ClaimAllAsync(ct);
            }
        }
        finally
        {
            one.Release();
        }
    }

    public async Task StopAsync(CancellationToken ct)
    {
        var mine = Interlocked.Exchange(ref worker, 0);
        if (mine != 0)
        {
            await store.StopAsync(mine, ct);
        }
    }

    public void Dispose() => one.Dispose();

    public void Abandon() => Interlocked.Exchange(ref worker, 0);

    private DateTime Now => options.Clock.GetUtcNow().UtcDateTime;

    private async Task StartOverAsync(CancellationToken ct)
    {
        Log.DeclaredDead(logger, Worker);
        dispatcher.ForgetAll();
        wakes.Clear();
        Interlocked.Exchange(ref worker, await store.RegisterAsync(ct));
    }

    private async Task ClaimAllAsync(CancellationToken ct)
    {
        List<Claimed> claimed;
        do
        {
            claimed = await store.ClaimAsync(Worker, Now, ClaimBatch, ct);
            if (claimed.Count > 0)
            {
                Log.TookOver(logger, claimed.Count);
            }

            OnClaimed(claimed);
        }
        while (claimed.Count == ClaimBatch);
    }

    private async Task LookForMissedAsync(CancellationToken ct)
    {
        var full = lookAgain;
        lookAgain = false;
        OnClaimed(await store.DueAsync(Worker, Now, full, ct));
        if (++rounds % RoundsBetweenSweeps == 0)
        {
            await store.SweepInboxAsync(ct);
        }
    }

    private void OnClaimed(List<Claimed> instances)
    {
        foreach (var instance in instances)
        {
            if (instance.IsSuspect)
            {
                trials.Suspect(instance.Key);
            }

            if (instance.WakeAt is { } at)
            {
                wakes.Set(instance.Key, at);
            }

            if (instance.HasWork)
            {
                dispatcher.RequestLoad(instance.Key);
            }
        }
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Information, "Took over {Count} instances")]
        public static partial void TookOver(ILogger logger, int count);

        [LoggerMessage(LogLevel.Warning, "Worker {Worker} was declared dead by another process; starting over")]
        public static partial void DeclaredDead(ILogger logger, long worker);

        [LoggerMessage(LogLevel.Warning, "A durable housekeeping round failed; trying again")]
        public static partial void RoundFailed(ILogger logger, Exception exception);
    }
}
