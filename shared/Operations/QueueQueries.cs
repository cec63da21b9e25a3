using Portal.Events.Deliveries;
using Portal.Foundation;
using Portal.Foundation.Paging;
using Portal.Foundation.Webhooks;
using Portal.Operations.Alerts;

namespace Portal.Operations;

/// <summary>What waits in inbox, outbox and deliveries, and what was given up there, the newest first.</summary>
public sealed record Queues(IReadOnlyList<Backlog> Waiting, IReadOnlyList<WebhookNote> Dead, IReadOnlyList<DeliveryNote> Failed)
{
    /// <summary>How many of what was given up are shown.</summary>
    public const int Shown = 10;
}

/// <summary>Reads for the overview of people on call what waits and what was given up.</summary>
public sealed class QueueQueries : IDisposable
{
    private readonly BacklogStore backlog;
    private readonly WebhookInboxStore inbox;
    private readonly DeliveryStore deliveries;
    private readonly Recent<Queues> recent;

    public QueueQueries(BacklogStore backlog, WebhookInboxStore inbox, DeliveryStore deliveries, TimeProvider clock) =>
        (this.backlog, this.inbox, this.deliveries, recent) = (backlog, inbox, deliveries, new(OverviewRead.Fresh, clock, ReadAsync));

    /// <inheritdoc cref="OverviewRead.Fresh"/>
    public ValueTask<Queues> RecentAsync(CancellationToken ct) => recent.ReadAsync(ct);

    /// <summary>Somebody has tried something again: the page that they come back to shows it.</summary>
    public void Forget() => recent.Forget();

    public void Dispose() => recent.Dispose();

    private async Task<Queues> ReadAsync(CancellationToken ct)
    {
        var newest = new Page(Queues.Shown, null);
        var dead = await inbox.ListAsync(new(null, "dead", null), newest, ct);
        var failed = await deliveries.ListAsync("failed", null, newest, ct);
        return new(await backlog.MeasureAsync(ct), [.. dead.Take(Queues.Shown)], [.. failed.Take(Queues.Shown)]);
    }
}
