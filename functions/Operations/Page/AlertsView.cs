using Portal.Foundation;
using Portal.Foundation.Alerts;
using Portal.Operations.Alerts;

namespace Portal.Functions.Operations.Page;

/// <summary>Alerts that are not over, the worst first.</summary>
internal sealed record DashboardAlerts(IReadOnlyList<AlertNote> Alerts, int Total);

/// <summary>Alerts, as a part of the overview.</summary>
internal static class AlertsView
{
    public static Html Section(DashboardAlerts alerts, DateTimeOffset now, string formToken) => Html.Of($"""
        <section aria-labelledby="alerts">
        <h2 id="alerts" tabindex="-1">Alerts <span class="total">{alerts.Total}</span></h2>
        <p class="about">{(alerts.Total == 0 ? "None." : alerts.Total > alerts.Alerts.Count ? $"Not over. The first {alerts.Alerts.Count} of {alerts.Total}." : "Not over.")}</p>
        {(alerts.Total == 0 ? Html.Empty : Html.Of($"""<ul class="list alerts">{Html.Join(alerts.Alerts.Select(alert => Item(alert, now, formToken)))}</ul>"""))}
        </section>
        """);

    private static Html Item(AlertNote alert, DateTimeOffset now, string formToken)
    {
        var kind = AlertKind.Find(alert.Kind);
        var group = alert.Status == AlertStatus.Acknowledged ? "running" : alert.Severity == AlertSeverity.Warning ? "stuck" : "failed";
        return Html.Of($"""
            <li class="item {group}">
            <div class="item-head">
            <p class="item-name">{alert.Kind} {Subject(alert, kind)}</p>
            {OpsLayout.Pill(group, alert.Status == AlertStatus.Acknowledged ? alert.Status : alert.Severity)}
            </div>
            <p class="item-text">{alert.Summary}</p>
            <p class="item-meta">since {OpsLayout.Ago(alert.FirstAt, now)}{(alert.Times == 1 ? Html.Empty : Html.Of($" · {alert.Times} times, last {OpsLayout.Ago(alert.LastAt, now)}"))}{(alert.AcknowledgedAt is { } at ? Html.Of($" · acknowledged {OpsLayout.Ago(at, now)} by <span class=\"id\">{alert.AcknowledgedBy}</span>") : Html.Empty)}</p>
            <p class="item-meta">{Told(kind)} {Ends(kind)} What to do: {Runbooks.Of(kind)}.</p>
            <details id="work-{alert.Id}"><summary>Work on it</summary>{Forms(alert, formToken)}</details>
            </li>
            """);
    }

    /// <summary>Of an alert about an orchestration the way to its page, where the buttons are.</summary>
    private static Html Subject(AlertNote alert, AlertKind? kind) =>
        kind == AlertKind.UploadRetrying || kind == AlertKind.DeliveryRetrying || kind == AlertKind.DeliveryFailed
            ? Html.Of($"""<a class="id" href="/ops/instances/{Uri.EscapeDataString(alert.DedupKey)}">{alert.DedupKey}</a>""")
            : kind == AlertKind.UploadFailed
                ? Html.Of($"""<a class="id" href="/ops/search?uploadJobId={Uri.EscapeDataString(alert.DedupKey)}">{alert.DedupKey}</a>""")
                : Html.Of($"""<span class="id">{alert.DedupKey}</span>""");

    private static string Told(AlertKind? kind) => kind?.Told switch
    {
        AlertTold.Page => "Pages at once.",
        AlertTold.LowUrgencyPage => "Pages without waking anybody.",
        _ => "Told by mail, once a day.",
    };

    private static string Ends(AlertKind? kind) => kind?.End switch
    {
        AlertEnd.WithItsCause => "Is over when its cause is gone.",
        AlertEnd.WhenQuiet => $"Is over when it was quiet for {Words.Span(kind.QuietFor!.Value)}.",
        _ => "Is over when somebody resolves it.",
    };

    private static Html Forms(AlertNote alert, string formToken) => Html.Of($"""
        <form method="post" action="/ops/alerts" class="search">{OpsLayout.FormToken(formToken)}
        <input type="hidden" name="act" value="resolve"><input type="hidden" name="id" value="{alert.Id}">
        <label>Why it is over <input name="reason" required maxlength="500"></label>
        <button>Resolve {alert.Kind}</button></form>
        {(alert.Status == AlertStatus.Open ? Html.Of($"""
        <form method="post" action="/ops/alerts" class="search">{OpsLayout.FormToken(formToken)}
        <input type="hidden" name="act" value="acknowledge"><input type="hidden" name="id" value="{alert.Id}">
        <button>Acknowledge {alert.Kind}</button></form>
        """) : Html.Empty)}
        """);
}
