namespace Portal.Runtime.Timers;

/// <summary>Waiting for a point in time on a clock that a test may move at any moment.</summary>
internal static class ClockWait
{
    // Timers hold at most 49 days; a day keeps well below and lets a changed system clock be noticed.
    private static readonly TimeSpan Longest = TimeSpan.FromDays(1);

    /// <summary>
    /// Returns once the clock shows <paramref name="due"/>. A delay counts from when it is set, not from when it was computed; a clock
    /// moved in between would make it end late, so the time is read again after setting it and a stale delay is dropped.
    /// </summary>
    public static async Task UntilAsync(TimeProvider clock, DateTimeOffset due, CancellationToken ct)
    {
        while (true)
        {
            var now = clock.GetUtcNow();
            if (now >= due)
            {
                return;
            }

            var wait = due - now < Longest ? due - now : Longest;
            using var stale = CancellationTokenSource.CreateLinkedTokenSource(ct);
            var delay = Task.Delay(wait, clock, stale.Token);
            if (clock.GetUtcNow() - now > TimeSpan.FromMilliseconds(100))
            {
                await stale.CancelAsync();
                await delay.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                ct.ThrowIfCancellationRequested();
                continue;
            }

            await delay;
        }
    }
}
