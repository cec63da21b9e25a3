using System.Security.Cryptography;
using Portal.Functions.Foundation.Contract;
using Portal.Tests.Support.Contract;
using Xunit.Abstractions;
using Portal.Tests.Support;

namespace Portal.Tests.Integration.Contract;

/// <summary>
/// Hundreds of hostile requests, others every time; tens of thousands in <c>tests/soak -- fuzz</c>. <c>PORTAL_FUZZ_SEED=n</c> sends those
/// of a run again.
/// </summary>
[TakesLong]
public sealed class FuzzTests(ContractPortal portal, ITestOutputHelper output) : IClassFixture<ContractPortal>
{
    [Fact]
    public async Task Hostile_requests_break_nothing_and_learn_nothing()
    {
        var count = Math.Max(500, ApiOperation.All.Count * 3);
        var seed = int.TryParse(Environment.GetEnvironmentVariable("PORTAL_FUZZ_SEED"), out var given)
            ? given
            : RandomNumberGenerator.GetInt32(1_000_000);
        output.WriteLine($"PORTAL_FUZZ_SEED={seed}");
        var result = await new FuzzRun(portal.World, seed).RunAsync(count);

        Assert.True(
            result.Violations.Count == 0, $"Again with PORTAL_FUZZ_SEED={seed}:\n{string.Join('\n', result.Violations)}");
        Assert.Equal(count, result.Sent);
        // Some got through and some did not, or the fuzzer tries nothing.
        Assert.True(result.Statuses.GetValueOrDefault(200) > count / 50, "Hardly anything was answered.");
        Assert.True(result.Statuses.GetValueOrDefault(400) > count / 20, "Hardly anything was refused.");
    }
}
