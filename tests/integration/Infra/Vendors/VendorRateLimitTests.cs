using Microsoft.Extensions.DependencyInjection;
using Portal.Tests.Support;
using Portal.Vendors;

namespace Portal.Tests.Integration.Infra.Vendors;

/// <summary>Turns at a vendor that counts calls per account: one for each caller, a gap apart, whoever asks.</summary>
public sealed class VendorRateLimitTests(TestPortal portal) : IClassFixture<TestPortal>, IAsyncLifetime
{
    private static readonly TimeSpan Gap = TimeSpan.FromSeconds(1);

    private VendorRateLimitStore Limits => portal.Services.GetRequiredService<VendorRateLimitStore>();

    public Task InitializeAsync() => portal.ResetAsync();

    public Task DisposeAsync() => Task.CompletedTask;

    [Fact]
    public async Task Twenty_at_once_get_twenty_turns_a_gap_apart_and_the_first_goes_at_once()
    {
        var now = portal.Clock.GetUtcNow();

        var turns = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => TakeAsync()));

        Assert.Equal(Enumerable.Range(0, 20).Select(i => now + (i * Gap)), turns.Order());
    }

    [Fact]
    public async Task A_slot_that_nobody_took_is_not_given_later()
    {
        await TakeAsync();
        portal.Clock.Advance(TimeSpan.FromMinutes(1));
        var now = portal.Clock.GetUtcNow();

        Assert.Equal([now, now + Gap, now + (2 * Gap)], [await TakeAsync(), await TakeAsync(), await TakeAsync()]);
    }

    [Fact]
    public async Task A_vendor_that_asks_to_slow_down_is_left_alone_that_long()
    {
        var now = portal.Clock.GetUtcNow();
        await Limits.SlowDownAsync("mux", TimeSpan.FromSeconds(30), default);
        // A shorter wait that comes later does not bring the next turn forward.
        await Limits.SlowDownAsync("mux", TimeSpan.FromSeconds(2), default);

        Assert.Equal([now.AddSeconds(30), now.AddSeconds(31)], [await TakeAsync(), await TakeAsync()]);
        Assert.Equal(now, await Limits.TakeSlotAsync("another", Gap, default));
    }

    private Task<DateTimeOffset> TakeAsync() => Limits.TakeSlotAsync("mux", Gap, default);
}
