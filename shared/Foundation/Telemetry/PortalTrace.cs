using System.Diagnostics;

namespace Portal.Foundation.Telemetry;

/// <summary>
/// The portal's own spans, beside those of Npgsql and of .NET's HTTP client. Nobody listens unless settings name a place to send them to
/// (Telemetry:…); then a span costs nothing.
/// </summary>
public static class PortalTrace
{
    public const string SourceName = "Portal";
    private static readonly ActivitySource Source = new(SourceName);

    /// <summary>Whether anybody listens.</summary>
    public static bool IsOn => Source.HasListeners();

    /// <summary>A request or a timer's run, in the caller's trace.</summary>
    /// <param name="traceParent">As the Functions host gives it (W3C Trace Context); one that is not valid is as good as none.</param>
    public static Activity? Begin(string function, ActivityKind kind, string? traceParent, string? traceState)
    {
        ActivityContext.TryParse(traceParent, traceState, out var caller);
        return Source.StartActivity(function, kind, caller);
    }

    /// <summary>
    /// A step of work that goes on after the request, for hours and over restarts: an upload, a delivery, an erasure, an export. All steps
    /// of all its attempts are one trace, whose id is the work's own id without hyphens, so that whoever has the one has the other.
    /// </summary>
    public static Activity? Step(string step, Guid work) =>
        IsOn ? Source.StartActivity(step, ActivityKind.Consumer, Of(work)) : null;

    /// <summary>Whoever started the work leads to its trace.</summary>
    public static void Link(Guid work) => Activity.Current?.AddLink(new ActivityLink(Of(work)));

    /// <summary>The trace of that work. Its first span is nobody's: what every step has above it is the row.</summary>
    private static ActivityContext Of(Guid work) => new(
        ActivityTraceId.CreateFromString(work.ToString("N")), ActivitySpanId.CreateFromString(work.ToString("N").AsSpan(16)),
        ActivityTraceFlags.Recorded, isRemote: true);
}
