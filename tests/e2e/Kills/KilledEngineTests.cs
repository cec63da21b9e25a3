using Portal.Tests.Soak.Engine;
using Xunit.Abstractions;

namespace Portal.Tests.EndToEnd.Kills;

/// <summary>Engine processes killed with SIGKILL while Postgres is restarted under them. At full count: the soak program
/// <c>engine</c>.</summary>
public sealed class KilledEngineTests(ITestOutputHelper output)
{
    private const int Processes = 2;

    [Fact]
    public async Task Processes_killed_connections_cut_and_Postgres_restarted_every_effect_happens_exactly_once()
    {
        var seed = Random.Shared.Next(1_000_000);
        output.WriteLine($"seed {seed}");
        await using var server = await EngineSoak.StartServerAsync();
        var database = await server.EnsureDatabaseAsync("engine");
        var options = new EngineLoopOptions(
            Kills: 4, seed, Processes, InFlight: 30, RestartEvery: 2, Pause: TimeSpan.FromMilliseconds(400),
            Limit: TimeSpan.FromSeconds(90));
        await using var loop = new EngineLoop(server, database, options, output.WriteLine);

        var result = await loop.RunAsync();

        output.WriteLine(result.ToString());
        Assert.True(result.Violations.Count == 0, $"seed {seed}: {string.Join('\n', result.Violations)}");
        Assert.Equal(2, result.Restarts);
        Assert.True(result.Figures.Instances > 25, "Hardly anything ran.");
        Assert.True(result.Figures.TakeOvers > 0, "No instance outlived its process: the kills hit nothing.");
    }
}
