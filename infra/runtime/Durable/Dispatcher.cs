using System.Collections.Concurrent;
using System.Threading.Channels;
using Microsoft.Extensions.Logging;

namespace Portal.Runtime.Durable;

/// <summary>
/// The instances in memory and the threads that take their steps. A message goes to its instance if that is in memory; if not, only its
/// key is noted and the loader brings the instance in, message included, when there is room.
/// </summary>
internal sealed partial class Dispatcher(
    DurableEngineOptions options, IDurableFunctions functions, ILoggerFactory loggers, WorkTally tally, Func<long> owner, LoadStore store,
    PoisonDetector trials)
{
    private readonly ConcurrentDictionary<long, LiveInstance> live = new();
    private readonly Channel<LiveInstance> ready = Channel.CreateUnbounded<LiveInstance>();
    private readonly Channel<long> wanted = Channel.CreateUnbounded<long>();
    private readonly IdleInstances idle = new();
    private readonly ILogger logger = loggers.CreateLogger<Dispatcher>();
    private readonly HashSet<long> asked = [];
    private readonly Lock gate = new();
    private volatile bool stopped;

    /// <summary>Set once by the engine; a step goes there to be committed.</summary>
    public Action<LiveInstance, Step> Commit { get; set; } = (_, _) => { };

    public Action<ActivityWork> Schedule { get; set; } = _ => { };

    /// <summary>Woken too early: the time it really waits for.</summary>
    public Action<long, DateTime?> RescheduleTimer { get; set; } = (_, _) => { };

    public Func<LiveInstance, Exception, Task> Quarantine { get; set; } = (_, _) => Task.CompletedTask;

    public int Count => live.Count;

    public Task RunAsync(CancellationToken stop) => Task.WhenAll(
        [
            LoadLoopAsync(), trials.RunAsync(RequestLoad, stop), .. Enumerable.Range(
                0, options.MaxConcurrentOrchestrators).Select(_ => Task.Run(StepLoopAsync))
        ]);

    public void Stop()
    {
        stopped = true;
        ready.Writer.TryComplete();
        wanted.Writer.TryComplete();
    }

    /// <summary>A message for an instance we own, already stored if it has an id.</summary>
    public void Deliver(long key, InstanceMessage delivery)
    {
        while (live.TryGetValue(key, out var instance))
        {
            if (Post(instance, delivery))
            {
                return;
            }

            live.TryRemove(new(key, instance));
        }

        RequestLoad(key);
    }

    /// <summary>An answer that has no row: only the very instance that asked can take it.</summary>
    public void Answer(LiveInstance instance, InstanceMessage delivery) => Post(instance, delivery);

    /// <summary>Its timer is due, or something came back on a thread that is not its own.</summary>
    public void Wake(long key)
    {
        if (!live.TryGetValue(key, out var instance) || !Post(instance, null))
        {
            RequestLoad(key);
        }
    }

    /// <summary>Created by us a moment ago: no need to read it.</summary>
    public void InstanceCreated(InstanceRow row)
    {
        if (stopped || live.Count >= options.MaxLiveInstances)
        {
            RequestLoad(row.Key);
            return;
        }

        var instance = new LiveInstance(row.Key);
        if (!live.TryAdd(row.Key, instance))
        {
            return;
        }

        tally.Enter();
        instance.Loaded(row, [], []);
        Queue(instance);
    }

    public void AfterCommit(LiveInstance instance, Step? step)
    {
        if (step is not null || !instance.HasOpenActivities)
        {
            trials.Clear(instance.Key);
        }

        if (instance.CompleteStep(step))
        {
            Queue(instance);
            return;
        }

        if (instance.IsGone)
        {
            live.TryRemove(new(instance.Key, instance));
            if (step is { Fresh: true })
            {
                RequestLoad(instance.Key);
            }
        }
        else
        {
            idle.Add(instance);
        }

        tally.Leave();
    }

    /// <summary>Not ours any more, or not what we thought: forget it, and look whether it is still ours.</summary>
    public void Drop(LiveInstance instance, bool busy)
    {
        instance.Leave();
        live.TryRemove(new(instance.Key, instance));
        if (busy)
        {
            tally.Leave();
        }

        RequestLoad(instance.Key);
    }

    public void Forget(long key)
    {
        if (live.TryRemove(key, out var instance))
        {
            instance.Leave();
        }
    }

    public void ForgetAll()
    {
        trials.Clear();
        foreach (var key in live.Keys)
        {
            Forget(key);
        }
    }

    /// <summary>Asks for an instance to be loaded, or for its messages to be read if it is in memory.</summary>
    public void RequestLoad(long key)
    {
        if (stopped || trials.Hold(key))
        {
            return;
        }

        lock (gate)
        {
            if (!asked.Add(key))
            {
                return;
            }
        }

        tally.Enter();
        if (!wanted.Writer.TryWrite(key))
        {
            tally.Leave();
        }
    }

    private bool Post(LiveInstance instance, InstanceMessage? delivery)
    {
        if (!instance.TryPost(delivery, out var isReady))
        {
            return false;
        }

        if (isReady)
        {
            tally.Enter();
            Queue(instance);
        }

        return true;
    }

    private void Queue(LiveInstance instance)
    {
        if (!ready.Writer.TryWrite(instance))
        {
            tally.Leave();
        }
    }

    private async Task StepLoopAsync()
    {
        await foreach (var instance in ready.Reader.ReadAllAsync())
        {
            try
            {
                if (stopped || instance.IsGone)
                {
                    tally.Leave();
                }
                else
                {
                    TakeStep(instance);
                }
            }
            catch (Exception exception)
            {
                Log.StepFailed(logger, exception, instance.Row.Id);
                instance.Leave();
                live.TryRemove(new(instance.Key, instance));
                await Quarantine(instance, exception);
                tally.Leave();
            }
        }
    }

    private void TakeStep(LiveInstance instance)
    {
        var now = Now();
        var step = instance.TakeStep(now, functions, loggers, () => Post(instance, null), out var reopened);
        foreach (var task in reopened)
        {
            Schedule(new(instance, instance.Row.Id, instance.Row.Generation, task));
        }

        if (step is not null)
        {
            Commit(instance, step);
            return;
        }

        RescheduleTimer(instance.Key, instance.NextWake);
        AfterCommit(instance, null);
    }

    /// <summary>To the microsecond, as Postgres keeps it: a replay must see the very time that the first run saw.</summary>
    private DateTime Now()
    {
        var now = options.Clock.GetUtcNow().UtcDateTime;
        return now.AddTicks(-(now.Ticks % TimeSpan.TicksPerMicrosecond));
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Error, "A step of {InstanceId} failed inside the engine; the instance is quarantined")]
        public static partial void StepFailed(ILogger logger, Exception exception, string instanceId);

        [LoggerMessage(LogLevel.Warning, "Loading {Count} instances failed; trying again")]
        public static partial void LoadFailed(ILogger logger, Exception exception, int count);
    }
}
