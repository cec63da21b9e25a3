namespace Portal.Functions.Foundation.Telemetry;

/// <summary>Where traces, metrics and logs go. Nowhere, unless one of the two places is named.</summary>
public sealed class TelemetryOptions
{
    public const string Section = "Telemetry";

    /// <summary>
    /// Connection string of an Application Insights resource. Not the host's APPLICATIONINSIGHTS_CONNECTION_STRING: that one makes the
    /// Functions host export, and it writes paths (docs/azure.md).
    /// </summary>
    public string AzureMonitor { get; set; } = "";

    /// <summary>Client id of the managed identity that may write there; empty: the resource takes its own key.</summary>
    public string AzureClientId { get; set; } = "";

    /// <summary>Address of a collector that takes OTLP over HTTP, without a path: <c>http://127.0.0.1:4318</c>.</summary>
    public string OtlpUrl { get; set; } = "";

    /// <summary>
    /// Which share of requests is traced, 0 to 1. All of a trace or nothing; work that goes on after a request is traced always.
    /// </summary>
    public double SampleRatio { get; set; } = 1;

    /// <summary>Whether anything leaves.</summary>
    public bool IsOn => AzureMonitor.Length > 0 || OtlpUrl.Length > 0;

    public Uri? Otlp(string signal) => OtlpUrl.Length == 0 ? null : new Uri($"{OtlpUrl.TrimEnd('/')}/v1/{signal}");

    public bool OtlpUrlIsRight() => OtlpUrl.Length == 0
        || (Uri.TryCreate(OtlpUrl, UriKind.Absolute, out var url) && url.Scheme is "http" or "https" && url.PathAndQuery == "/"
            && url.UserInfo.Length == 0);

    public bool AzureMonitorIsRight() =>
        AzureMonitor.Length == 0 || AzureMonitor.Contains("InstrumentationKey=", StringComparison.OrdinalIgnoreCase);
}
