namespace Portal.Runtime.Http;

/// <summary>
/// The host's HTTP throttle: at most so many requests run at once, at most so many are under way in all (running or queued); one more
/// is answered 429 at once.
/// </summary>
internal sealed class RequestLimit(int? concurrent, int? outstanding) : IDisposable
{
    private readonly SemaphoreSlim? running = concurrent is { } most ? new SemaphoreSlim(most, most) : null;
    private int underWay;

    /// <summary>False if there is no room; true must be followed by <see cref="Leave"/>.</summary>
    public async ValueTask<bool> TryEnterAsync(CancellationToken ct)
    {
        if (Interlocked.Increment(ref underWay) > (outstanding ?? int.MaxValue))
        {
            Interlocked.Decrement(ref underWay);
            return false;
        }

        try
        {
            await (running?.WaitAsync(ct) ?? Task.CompletedTask);
            return true;
        }
        catch (OperationCanceledException)
        {
            Interlocked.Decrement(ref underWay);
            throw;
        }
    }

    public void Leave()
    {
        running?.Release();
        Interlocked.Decrement(ref underWay);
    }

    public void Dispose() => running?.Dispose();
}
