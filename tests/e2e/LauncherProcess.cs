using System.Diagnostics;
using System.Text;
using Portal.Postgres;
using Portal.Tests.Support;

namespace Portal.Tests.EndToEnd;

/// <summary>The launcher as people run it: a process of its own, from its own build output. Disposing kills this process only.</summary>
internal sealed class LauncherProcess : IAsyncDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(90);

    private readonly Process process;
    private readonly StringBuilder output = new();
    private readonly StringBuilder errors = new();
    private bool disposed;

    private LauncherProcess(ProcessStartInfo start)
    {
        process = Process.Start(start)!;
        process.OutputDataReceived += (_, line) => Keep(output, line.Data);
        process.ErrorDataReceived += (_, line) => Keep(errors, line.Data);
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
    }

    /// <summary>The folder of the launcher's build output.</summary>
    public static string Folder { get; } = FindFolder();

    public string Output => Text(output);

    public string Errors => Text(errors);

    public int Id => process.Id;

    /// <summary>The app's address, known once it is up.</summary>
    public string App => Output.Split('\n').Select(line => line.Split("The portal is up: ")).First(parts => parts.Length == 2)[1].Trim();

    public static LauncherProcess Start(params string[] arguments) => StartIn(Folder, new Dictionary<string, string>(), arguments);

    public static LauncherProcess StartIn(string folder, IReadOnlyDictionary<string, string> environment, params string[] arguments)
    {
        var start = new ProcessStartInfo("dotnet", [Path.Combine(folder, "Portal.Local.dll"), .. arguments])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = folder,
        };
        // What the test run is given is not what is tried here.
        start.Environment.Remove(PostgresServerOptions.DatabaseVariable);
        foreach (var (name, value) in environment)
        {
            start.Environment[name] = value;
        }

        return new LauncherProcess(start);
    }

    /// <summary>Runs to the end.</summary>
    public static async Task<(int Code, string Output, string Errors)> RunAsync(params string[] arguments)
    {
        await using var launcher = Start(arguments);
        return (await launcher.EndAsync(), launcher.Output, launcher.Errors);
    }

    /// <summary>Waits for a line on standard output that contains the text.</summary>
    public Task SaidAsync(string text) => Eventually.TrueAsync(
        () => Output.Contains(text, StringComparison.Ordinal) ? true : process.HasExited
            ? throw new InvalidOperationException($"It ended with {process.ExitCode}.")
            : false,
        $"the launcher to say «{text}»\n{Output}\n{Errors}", Limit);

    public Task UpAsync() => SaidAsync("Ctrl+C stops everything");

    /// <summary>Its exit code, once it has ended by itself.</summary>
    public async Task<int> EndAsync()
    {
        try
        {
            using var limit = new CancellationTokenSource(Limit, TimeProvider.System);
            await process.WaitForExitAsync(limit.Token);
            return process.ExitCode;
        }
        catch (OperationCanceledException)
        {
            throw new TimeoutException($"The launcher did not end within {Limit}.\n{Output}\n{Errors}");
        }
    }

    /// <summary>Sends a signal (TERM, INT, KILL) to this process and returns its exit code.</summary>
    public async Task<int> SignalAsync(string signal)
    {
        using var kill = Process.Start("kill", [$"-{signal}", $"{process.Id}"]);
        await kill.WaitForExitAsync();
        return await EndAsync();
    }

    public async ValueTask DisposeAsync()
    {
        if (disposed)
        {
            return;
        }

        disposed = true;
        if (!process.HasExited)
        {
            process.Kill();
            await process.WaitForExitAsync();
        }

        process.Dispose();
    }

    private static void Keep(StringBuilder text, string? line)
    {
        lock (text)
        {
            if (line is not null)
            {
                text.Append(line).Append('\n');
            }
        }
    }

    private static string Text(StringBuilder text)
    {
        lock (text)
        {
            return text.ToString();
        }
    }

    // bin/{configuration}/{framework} is the same for both projects.
    private static string FindFolder()
    {
        var own = new DirectoryInfo(AppContext.BaseDirectory.TrimEnd(Path.DirectorySeparatorChar));
        var root = own.Parent?.Parent?.Parent?.Parent?.Parent ?? throw new InvalidOperationException($"{own} is no build output.");
        return Path.Combine(root.FullName, "infra", "local", "bin", own.Parent.Name, own.Name);
    }
}
