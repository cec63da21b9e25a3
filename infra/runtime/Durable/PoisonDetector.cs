using System.Collections.Concurrent;
using System.Threading.Channels;
using Microsoft.Extensions.Logging;

namespace Portal.Runtime.Durable;

/// <summary>
/// Finds the one that kills processes among the many that merely were there. A crash leaves every instance that had work in hand under
/// suspicion alike, so after a few of them suspects run one at a time, each marked in its row before it runs: of a crash during a trial
/// only the marked one is guilty. A committed step acquits (and clears the mark); so does having nothing left to do.
/// </summary>
internal sealed partial class PoisonDetector(WorkerStore store, Func<long> owner, ILogger logger)
{
    /// <summary>What kills a process does so at once. A trial that takes longer no longer holds up the next; its mark stays.</summary>
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(10);

    private readonly ConcurrentDictionary<long, TaskCompletionSource> suspects = new();
    private readonly Channel<long> queue = Channel.CreateUnbounded<long>(new() { SingleReader = true });
    private long onTrial;

    public void Suspect(long key) =>
        suspects.TryAdd(key, new(TaskCreationOptions.RunContinuationsAsynchronously));

    /// <summary>True: the instance waits for its trial and must not run now.</summary>
    public bool Hold(long key)
    {
        if (suspects.IsEmpty || Interlocked.Read(ref onTrial) == key || !suspects.ContainsKey(key))
        {
            return false;
        }

        queue.Writer.TryWrite(key);
        return true;
    }

    public void Clear(long key)
    {
        if (suspects.TryRemove(key, out var trial))
        {
            trial.TrySetResult();
        }
    }

    public void Clear()
    {
        foreach (var key in suspects.Keys)
        {
            Clear(key);
        }
    }

    public async Task RunAsync(Action<long> run, CancellationToken stop)
    {
        try
        {
            await foreach (var key in queue.Reader.ReadAllAsync(stop))
            {
                await TryAsync(key, run, stop);
            }
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            return;
        }
    }

    private async Task TryAsync(long key, Action<long> run, CancellationToken stop)
    {
        if (!suspects.TryGetValue(key, out var trial))
        {
            return;
        }

        try
        {
            if (!await store.MarkOnTrialAsync(key, owner(), stop))
            {
                // Not ours any more, finished, or quarantined.
                Clear(key);
                return;
            }

            Log.Trying(logger, key);
            Interlocked.Exchange(ref onTrial, key);
            run(key);
            await Task.WhenAny(trial.Task, Task.Delay(Longest, TimeProvider.System, stop));
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            Log.NotTried(logger, exception, key);
            await Task.Delay(TimeSpan.FromMilliseconds(200), TimeProvider.System, stop);
            queue.Writer.TryWrite(key);
            return;
        }

        suspects.TryRemove(key, out _);
        Interlocked.Exchange(ref onTrial, 0);
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Warning, "Instance {Key} had work in hand in several crashes; it runs alone until it has taken a step")]
        public static partial void Trying(ILogger logger, long key);

        [LoggerMessage(LogLevel.Warning, "Instance {Key} could not be marked for its trial; trying again")]
        public static partial void NotTried(ILogger logger, Exception exception, long key);
    }
}
