using System.Collections.Concurrent;

namespace Portal.Runtime.Invocation;

/// <summary>Runs that nobody waits for, until the host stops. Failures were logged where they happened.</summary>
internal sealed class BackgroundRuns
{
    private readonly ConcurrentDictionary<Task, bool> running = new();

    public void Add(Task run)
    {
        var observed = ObserveAsync(run);
        running[observed] = true;
        _ = observed.ContinueWith(
            done => running.TryRemove(done, out _), CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
    }

    public Task WhenDoneAsync() => Task.WhenAll(running.Keys);

    private static async Task ObserveAsync(Task run) => await run.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
}
