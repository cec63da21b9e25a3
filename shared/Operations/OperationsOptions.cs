namespace Portal.Operations;

/// <summary>Settings of on-call's view: where Durable's management routes are, and how long a sign-in at /ops lasts.</summary>
public sealed class OperationsOptions
{
    public const string Section = "Operations";

    /// <summary>Base address of Durable's management routes: <c>https://&lt;app&gt;/runtime/webhooks/durabletask</c>.</summary>
    public string DurableUrl { get; set; } = "";

    /// <summary>The host's system key <c>durabletask_extension</c>, which opens them.</summary>
    public string DurableKey { get; set; } = "";

    /// <summary>How long a sign-in lasts, whatever is done in it.</summary>
    public TimeSpan SessionLifetime { get; set; } = TimeSpan.FromHours(8);
}
