using Portal.Functions.Foundation.Contract;
using Portal.Tests.Support.Contract;

namespace Portal.Tests.Integration.Contract;

/// <summary>Hundreds of hostile requests; tens of thousands in <c>tests/soak -- fuzz</c>.</summary>
public sealed class FuzzTests(ContractPortal portal) : IClassFixture<ContractPortal>
{
    [Fact]
    public async Task Hostile_requests_break_nothing_and_learn_nothing()
    {
        var count = Math.Max(500, ApiOperation.All.Count * 5);
        var result = await new FuzzRun(portal.World, seed: 20260302).RunAsync(count);

        Assert.True(result.Violations.Count == 0, string.Join('\n', result.Violations));
        Assert.Equal(count, result.Sent);
        // Some got through and some did not, or the fuzzer tries nothing.
        Assert.True(result.Statuses.GetValueOrDefault(200) > count / 50, "Hardly anything was answered.");
        Assert.True(result.Statuses.GetValueOrDefault(400) > count / 20, "Hardly anything was refused.");
    }
}
