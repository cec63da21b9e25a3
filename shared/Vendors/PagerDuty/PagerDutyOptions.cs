namespace Portal.Vendors.PagerDuty;

/// <summary>Settings of PagerDuty: the integration keys of its services, and what it signs its webhooks with. Without a key nobody is
/// paged.</summary>
public sealed class PagerDutyOptions
{
    public const string Section = "PagerDuty";
    public const int RoutingKeyLength = 32;

    /// <summary>The host that <c>/v2/enqueue</c> is on, without a path.</summary>
    public string ApiUrl { get; set; } = "https://events.pagerduty.com";

    /// <summary>Of the service that wakes people; 32 characters. Empty: paging is switched off, and pages are skipped with a
    /// reason.</summary>
    public string RoutingKey { get; set; } = "";

    /// <summary>Of a service whose urgency is low, for what can wait until the morning. Empty: its pages are skipped with a reason. Never
    /// the key of the other: a service with dynamic urgency takes an error for something to wake people for.</summary>
    public string LowUrgencyRoutingKey { get; set; } = "";

    /// <summary>Of a service that wakes whoever sees to security. Empty: incidents of security go to the one that wakes people. Never the
    /// key of the one of low urgency.</summary>
    public string SecurityRoutingKey { get; set; } = "";

    /// <summary>What PagerDuty shows as the source of an event: which installation this is.</summary>
    public string Source { get; set; } = "motion-mavericks-portal";

    /// <summary>What PagerDuty signs its own webhooks with. Empty: none is taken.</summary>
    public string WebhookSecret { get; set; } = "";

    internal bool IsValid() => IsKey(RoutingKey) && IsKey(LowUrgencyRoutingKey) && IsKey(SecurityRoutingKey);

    internal bool KeysDiffer() => LowUrgencyRoutingKey.Length == 0
        || (LowUrgencyRoutingKey != RoutingKey && LowUrgencyRoutingKey != SecurityRoutingKey);

    private static bool IsKey(string key) => key.Length == 0 || (key.Length == RoutingKeyLength && key.All(char.IsAsciiLetterOrDigit));
}
