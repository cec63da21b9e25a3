using Portal.Foundation;
using Portal.Foundation.Outages;
using Portal.Operations;
using Portal.Operations.Costs;
using Portal.Operations.Incidents;
using Portal.Operations.Limits;
using Portal.Operations.Objectives;
using Portal.Operations.Orchestrations;
using Portal.Operations.Playback;
using Portal.Operations.Probes;
using Portal.Operations.Uploads;

namespace Portal.Functions.Operations.Page;

/// <summary>Incidents that are not resolved, the worst first, and whether changes are frozen.</summary>
internal sealed record DashboardIncidents(IReadOnlyList<Incident> Incidents, int Total, Freeze Freeze);

/// <summary>The overview: incidents, what failed, what is stuck, what runs, what is promised.</summary>
internal static class DashboardView
{
    private const int LookEverySeconds = 5;

    public static Html Page(
        Dashboard board, DashboardIncidents trouble, DashboardAlerts alerts, IReadOnlyList<ObjectiveLook> objectives, UploadDays uploads,
        PlatformCosts costs, IReadOnlyList<PlaybackDay> playback, OutageState outages, IReadOnlyList<TimerLook> timers,
        IReadOnlyList<LimitLook> limits, Queues queues, ProbeLook probe, DateTimeOffset now, string formToken) => OpsLayout.Page(
        "Now",
        Html.Of($"""
            <h1>Now</h1>
            <div data-part="summary">{Summary(board, trouble, alerts.Total, timers.Count(timer => TimerState.NeedsLook(timer.State)), now, formToken)}</div>
            <div data-part="incidents">{Incidents(trouble, now)}</div>
            <div data-part="alerts">{AlertsView.Section(alerts, now, formToken)}</div>
            <div data-part="failed">{Section("failed", "Failed", "In the last 7 days, and not replayed.", board.Failed, board.FailedTotal, now)}</div>
            <div data-part="stuck">{Section("stuck", "Stuck", "Does not get on by itself, or has failed so often that somebody should look.", board.Stuck, board.StuckTotal, now)}</div>
            <div data-part="running">{Section("running", "Running", Running(board), board.Running, board.RunningTotal, now)}</div>
            <div data-part="queues">{QueuesView.Section(queues, now, formToken)}</div>
            <div data-part="timers">{TimersView.Section(timers, now)}</div>
            <div data-part="objectives">{ObjectivesView.Section(objectives)}</div>
            <div data-part="probe">{ProbeView.Section(probe, now)}</div>
            <div data-part="limits">{LimitsView.Section(limits)}</div>
            <div data-part="switches">{SwitchesView.Section(outages, now, formToken)}</div>
            <div data-part="uploads">{UploadsView.Section(uploads)}</div>
            <div data-part="playback">{PlaybackView.Section(playback)}</div>
            <div data-part="costs">{CostsView.Section(costs)}</div>
            """),
        formToken, LookEverySeconds, "/ops");

    public static Html List(IReadOnlyList<OrchestrationLook> looks, DateTimeOffset now) =>
        Html.Of($"""<ul class="list">{Html.Join(looks.Select(look => Item(look, now)))}</ul>""");

    private static Html Summary(Dashboard board, DashboardIncidents trouble, int alerts, int timers, DateTimeOffset now, string formToken)
    {
        var calm = board.FailedTotal == 0 && board.StuckTotal == 0 && trouble.Total == 0 && alerts == 0 && timers == 0;
        var text = !calm
            ? $"{trouble.Total} {(trouble.Total == 1 ? "incident" : "incidents")}, {alerts} {(alerts == 1 ? "alert" : "alerts")}, "
                + $"{board.FailedTotal} failed, {board.StuckTotal} "
                + $"stuck{(timers == 0 ? "" : $", {timers} of the timers to look at")}."
            : Retried(board) is > 0 and var retried
                ? $"Nothing failed and nothing is stuck so far, but calls fail: {retried} of what runs is tried again."
                : "All is well: no incident, no alert, nothing failed, nothing is stuck.";
        return Html.Of($"""
            <p class="lead" data-say="{text}">{text}</p>
            {FreezeNotice(trouble.Freeze, now, formToken)}
            <ul class="counts">{Count("incidents", "incidents", trouble.Total)}{Count("alerts", "alerts", alerts)}{Count("failed", "failed", board.FailedTotal)}{Count("stuck", "stuck", board.StuckTotal)}{Count("running", "running", board.RunningTotal)}</ul>
            {(board.Whole ? Html.Empty : Html.Of($"""<p class="notice">There is more than this page reads: the numbers are a lower bound. Use the search.</p>"""))}
            """);
    }

    private static int Retried(Dashboard board) => board.Running.Count(look => look.Diagnosis.Code == DiagnosisCode.Retrying);

