using System.Text.Json.Nodes;

namespace Portal.LocalVendors;

/// <summary>Three PagerDuty services, and a subscription to their webhooks.</summary>
public sealed class LocalPagerDutyOptions : LocalVendorOptions
{
    /// <summary>Integration key of the service that wakes people, 32 characters.</summary>
    public string RoutingKey { get; init; } = "local0pagerduty0routing0key00000";

    /// <summary>Of the one whose urgency is low.</summary>
    public string LowUrgencyRoutingKey { get; init; } = "local0pagerduty0routing0key0low0";

    /// <summary>Of the one for incidents of security.</summary>
    public string SecurityRoutingKey { get; init; } = "local0pagerduty0routing0key0secu";

    /// <summary>Events a minute for each key; 0 lifts the limit.</summary>
    public int EventsPerMinute { get; init; } = 120;

    /// <summary>Null: nobody has subscribed.</summary>
    public Uri? WebhookUrl { get; init; }

    public string WebhookSecret { get; init; } = "local-pagerduty-webhook-secret";
}

/// <summary>An incident as on-call would see it. <c>Urgency</c>: high, low or security, as its
/// service is called here.
/// <c>Status</c>: triggered, acknowledged or resolved. <c>Triggers</c>: how often its key
/// was triggered while it was open.</summary>
public sealed record PagerIncident(
    string Id, string DedupKey, string Urgency, string Status, string Severity, string Summary, string Source, int Triggers,
    DateTimeOffset OpenedAt, DateTimeOffset? AcknowledgedAt, DateTimeOffset? ResolvedAt);

/// <summary>An event that was accepted. <c>IncidentId</c> is null when it was dropped; <c>Message</c> is the request's JSON without the
/// routing key.</summary>
public sealed record PagerEvent(string Action, string DedupKey, string? IncidentId, JsonObject Message, DateTimeOffset At);
