using Portal.Tests.Soak.Erasures;
using Xunit.Abstractions;

namespace Portal.Tests.EndToEnd.Kills;

/// <summary>Erasures of a person, a guest and a whole tenant while the app is killed. At full count: the soak program
/// <c>erasures</c>.</summary>
public sealed class KilledErasureTests(ITestOutputHelper output)
{
    [Fact]
    public async Task Killed_in_the_middle_an_erasure_ends_once_with_a_certificate_that_is_true()
    {
        var seed = Random.Shared.Next(1_000_000);
        output.WriteLine($"seed {seed}");
        var options = new EraseLoopOptions(Kills: 2, seed, TenantEvery: 2, TimeSpan.FromSeconds(90));
        await using var portal = await EraseLoop.StartPortalAsync(options);

        var result = await new EraseLoop(portal, options, output.WriteLine).RunAsync();

        output.WriteLine(result.ToString());
        Assert.True(
            result.Violations.Count == 0, $"seed {seed}: {string.Join('\n', result.Violations)}\n{string.Join('\n', portal.App.Lines)}");
        Assert.Equal((5, 1), (result.Asked, result.Tenants));
        Assert.True(result.TakeOvers > 0, "No erasure outlived its process: the kills hit nothing.");
    }
}
