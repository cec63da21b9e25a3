using System.Diagnostics;
using System.Text;
using System.Text.RegularExpressions;
using Portal.Postgres;
using Portal.Tests.Support;

namespace Portal.Tests.EndToEnd;

/// <summary>docs/api.md, run as it is written: its sh blocks one after the other in one shell, against the launcher.</summary>
public sealed partial class ApiTourTests
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(2);

    [Fact]
    public async Task The_tour_works_as_written()
    {
        var root = Checkout.Require();
        var blocks = Block().Matches(
            await File.ReadAllTextAsync(Path.Combine(root, "docs", "api.md"))).Select(m => m.Groups[1].Value).ToList();
        Assert.True(blocks.Count > 5, "The page has lost its blocks.");

        await using var database = await PostgresFixture.EmptyAsync();
        await using var launcher = LauncherProcess.Start("serve", "--port", "0", "--database", database.Admin);
        await launcher.UpAsync();
        var (code, token, errors) = await LauncherProcess.RunAsync("token", "admin", "--database", database.Admin);
        Assert.True(code == 0, errors);

        var (exit, output) = await RunAsync(root, string.Join('\n', blocks), launcher.App.TrimEnd('/'), token.Trim());
        Assert.True(exit == 0, output);
    }

    private static async Task<(int Code, string Output)> RunAsync(string folder, string script, string portal, string token)
    {
        // -x: what failed is the last line that was run. bash, for the page says sh of a terminal, and pipefail.
        var start = new ProcessStartInfo("bash", ["-euxo", "pipefail", "-s"])
        {
            WorkingDirectory = folder,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["PORTAL"] = portal;
        start.Environment["TOKEN"] = token;
        using var process = Process.Start(start)!;
        var output = new StringBuilder();
        process.OutputDataReceived += (_, line) => Keep(line.Data);
        process.ErrorDataReceived += (_, line) => Keep(line.Data);
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        await process.StandardInput.WriteAsync(script);
        process.StandardInput.Close();
        using var limit = new CancellationTokenSource(Limit);
        try
        {
            await process.WaitForExitAsync(limit.Token);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            return (-1, $"Not done after {Limit}.\n{output}");
        }

        return (process.ExitCode, output.ToString());

        void Keep(string? line)
        {
            lock (output)
            {
                output.AppendLine(line);
            }
        }
    }

    [GeneratedRegex(@"^```sh\n(.*?)^```", RegexOptions.Singleline | RegexOptions.Multiline)]
    private static partial Regex Block();
}
