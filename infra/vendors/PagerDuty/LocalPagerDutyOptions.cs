using System.Text.Json.Nodes;

namespace Portal.LocalVendors;

/// <summary>One PagerDuty service.</summary>
public sealed class LocalPagerDutyOptions : LocalVendorOptions
{
    /// <summary>Integration key of the service, 32 characters.</summary>
    public string RoutingKey { get; init; } = "local0pagerduty0routing0key00000";

    /// <summary>Events a minute for the key; 0 lifts the limit.</summary>
    public int EventsPerMinute { get; init; } = 120;
}

/// <summary>An incident as on-call would see it. <c>Status</c>: triggered, acknowledged or resolved. <c>Triggers</c>: how often its key
/// was triggered while it was open.</summary>
public sealed record PagerIncident(
    string Id, string DedupKey, string Status, string Severity, string Summary, string Source, int Triggers,
    DateTimeOffset OpenedAt, DateTimeOffset? AcknowledgedAt, DateTimeOffset? ResolvedAt);

/// <summary>An event that was accepted. <c>IncidentId</c> is null when it was dropped; <c>Message</c> is the request's JSON without the
/// routing key.</summary>
public sealed record PagerEvent(string Action, string DedupKey, string? IncidentId, JsonObject Message, DateTimeOffset At);
