using System.Text.RegularExpressions;
using Portal.Tests.Support;

namespace Portal.Tests.EndToEnd;

/// <summary>The launcher with a Postgres of its own, from a folder that is no checkout: everything it starts, it stops or finds
/// again.</summary>
[TakesLong]
public sealed partial class OwnServerTests : IDisposable
{
    private readonly TemporaryFolder place = new();
    private readonly string program;
    private readonly Dictionary<string, string> environment;

    public OwnServerTests()
    {
        program = place.Folder("program");
        foreach (var file in Directory.EnumerateFiles(LauncherProcess.Folder))
        {
            File.Copy(file, Path.Combine(program, Path.GetFileName(file)));
        }

        // Outside a checkout, state lives where the system keeps a person's data.
        environment = new() { ["XDG_DATA_HOME"] = place.Folder("data"), ["HOME"] = place.Path };
    }

    public void Dispose() => place.Dispose();

    [Fact]
    public async Task A_killed_launcher_s_server_is_found_again_and_stopped_in_the_end()
    {
        await using var killed = Start("serve");
        await killed.UpAsync();
        var port = PostgresPort(killed.Output);
        await killed.SignalAsync("KILL");
        Assert.True(IsListening(port), "The server does not outlive a kill: there is nothing to find again.");

        await using var next = Start("serve");
        await next.UpAsync();
        Assert.Contains("(already running)", next.Output, StringComparison.Ordinal);
        Assert.Contains("✓ Migrations         nothing to do", next.Output, StringComparison.Ordinal);
        Assert.Equal(port, PostgresPort(next.Output));

        Assert.Equal(0, await next.SignalAsync("TERM"));
        Assert.False(IsListening(port), "Postgres still runs.");
        Assert.Empty(next.Errors);

        // Without one that runs: a token, and nothing left behind; then a stop in the middle of a start.
        await using var token = Start("token", "operator");
        Assert.Equal(0, await token.EndAsync());
        Assert.Matches(@"^[\w-]+\.[\w-]+\.[\w-]+\n$", token.Output);
        await using var interrupted = Start("serve");
        await interrupted.SaidAsync("✓ Postgres");
        Assert.Equal(0, await interrupted.SignalAsync("TERM"));
        Assert.DoesNotContain("The portal is up", interrupted.Output, StringComparison.Ordinal);
        Assert.False(IsListening(PostgresPort(interrupted.Output)), "Postgres still runs.");
    }

    private LauncherProcess Start(string verb, params string[] more) =>
        LauncherProcess.StartIn(program, environment, [verb, .. more, .. verb == "serve" ? (string[])["--port", "0"] : []]);

    private static int PostgresPort(string output) =>
        int.Parse(PortPattern().Match(output).Groups[1].Value, System.Globalization.CultureInfo.InvariantCulture);

    private static bool IsListening(int port)
    {
        try
        {
            using var client = new System.Net.Sockets.TcpClient("127.0.0.1", port);
            return true;
        }
        catch (System.Net.Sockets.SocketException)
        {
            return false;
        }
    }

    [GeneratedRegex(@"portal on 127\.0\.0\.1:(\d+)")]
    private static partial Regex PortPattern();
}
