using Portal.Tests.Soak;
using Xunit.Abstractions;
using Portal.Tests.Support;

namespace Portal.Tests.EndToEnd.Kills;

/// <summary>The app as a real process, killed with SIGKILL. At full count: the soak program <c>kills</c>.</summary>
[TakesLong]
public sealed class KilledProcessTests(ITestOutputHelper output)
{
    [Fact]
    public async Task Killed_at_random_points_the_pipeline_still_ends_ready_exactly_once()
    {
        var seed = Random.Shared.Next(1_000_000);
        output.WriteLine($"seed {seed}");
        await using var portal = await LivePortal.StartAsync();

        var result = await new KillLoop(
            portal, new KillLoopOptions(3, seed, Hurry: true, TimeSpan.FromSeconds(60)), output.WriteLine).RunAsync();

        output.WriteLine(result.ToString());
        Assert.True(
            result.Violations.Count == 0, $"seed {seed}: {string.Join('\n', result.Violations)}\n{string.Join('\n', portal.App.Lines)}");
        Assert.True(result.Uploads >= result.Kills, "Hardly any upload was asked for.");
        Assert.True(result.TakeOverEpochs > 0, "No orchestration outlived its process: the kills hit nothing.");
    }
}
