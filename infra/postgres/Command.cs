using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;

namespace Portal.Postgres;

/// <summary>What a finished program left behind.</summary>
public sealed record CommandResult(int ExitCode, string Output, string Error)
{
    public bool Succeeded => ExitCode == 0;

    /// <summary>What it said, for a message to people.</summary>
    public string Text => string.Join('\n', new[] { Error.Trim(), Output.Trim() }.Where(part => part.Length > 0));
}

/// <summary>Runs other programs without a shell.</summary>
public static class Command
{
    public const int NotFound = 127;

    private static readonly TimeSpan DefaultLimit = TimeSpan.FromMinutes(2);

    // A detached child (the server that pg_ctl starts) may keep our pipes open; what was written by the exit is all we want.
    private static readonly TimeSpan OutputGrace = TimeSpan.FromSeconds(1);

    /// <summary>Runs to the end. A program that cannot be started is a result with code 127, not an exception.</summary>
    /// <param name="command">The program and its arguments.</param>
    /// <param name="account">The account it runs as, which takes root; null: ours.</param>
    /// <param name="folder">Where it runs; by default a folder that every account may enter.</param>
    /// <param name="limit">2 min unless told.</param>
    /// <param name="ct">Kills it.</param>
    /// <exception cref="TimeoutException">It did not end within the limit and was killed.</exception>
    public static async Task<CommandResult> RunAsync(
        IReadOnlyList<string> command, string? account = null, string? folder = null, TimeSpan? limit = null,
        CancellationToken ct = default)
    {
        ArgumentNullException.ThrowIfNull(command);
        using var process = new Process { StartInfo = Describe(command, account, folder) };
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

        static string Finished(Task<string> reading) => reading.IsCompletedSuccessfully ? reading.Result : "";
    }

    private static ProcessStartInfo Describe(IReadOnlyList<string> command, string? account, string? folder)
    {
        var start = new ProcessStartInfo(command[0], command.Skip(1))
        {
            WorkingDirectory = folder ?? (OperatingSystem.IsWindows() ? Path.GetTempPath() : "/"),
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UserName = account ?? "",
        };
        // PGPORT, PGDATA and their like steer initdb and the server; messages are read by us, so they are in English.
        foreach (var name in start.Environment.Keys.Where(name => name.StartsWith("PG", StringComparison.Ordinal)).ToList())
        {
            start.Environment.Remove(name);
        }

        start.Environment["LC_ALL"] = "C";
        return start;
    }
}