    private static string Running(Dashboard board) => Retried(board) is > 0 and var retried
        ? $"Nothing to press. Calls of ours fail, and go on being made: {retried} of these wait for the next."
        : "Nothing to do.";

    private static Html FreezeNotice(Freeze freeze, DateTimeOffset now, string formToken) => freeze.IsOn
        ? Html.Of($"""
            <div class="notice freeze">
            <p><strong>Changes are frozen</strong>, since {OpsLayout.Ago(freeze.Since, now)}: {freeze.Reason} What to do: {Runbooks.OfFreeze()}.</p>
            <details id="lift-freeze"><summary>Lift it</summary>
            <form method="post" action="/ops/freeze" class="search">{OpsLayout.FormToken(formToken)}
            <label>Why <input name="reason" required maxlength="500"></label>
            <button>Lift the freeze</button></form></details>
            </div>
            """)
        : Html.Empty;

    private static Html Incidents(DashboardIncidents trouble, DateTimeOffset now) => Html.Of($"""
        <section aria-labelledby="incidents">
        <h2 id="incidents" tabindex="-1">Incidents <span class="total">{trouble.Total}</span></h2>
        <p class="about">{(trouble.Total == 0 ? "None." : trouble.Total > trouble.Incidents.Count ? $"Not resolved. The first {trouble.Incidents.Count} of {trouble.Total}." : "Not resolved.")}</p>
        {(trouble.Total == 0 ? Html.Empty : Html.Of($"""<ul class="list">{Html.Join(trouble.Incidents.Select(incident => Item(incident, now)))}</ul>"""))}
        </section>
        """);

    private static Html Item(Incident incident, DateTimeOffset now)
    {
        var group = IncidentView.Group(incident);
        return Html.Of($"""
            <li class="item {group}">
            <div class="item-head">
            <a class="item-name" href="/ops/incidents/{incident.Id}">{IncidentView.Name(incident)} <span class="id">{incident.Id}</span></a>
            {OpsLayout.Pill(group, incident.Status)}
            </div>
            <p class="item-text">{incident.Summary}</p>
            <p class="item-meta">{incident.Severity} · opened {OpsLayout.Ago(incident.OpenedAt, now)}{Times(incident, now)}{(incident.AcknowledgedAt is { } at ? Html.Of($" · acknowledged {OpsLayout.Ago(at, now)} by <span class=\"id\">{incident.AcknowledgedBy}</span>") : Html.Empty)}{(incident.Assignee is { } mine ? Html.Of($" · assigned to <span class=\"id\">{mine}</span>") : Html.Empty)}</p>
            </li>
            """);
    }

    private static Html Times(Incident incident, DateTimeOffset now) =>
        incident.Times == 1 ? Html.Empty : Html.Of($" · {incident.Times} times, last {OpsLayout.Ago(incident.LastAt, now)}");

    private static Html Count(string group, string word, int count) =>
        Html.Of($"""<li class="{group}{(count == 0 ? " none" : "")}"><a href="#{group}"><strong>{count}</strong> {word}</a></li>""");

    private static Html Section(
        string group, string title, string about, IReadOnlyList<OrchestrationLook> looks, int total, DateTimeOffset now) => Html.Of($"""
        <section aria-labelledby="{group}">
        <h2 id="{group}" tabindex="-1">{title} <span class="total">{total}</span></h2>
        <p class="about">{(looks.Count == 0 ? "None." : total > looks.Count ? $"{about} The first {looks.Count} of {total}." : about)}</p>
        {(looks.Count == 0 ? Html.Empty : List(looks, now))}
        </section>
        """);

    private static Html Item(OrchestrationLook look, DateTimeOffset now)
    {
        var upload = look.Upload;
        return Html.Of($"""
            <li class="item {look.Diagnosis.Group}">
            <div class="item-head">
            <a class="item-name" href="/ops/instances/{Uri.EscapeDataString(look.Id)}">{look.Instance?.Name ?? "UploadPipeline"} <span class="id">{look.Id}</span></a>
            {OpsLayout.Pill(look.Diagnosis.Group, OpsLayout.Word(look))}
            </div>
            <p class="item-text">{look.Diagnosis.Text}</p>
            {(upload is { LastError: { Length: > 0 } error } && look.Diagnosis.Group != DiagnosisGroup.Over ? Html.Of($"""<p class="item-error">Last error: {error}</p>""") : Html.Empty)}
            <p class="item-meta">started {OpsLayout.Ago(look.CreatedAt, now)} · last change {OpsLayout.Ago(look.UpdatedAt, now)}{NextRetry(upload, now)}</p>
            </li>
            """);
    }

    private static Html NextRetry(UploadNote? upload, DateTimeOffset now) =>
        upload is { NextRetryAt: { } next } ? Html.Of($" · next try {OpsLayout.Ago(next, now)}") : Html.Empty;
}
