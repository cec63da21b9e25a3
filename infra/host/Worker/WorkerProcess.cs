using System.Diagnostics;
using Microsoft.Extensions.Logging;

namespace Portal.Host.Worker;

/// <summary>The published app as a process of its own, with its settings as environment variables, as the Functions host starts
/// it.</summary>
internal sealed class WorkerProcess : IDisposable
{
    private const string MaxMessageLength = "2147483647";

    private readonly Process process;
    private readonly OrphanGuard guard;

    private WorkerProcess(Process process)
    {
        this.process = process;
        guard = new OrphanGuard(process.Id);
    }

    public int Id => process.Id;

    public bool HasExited => process.HasExited;

    /// <param name="app">Path of the app's assembly.</param>
    /// <param name="rpc">Where this host's gRPC service listens.</param>
    /// <param name="workerId">What the worker says it is when it connects.</param>
    /// <param name="settings">App settings; <c>:</c> in a name is written <c>__</c>.</param>
    /// <param name="logger">Hears what the process writes to its console.</param>
    public static WorkerProcess Start(
        string app, Uri rpc, string workerId, IEnumerable<KeyValuePair<string, string?>> settings, ILogger logger)
    {
        var folder = Path.GetDirectoryName(app)!;
        var start = new ProcessStartInfo(Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet")
        {
            WorkingDirectory = folder,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            RedirectStandardInput = true,
        };
        foreach (var argument in new[]
        {
            app, "--functions-uri", rpc.GetLeftPart(UriPartial.Authority), "--functions-worker-id", workerId,
            "--functions-request-id", Guid.NewGuid().ToString(), "--functions-grpc-max-message-length", MaxMessageLength,
        })
        {
            start.ArgumentList.Add(argument);
        }

        // The worker's web server picks a port of its own.
        start.Environment.Remove("ASPNETCORE_URLS");
        start.Environment["FUNCTIONS_APPLICATION_DIRECTORY"] = folder;
        start.Environment["FUNCTIONS_WORKER_DIRECTORY"] = folder;
        start.Environment["FUNCTIONS_WORKER_RUNTIME"] = "dotnet-isolated";
        foreach (var (name, value) in settings.Where(setting => setting.Value is not null))
        {
            start.Environment[name.Replace(":", "__", StringComparison.Ordinal)] = value;
        }

        var process = new Process { StartInfo = start };
        process.OutputDataReceived += (_, line) => Say(logger, LogLevel.Debug, line.Data);
        process.ErrorDataReceived += (_, line) => Say(logger, LogLevel.Warning, line.Data);
        process.Start();
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        return new WorkerProcess(process);
    }

    public Task WaitAsync(CancellationToken ct) => process.WaitForExitAsync(ct);

    /// <summary>At once, as <c>kill -9</c> does.</summary>
    public void Kill()
    {
        try
        {
            process.Kill(entireProcessTree: true);
        }
        catch (InvalidOperationException)
        {
            // It has ended by itself.
        }
    }

    public void Dispose()
    {
        guard.Dispose();
        process.Dispose();
    }

    private static void Say(ILogger logger, LogLevel level, string? line)
    {
        if (!string.IsNullOrWhiteSpace(line))
        {
            WorkerLog.Line(logger, level, line);
        }
    }
}
