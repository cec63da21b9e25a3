using System.Diagnostics.Metrics;

namespace Portal.Foundation.Telemetry;

/// <summary>The portal's own metrics. Tags are of closed sets: functions, outcomes, objectives, windows; never a tenant.</summary>
public static class PortalMetrics
{
    public const string MeterName = "Portal";
    private static readonly Meter Meter = new(MeterName);

    private static readonly Histogram<double> Requests = Meter.CreateHistogram<double>(
        "portal.request.duration", "s", "Time until an answer begins, by function and outcome (ok, refused, failed).",
        advice: new() { HistogramBucketBoundaries = [0.025, 0.05, 0.1, 0.2, 0.3, 0.5, 1, 2, 5, 10, 60] });

    private static readonly Gauge<double> Burn = Meter.CreateGauge<double>(
        "portal.objective.burn_rate", description: "How fast an objective's error budget burns over a window; 1 uses it up in 30 days.");

    public static void Request(string function, string outcome, TimeSpan took) =>
        Requests.Record(took.TotalSeconds, new("function", function), new("outcome", outcome));

    public static void BurnRate(string objective, string window, double rate) =>
        Burn.Record(rate, new("objective", objective), new("window", window));
}
