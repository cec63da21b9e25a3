using System.Globalization;

namespace Portal.Postgres;

/// <summary>
/// A file that one holder at a time has open. The system lets go when the holder's process ends, however it ends, so a lock never
/// outlives its holder and process ids need not be believed.
/// </summary>
internal sealed class FileLock : IDisposable
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan SayAfter = TimeSpan.FromSeconds(2);

    private readonly FileStream file;

    private FileLock(FileStream file) => this.file = file;

    /// <summary>Takes the lock, or returns null if somebody has it.</summary>
    public static FileLock? TryTake(string path)
    {
        try
        {
            var options = new FileStreamOptions { Mode = FileMode.OpenOrCreate, Access = FileAccess.ReadWrite, Share = FileShare.None };
            if (!OperatingSystem.IsWindows())
            {
                options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
            }

            var file = new FileStream(path, options);
            file.SetLength(0);
            // For a person who wonders; nobody reads it back.
            file.Write(System.Text.Encoding.ASCII.GetBytes(Environment.ProcessId.ToString(CultureInfo.InvariantCulture) + "\n"));
            file.Flush();
            return new FileLock(file);
        }
        catch (IOException exception) when (SaysTaken(exception.HResult))
        {
            return null;
        }
    }

    /// <summary>Waits for the lock.</summary>
    public static async Task<FileLock> TakeAsync(string path, Action sayThatWeWait, CancellationToken ct)
    {
        var time = TimeProvider.System;
        var began = time.GetTimestamp();
        var said = false;
        while (true)
        {
            ct.ThrowIfCancellationRequested();
            if (TryTake(path) is { } taken)
            {
                return taken;
            }

            if (!said && time.GetElapsedTime(began) > SayAfter)
            {
                said = true;
                sayThatWeWait();
            }

            await Task.Delay(Pause, time, ct);
        }
    }

    public void Dispose() => file.Dispose();

    /// <summary>EWOULDBLOCK of Linux and macOS; the sharing and lock violations of Windows.</summary>
    private static bool SaysTaken(int code) => code is 11 or 35 or unchecked((int)0x80070020) or unchecked((int)0x80070021);
}
