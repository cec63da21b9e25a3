using Microsoft.Extensions.Options;
using Portal.Foundation.Faults;
using Portal.Foundation.Identity;

namespace Portal.Events.Changes;

/// <summary>Whose changes are read, and how.</summary>
/// <param name="Who">The person or the viewer, whose waits are limited.</param>
/// <param name="Read">What is behind a place. It asks anew whether its reader may still read at all.</param>
public sealed record ChangeReader(
    TenantId Tenant, Guid Who, Func<ChangePosition, CancellationToken, Task<Result<ChangePage>>> Read);

/// <summary>
/// Waits until there is something to tell. While it waits it holds no connection and no place among the requests that run; each wake-up is
/// one indexed read.
/// </summary>
public sealed class AwaitChanges(ChangeWatch watch, WaitLimit limit, TimeProvider clock, IOptions<ChangeOptions> options) : IDisposable
{
    private readonly SemaphoreSlim reads = new(options.Value.ReadsAtOnce);
    private int waiting;

    /// <summary>How many have read all that there is, and wait now.</summary>
    public int Waiting => Volatile.Read(ref waiting);

    /// <summary>What is there now, else what comes within that time; an empty page when nothing did.</summary>
    /// <param name="waits">Told before it begins to wait.</param>
    public async Task<Result<ChangePage>> RunAsync(
        ChangeReader reader, ChangePosition after, TimeSpan wait, Action waits, CancellationToken ct)
    {
        var first = await ReadAsync(reader, after, ct);
        if (wait <= TimeSpan.Zero || first.IsRefused(out _, out var page) || HasNews(page))
        {
            return first;
        }

        if (limit.Enter(reader.Who).IsRefused(out var refusal, out var place))
        {
            return refusal;
        }

        waits();
        using (place)
        {
            return await WaitAsync(reader, page.Next, clock.GetUtcNow() + wait, ct);
        }
    }

    /// <summary>A place for somebody who waits on and on; give it back.</summary>
    public Result<IDisposable> Enter(ChangeReader reader) => limit.Enter(reader.Who);

    /// <summary>As <see cref="RunAsync"/>, for who has a place already.</summary>
    public async Task<Result<ChangePage>> WaitAsync(ChangeReader reader, ChangePosition after, DateTimeOffset until, CancellationToken ct)
    {
        using var seat = watch.Join(reader.Tenant);
        for (var at = after; ;)
        {
            var next = seat.Next();
            var read = await ReadAsync(reader, at, ct);
            var left = until - clock.GetUtcNow();
            if (read.IsRefused(out _, out var page) || HasNews(page) || left <= TimeSpan.Zero)
            {
                return read;
            }

            at = page.Next;
            var nap = left < options.Value.ReadAgainAfter ? left : options.Value.ReadAgainAfter;
            Interlocked.Increment(ref waiting);
            await next.WaitAsync(nap, clock, ct).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            Interlocked.Decrement(ref waiting);
            ct.ThrowIfCancellationRequested();
        }
    }

    public void Dispose() => reads.Dispose();

    private static bool HasNews(ChangePage page) => page.Changes.Count > 0 || page.More;

    private async Task<Result<ChangePage>> ReadAsync(ChangeReader reader, ChangePosition after, CancellationToken ct)
    {
        await reads.WaitAsync(ct);
        try
        {
            return await reader.Read(after, ct);
        }
        finally
        {
            reads.Release();
        }
    }
}
