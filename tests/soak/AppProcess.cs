using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;

namespace Portal.Tests.Soak;

/// <summary>The app as a process that can be killed with SIGKILL and started again.</summary>
public sealed class AppProcess(string settingsFile, string durable, int port, TimeSpan lease, FastClock? clock = null) : IAsyncDisposable
{
    private const int LinesKept = 200;
    private static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(30);

    private readonly ConcurrentQueue<string> lines = [];
    private readonly HttpClient http = new() { BaseAddress = new Uri($"http://127.0.0.1:{port}"), Timeout = TimeSpan.FromSeconds(5) };
    private Process? process;

    public Uri Address => http.BaseAddress!;

    /// <summary>What it wrote last, warnings and errors, over all its lives.</summary>
    public IReadOnlyCollection<string> Lines => lines;

    /// <summary>Starts it without waiting for it to answer.</summary>
    public void Start()
    {
        var start = new ProcessStartInfo(Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet")
        {
            ArgumentList =
            {
                typeof(AppVerb).Assembly.Location, "app", "--settings", settingsFile, "--port", port.ToString(
                    CultureInfo.InvariantCulture),
                "--durable", durable, "--lease-ms", ((int)lease.TotalMilliseconds).ToString(CultureInfo.InvariantCulture),
            },
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var word in clock is null ? [] : new[] { "--clock-from", Text(clock.From.ToUnixTimeMilliseconds()), "--clock-rate",
            Text(clock.Rate), "--clock-ahead-ms", Text((long)clock.Ahead.TotalMilliseconds) })
        {
            start.ArgumentList.Add(word);
        }

        // One of several processes on a small machine, for a second or two.
        start.Environment["DOTNET_gcServer"] = "0";
        process = new Process { StartInfo = start };
        process.OutputDataReceived += (_, line) => Keep(line.Data);
        process.ErrorDataReceived += (_, line) => Keep(line.Data);
        process.Start();
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
    }

    /// <exception cref="InvalidOperationException">It ended, or does not answer; the message has its last lines.</exception>
    public async Task UntilAnsweringAsync()
    {
        var began = TimeProvider.System.GetTimestamp();
        while (!await AnswersAsync())
        {
            if (process is not { HasExited: false } || TimeProvider.System.GetElapsedTime(began) > StartLimit)
            {
                var state = process is { HasExited: true } ? $"ended with {process.ExitCode}" : "does not answer";
                throw new InvalidOperationException($"The app {state}:\n{string.Join('\n', lines)}");
            }

            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System);
        }
    }

    /// <summary>SIGKILL: it gets no chance to tidy up.</summary>
    public async Task KillAsync()
    {
        if (process is { } victim)
        {
            process = null;
            victim.Kill();
            await victim.WaitForExitAsync();
            victim.Dispose();
        }
    }

    /// <summary>As its host does it: it finishes what it is at, and gives back what it holds.</summary>
    public async Task StopAsync()
    {
        process?.StandardInput.Close();
        await (process?.WaitForExitAsync() ?? Task.CompletedTask).WaitAsync(StartLimit, TimeProvider.System);
        await KillAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await KillAsync();
        process?.Dispose();
        http.Dispose();
    }

    private static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);

    private async Task<bool> AnswersAsync()
    {
        try
        {
            using var response = await http.GetAsync(new Uri("/admin/host/ping", UriKind.Relative));
            return response.IsSuccessStatusCode;
        }
        catch (Exception e) when (e is HttpRequestException or TaskCanceledException)
        {
            return false;
        }
    }

    private void Keep(string? line)
    {
        if (line is not null)
        {
            lines.Enqueue(line);
            while (lines.Count > LinesKept && lines.TryDequeue(out _))
            {
            }
        }
    }
}
