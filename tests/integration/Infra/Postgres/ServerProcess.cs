using System.Diagnostics;
using System.Text;
using Portal.Postgres;
using Portal.Tests.Support;

namespace Portal.Tests.Integration.Infra.Postgres;

/// <summary>Another process that runs the local server: the project's own <c>serve</c> command.</summary>
internal sealed class ServerProcess : IAsyncDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    private readonly Process process;
    private readonly StringBuilder said = new();

    private ServerProcess(Process process) => this.process = process;

    /// <summary>Empty until <see cref="ReadyAsync"/>.</summary>
    public string ConnectionString { get; private set; } = "";

    public static ServerProcess Start(string name, params string[] options)
    {
        var start = new ProcessStartInfo("dotnet") { RedirectStandardOutput = true, RedirectStandardError = true };
        // In this folder some of its libraries come with the test project's framework, so it runs on the test project's terms.
        var tests = typeof(ServerProcess).Assembly.Location[..^".dll".Length];
        string[] arguments =
        [
            "exec", "--runtimeconfig", tests + ".runtimeconfig.json", "--depsfile", tests + ".deps.json",
            typeof(PostgresServer).Assembly.Location, "serve", "--name", name, .. options,
            .. PostgresFixture.MemoryFolder() is { } memory ? (string[])["--state", memory] : [],
        ];
        foreach (var argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }

        // What a test run is given is not what is tried here.
        start.Environment.Remove(PostgresServerOptions.DatabaseVariable);
        var started = new ServerProcess(Process.Start(start)!);
        started.process.ErrorDataReceived += (_, line) =>
        {
            lock (started.said)
            {
                started.said.AppendLine(line.Data);
            }
        };
        started.process.BeginErrorReadLine();
        return started;
    }

    public async Task<ServerProcess> ReadyAsync()
    {
        ConnectionString = await process.StandardOutput.ReadLineAsync().WaitAsync(Limit, TimeProvider.System) ?? "";
        Assert.True(ConnectionString.Length > 0, Said());
        return this;
    }

    /// <summary>What it told people so far.</summary>
    public string Said()
    {
        lock (said)
        {
            return said.ToString();
        }
    }

    /// <summary>kill -9, this process only.</summary>
    public async Task KillAsync()
    {
        process.Kill();
        await process.WaitForExitAsync();
    }

    /// <summary>SIGTERM, and its exit code.</summary>
    public async Task<int> TerminateAsync()
    {
        using var kill = Process.Start("kill", ["-TERM", $"{process.Id}"]);
        await kill.WaitForExitAsync();
        await process.WaitForExitAsync().WaitAsync(Limit, TimeProvider.System);
        return process.ExitCode;
    }

    public async ValueTask DisposeAsync()
    {
        if (!process.HasExited)
        {
            await TerminateAsync();
        }

        process.Dispose();
    }
}
