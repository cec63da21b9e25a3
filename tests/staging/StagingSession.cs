using System.Diagnostics;

namespace Portal.Tests.Staging;

/// <summary>
/// The session token of a person: as it was given, or printed by a command that is asked again before the last one ends.
/// </summary>
public sealed class StagingSession(string variable, StagingWorld world, ISet<string> secrets)
{
    private static readonly TimeSpan Lead = TimeSpan.FromSeconds(15);
    private string? token;

    /// <exception cref="StagingStoppedException">There is none that is still good.</exception>
    public async Task<string> TokenAsync(CancellationToken ct)
    {
        token ??= Given(variable);
        if (token is not null && JwtText.End(token) is { } end && end - world.Clock.GetUtcNow() > Lead)
        {
            return token;
        }

        if (Given(variable + StagingMissing.CommandSuffix) is not { } command)
        {
            throw new StagingStoppedException(token is null || JwtText.End(token) is not { } ended
                ? $"{variable} is no session token."
                : $"The session of {variable} ends at {ended:HH:mm:ss} UTC: set {variable}{StagingMissing.CommandSuffix} to a command "
                    + "that prints a fresh one.");
        }

        token = await PrintedAsync(command, ct);
        secrets.Add(token);
        return JwtText.End(token) is not null
            ? token
            : throw new StagingStoppedException($"The command of {variable}{StagingMissing.CommandSuffix} printed no session token.");
    }

    private string? Given(string name)
    {
        if (world.Variable(name) is not { Length: > 0 } value)
        {
            return null;
        }

        secrets.Add(value.Trim());
        return value.Trim();
    }

    private static async Task<string> PrintedAsync(string command, CancellationToken ct)
    {
        using var shell = Process.Start(new ProcessStartInfo("sh", ["-c", command]) { RedirectStandardOutput = true })!;
        var printed = await shell.StandardOutput.ReadToEndAsync(ct);
        await shell.WaitForExitAsync(ct);
        return printed.Trim();
    }
}
