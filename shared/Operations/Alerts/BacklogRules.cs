using Portal.Foundation;
using Portal.Foundation.Alerts;

namespace Portal.Operations.Alerts;

/// <summary>From which depth or age on what waits is somebody's business.</summary>
public static class BacklogRules
{
    public const int DeepInbox = 1000;
    public const int DeepOutbox = 5000;
    public const int ManyFailed = 10;
    public const int ManyDead = 10;

    /// <summary>What is due is taken within half a minute, and tried for seconds.</summary>
    public static readonly TimeSpan OldInbox = TimeSpan.FromMinutes(10);

    /// <summary>The sweep comes every five seconds.</summary>
    public static readonly TimeSpan OldOutbox = TimeSpan.FromMinutes(5);

    /// <summary>A worker takes at once what is due; a turn, a vendor's time-out or the lease of a dead worker are minutes at
    /// most.</summary>
    public static readonly TimeSpan OldTurn = TimeSpan.FromMinutes(5);

    /// <summary>Every kind that this raises, and so ends.</summary>
    public static IReadOnlyList<AlertKind> Kinds { get; } =
    [
        AlertKind.InboxBehind, AlertKind.OutboxBehind, AlertKind.EngineBehind, AlertKind.DeliveriesFailing, AlertKind.WebhooksDying,
    ];

    /// <summary>Null: as it should be.</summary>
    public static Alert? Of(Backlog backlog, DateTimeOffset now)
    {
        var age = now - backlog.Oldest;
        var details = new { backlog.Depth, backlog.Oldest };
        return backlog.What switch
        {
            "inbox" when backlog.Depth > DeepInbox || age > OldInbox => new(
                AlertKind.InboxBehind, backlog.Part,
                $"{backlog.Depth} webhooks of {backlog.Part} are due, the oldest for {Words.Span(age)}.", details),
            "outbox" when backlog.Depth > DeepOutbox || age > OldOutbox => new(
                AlertKind.OutboxBehind, backlog.Part,
                $"{backlog.Depth} events wait to be dispatched, the oldest for {Words.Span(age)}.", details),
            "engine" when age > OldTurn => new(
                AlertKind.EngineBehind, backlog.Part,
                $"{backlog.Depth} orchestrations of {backlog.Part} were to go on by now, the oldest {Words.Span(age)} ago.", details),
            "failed" when backlog.Depth >= ManyFailed => new(
                AlertKind.DeliveriesFailing, backlog.Part,
                $"{backlog.Depth} deliveries by {backlog.Part} failed within an hour.", details),
            "dead" when backlog.Depth >= ManyDead => new(
                AlertKind.WebhooksDying, backlog.Part, $"{backlog.Depth} webhooks of {backlog.Part} are dead.", details),
            _ => null,
        };
    }
}
