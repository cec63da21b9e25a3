using Portal.Tests.Soak.Fire;
using Xunit.Abstractions;
using Portal.Tests.Support;

namespace Portal.Tests.EndToEnd.Kills;

/// <summary>Events while the app is killed and its vendors fail. At full count: the soak program <c>events</c>.</summary>
[TakesLong]
public sealed class EventsUnderFireTests(ITestOutputHelper output)
{
    [Fact]
    public async Task Under_fire_every_mail_and_every_notification_comes_exactly_once_and_in_order()
    {
        var seed = Random.Shared.Next(1_000_000);
        output.WriteLine($"seed {seed}");
        var options = new EventFireOptions(Events: 35, Kills: 2, seed, Rate: 20, Silences: false, TimeSpan.FromSeconds(90));
        await using var portal = await EventFire.StartPortalAsync(options);

        var result = await new EventFire(portal, options, output.WriteLine).RunAsync();

        output.WriteLine(result.ToString());
        Assert.True(
            result.Violations.Count == 0, $"seed {seed}: {string.Join('\n', result.Violations)}\n{string.Join('\n', portal.App.Lines)}");
        Assert.True(result.Mails > 20, "Hardly anything was sent.");
        Assert.True(result.Faults.Values.Sum() > 0, "No vendor failed.");
    }
}
