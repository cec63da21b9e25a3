namespace Portal.Foundation.Alerts;

/// <summary>Settings of what monitoring tells us.</summary>
public sealed class AlertsOptions
{
    public const string Section = "Alerts";

    /// <summary>The secret that monitoring signs <c>/api/webhooks/alerts</c> with, 24 characters or more.</summary>
    public string WebhookSecret { get; set; } = "";
}
