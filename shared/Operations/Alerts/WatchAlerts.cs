using Portal.Foundation.Alerts;
using Portal.Foundation.Timers;

namespace Portal.Operations.Alerts;

/// <summary>Looks every minute at what waits or fails, and at how share links are used, and raises an alert where it is too much; ends
/// those alerts whose cause is gone, of these and of all other kinds.</summary>
public sealed class WatchAlerts(BacklogStore store, LinkUseStore links, AlertStore alerts, TimeProvider clock)
{
    public async Task<RunCounts> RunAsync(CancellationToken ct)
    {
        var (startedAt, counts) = (clock.GetUtcNow(), new RunCounts());
        foreach (var backlog in await store.MeasureAsync(ct))
        {
            if (BacklogRules.Of(backlog, startedAt) is { } alert)
            {
                await alerts.AddAsync(alert, ct);
                counts.Add("raised", 1);
            }
        }

        foreach (var use in await links.MeasureAsync(ct))
        {
            await alerts.AddAsync(LinkUseRules.Of(use), ct);
            counts.Add("raised", 1);
        }

        counts.Add("ended", await alerts.ResolveUnseenAsync([.. BacklogRules.Kinds, .. LinkUseRules.Kinds], startedAt, ct));
        return counts.Add("ended", await alerts.ResolveOverAsync(ct));
    }
}
