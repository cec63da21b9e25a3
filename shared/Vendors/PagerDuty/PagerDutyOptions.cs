namespace Portal.Vendors.PagerDuty;

/// <summary>Settings of PagerDuty: the integration key of the service that pages on-call. Without a key nobody is paged.</summary>
public sealed class PagerDutyOptions
{
    public const string Section = "PagerDuty";
    public const int RoutingKeyLength = 32;

    /// <summary>The host that <c>/v2/enqueue</c> is on, without a path.</summary>
    public string ApiUrl { get; set; } = "https://events.pagerduty.com";

    /// <summary>32 characters. Empty: paging is switched off, and pages are skipped with a reason.</summary>
    public string RoutingKey { get; set; } = "";

    /// <summary>What PagerDuty shows as the source of an event: which installation this is.</summary>
    public string Source { get; set; } = "motion-mavericks-portal";

    public bool IsOn => RoutingKey.Length > 0;

    internal bool IsValid() =>
        RoutingKey.Length == 0 || (RoutingKey.Length == RoutingKeyLength && RoutingKey.All(char.IsAsciiLetterOrDigit));
}
