using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;

namespace Portal.Postgres;

/// <summary>What a finished program left behind.</summary>
internal sealed record CommandResult(int ExitCode, string Output, string Error)
{
    public bool Succeeded => ExitCode == 0;

    /// <summary>What it said, for a message to people.</summary>
    public string Text => string.Join('\n', new[] { Error.Trim(), Output.Trim() }.Where(part => part.Length > 0));
}

/// <summary>Runs other programs without a shell.</summary>
internal static class Command
{
    public const int NotFound = 127;

    private static readonly TimeSpan DefaultLimit = TimeSpan.FromMinutes(2);

    // A detached child (the server that pg_ctl starts) may keep our pipes open; what was written by the exit is all we want.
    private static readonly TimeSpan OutputGrace = TimeSpan.FromSeconds(1);

    /// <summary>Runs to the end. A program that cannot be started is a result with code 127, not an exception.</summary>
    /// <exception cref="TimeoutException">It did not end within the limit (2 min unless told) and was killed.</exception>
    public static async Task<CommandResult> RunAsync(
        IReadOnlyList<string> command,
        string workingFolder,
        IReadOnlyDictionary<string, string?>? environment = null,
        TimeSpan? limit = null,
        CancellationToken ct = default)
    {
        using var process = new Process { StartInfo = Describe(command, workingFolder, environment) };
        try
        {
            process.Start();
        }
        catch (Exception exception) when (exception is Win32Exception or FileNotFoundException or DirectoryNotFoundException)
        {
            return new CommandResult(NotFound, "", $"{command[0]}: {exception.Message}");
        }

        process.StandardInput.Close();
        var output = process.StandardOutput.ReadToEndAsync(CancellationToken.None);
        var error = process.StandardError.ReadToEndAsync(CancellationToken.None);
        using var limited = CancellationTokenSource.CreateLinkedTokenSource(ct);
        limited.CancelAfter(limit ?? DefaultLimit);
        try
        {
            await process.WaitForExitAsync(limited.Token);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            ct.ThrowIfCancellationRequested();
            var seconds = (limit ?? DefaultLimit).TotalSeconds.ToString("0", CultureInfo.InvariantCulture);
            throw new TimeoutException($"{string.Join(' ', command)} did not end within {seconds} s.");
        }

        await Task.WhenAny(Task.WhenAll(output, error), Task.Delay(OutputGrace, TimeProvider.System, CancellationToken.None));
        return new CommandResult(process.ExitCode, Finished(output), Finished(error));
    }

    /// <summary>The full path of a program, or null. Looks where administrators' programs lie, even if PATH does not.</summary>
    public static string? Find(string name)
    {
        var folders = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries);
        string[] usual = OperatingSystem.IsWindows()
            ? []
            : ["/usr/local/bin", "/usr/bin", "/bin", "/usr/sbin", "/sbin", "/opt/homebrew/bin"];
        string[] endings = OperatingSystem.IsWindows() ? [".exe", ".cmd"] : [""];
        return folders.Concat(usual)
            .Where(Path.IsPathFullyQualified)
            .SelectMany(folder => endings.Select(ending => Path.Combine(folder, name + ending)))
            .FirstOrDefault(File.Exists);
    }

    private static ProcessStartInfo Describe(
        IReadOnlyList<string> command, string workingFolder, IReadOnlyDictionary<string, string?>? environment)
    {
        var start = new ProcessStartInfo(command[0])
        {
            WorkingDirectory = workingFolder,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
        };
        foreach (var argument in command.Skip(1))
        {
            start.ArgumentList.Add(argument);
        }

        foreach (var (name, value) in environment ?? new Dictionary<string, string?>())
        {
            start.Environment[name] = value;
        }

        return start;
    }

    private static string Finished(Task<string> reading) => reading.IsCompletedSuccessfully ? reading.Result : "";
}
