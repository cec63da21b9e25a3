using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;

namespace Portal.Tests.Soak.Engine;

/// <summary>How long leases, polls and drains take in the worker processes.</summary>
public sealed record EngineTimes(TimeSpan Lease, TimeSpan Poll, TimeSpan Drain);

/// <summary>An engine process: started in advance, told to go, and killed, frozen or stopped.</summary>
public sealed class EngineWorker : IAsyncDisposable
{
    private const int LinesKept = 50;

    private readonly ConcurrentQueue<string> lines = [];
    private readonly TaskCompletionSource ready = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Process process;
    private volatile bool gone;

    private EngineWorker(Process process) => this.process = process;

    public int Id { get; private set; }

    public bool HasEnded => process.HasExited;

    public bool IsFrozen { get; private set; }

    /// <summary>What it wrote last.</summary>
    public IReadOnlyCollection<string> Lines => lines;

    public static EngineWorker Start(string database, EngineTimes times)
    {
        static string Milliseconds(TimeSpan time) => ((int)time.TotalMilliseconds).ToString(CultureInfo.InvariantCulture);
        var start = new ProcessStartInfo(Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet")
        {
            ArgumentList =
            {
                typeof(EngineWorker).Assembly.Location, "engine-worker", "--database", database,
                "--lease-ms", Milliseconds(times.Lease), "--poll-ms", Milliseconds(times.Poll), "--drain-ms", Milliseconds(times.Drain),
            },
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        // One of several processes on a small machine, for a second or two.
        start.Environment["DOTNET_gcServer"] = "0";
        start.Environment["DOTNET_TieredPGO"] = "0";
        var worker = new EngineWorker(new Process { StartInfo = start, EnableRaisingEvents = true });
        worker.process.OutputDataReceived += (_, line) => worker.Keep(line.Data);
        worker.process.ErrorDataReceived += (_, line) => worker.Keep(line.Data);
        worker.process.Exited += (_, _) => worker.ready.TrySetResult();
        worker.process.Start();
        worker.Id = worker.process.Id;
        worker.process.BeginOutputReadLine();
        worker.process.BeginErrorReadLine();
        return worker;
    }

    /// <summary>Lets it run, once it is ready to. False: it ended before.</summary>
    public async Task<bool> GoAsync()
    {
        await ready.Task;
        try
        {
            await process.StandardInput.WriteLineAsync("go");
            await process.StandardInput.FlushAsync();
            return !process.HasExited;
        }
        catch (IOException)
        {
            return false;
        }
    }

    /// <summary>SIGKILL: it gets no chance to tidy up.</summary>
    public async Task KillAsync()
    {
        process.Kill();
        await process.WaitForExitAsync();
    }

    /// <summary>Stands still for a while, as a process does whose machine swaps or sleeps; then goes on as if nothing had been.</summary>
    public async Task FreezeAsync(TimeSpan time)
    {
        IsFrozen = true;
        await SignalAsync("STOP");
        await Task.Delay(time, TimeProvider.System);
        if (!gone)
        {
            await SignalAsync("CONT");
        }

        IsFrozen = false;
    }

    /// <summary>Graceful. Returns how long it took.</summary>
    public async Task<TimeSpan> StopAsync()
    {
        var began = TimeProvider.System.GetTimestamp();
        process.StandardInput.Close();
        await process.WaitForExitAsync();
        return TimeProvider.System.GetElapsedTime(began);
    }

    public async ValueTask DisposeAsync()
    {
        gone = true;
        if (!process.HasExited)
        {
            await KillAsync();
        }

        process.Dispose();
    }

    private async Task SignalAsync(string signal)
    {
        using var kill = Process.Start("/bin/sh", ["-c", string.Create(CultureInfo.InvariantCulture, $"kill -{signal} {Id}")]);
        await kill.WaitForExitAsync();
    }

    private void Keep(string? line)
    {
        if (line is null)
        {
            return;
        }

        if (line == "ready")
        {
            ready.TrySetResult();
        }

        lines.Enqueue(line);
        while (lines.Count > LinesKept && lines.TryDequeue(out _))
        {
        }
    }
}
