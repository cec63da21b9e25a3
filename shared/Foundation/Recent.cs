namespace Portal.Foundation;

/// <summary>
/// What was read last, while it is fresh: for what many ask for again and again. One reads, the others wait for that answer; a read that
/// fails is nobody's answer, and the next one reads again.
/// </summary>
/// <param name="fresh">How old an answer may be.</param>
public sealed class Recent<T>(TimeSpan fresh, TimeProvider clock, Func<CancellationToken, Task<T>> read) : IDisposable
    where T : class
{
    private readonly SemaphoreSlim reading = new(1);
    private Known? latest;
    private int forgotten;

    public async ValueTask<T> ReadAsync(CancellationToken ct)
    {
        if (Current() is { } known)
        {
            return known;
        }

        await reading.WaitAsync(ct);
        try
        {
            if (Current() is { } other)
            {
                return other;
            }

            var (began, before) = (clock.GetTimestamp(), Volatile.Read(ref forgotten));
            var value = await read(ct);
            Volatile.Write(ref latest, new(began, value));
            if (Volatile.Read(ref forgotten) != before)
            {
                Volatile.Write(ref latest, null);
            }

            return value;
        }
        finally
        {
            reading.Release();
        }
    }

    /// <summary>It has changed: the next one reads anew, and what is being read meanwhile is for its reader alone.</summary>
    public void Forget()
    {
        Interlocked.Increment(ref forgotten);
        Volatile.Write(ref latest, null);
    }

    public void Dispose() => reading.Dispose();

    private T? Current() => Volatile.Read(ref latest) is { } known && clock.GetElapsedTime(known.At) < fresh ? known.Value : null;

    private sealed record Known(long At, T Value);
}
