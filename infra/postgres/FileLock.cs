namespace Portal.Postgres;

/// <summary>
/// A file that one holder at a time has open, or several that only share it. The system lets go when the holder's process ends, however
/// it ends, so a lock never outlives its holder and process ids need not be believed.
/// </summary>
public static class FileLock
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan SayAfter = TimeSpan.FromSeconds(2);

    /// <summary>Waits for the lock.</summary>
    public static async Task<IDisposable> TakeAsync(string path, Action? sayThatWeWait, CancellationToken ct)
    {
        var began = TimeProvider.System.GetTimestamp();
        while (true)
        {
            if (TryTake(path) is { } taken)
            {
                return taken;
            }

            if (TimeProvider.System.GetElapsedTime(began) > SayAfter)
            {
                sayThatWeWait?.Invoke();
                sayThatWeWait = null;
            }

            await Task.Delay(Pause, TimeProvider.System, ct);
        }
    }

    /// <summary>Takes the lock alone, or returns null if somebody has it or shares it.</summary>
    public static IDisposable? TryTake(string path)
    {
        try
        {
            return new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException exception) when (SaysTaken(exception.HResult))
        {
            return null;
        }
    }

    /// <summary>Takes it together with others who share it.</summary>
    public static IDisposable Share(string path) => new FileStream(path, FileMode.OpenOrCreate, FileAccess.Read, FileShare.Read);

    /// <summary>EWOULDBLOCK of Linux and macOS; the sharing and lock violations of Windows.</summary>
    private static bool SaysTaken(int code) => code is 11 or 35 or unchecked((int)0x80070020) or unchecked((int)0x80070021);
}
