using Portal.Foundation;
using Portal.Foundation.Alerts;
using Portal.Functions.Foundation.Http.Inputs;
using Portal.Operations.Incidents;

namespace Portal.Functions.Operations.Page;

/// <summary>What the forms of an incident's page do.</summary>
internal static class IncidentAct
{
    public const string Acknowledge = "acknowledge";
    public const string Assign = "assign";
    public const string Unassign = "unassign";
    public const string Note = "note";
    public const string Resolve = "resolve";

    public static IReadOnlyList<string> All { get; } = [Acknowledge, Assign, Unassign, Note, Resolve];
}

/// <summary>What the forms need to know.</summary>
/// <param name="Notice">What became of the last one; null: none was sent.</param>
/// <param name="Me">Clerk id of whoever looks.</param>
internal sealed record IncidentForm(ActNotice? Notice, string Me, string Token);

/// <summary>One incident, opened: how it stands, its timeline, what can be done.</summary>
internal static class IncidentView
{
    private const int LookEverySeconds = 5;

    private static readonly Box Noted = new(
        IncidentAct.Note, "Note", 4, WorkOnIncident.LongestNote, "It stays as it is. No names, no titles.", "Add note", "");

    private static readonly Box Resolved = new(
        IncidentAct.Resolve, "Why it is over", 2, ReasonInput.Longest, "Goes into the audit log with your id.", "Resolve", "danger");

    public static Html Page(Incident incident, IReadOnlyList<IncidentEntry> timeline, IncidentForm form, DateTimeOffset now)
    {
        var over = incident.Status == IncidentStatus.Resolved;
        return OpsLayout.Page($"Incident {Name(incident)}", Html.Of($"""
            <p class="crumbs"><a href="/ops#incidents">Now</a> / incident</p>
            <h1>{Name(incident)}</h1>
            <p class="id">{incident.Id}</p>
            {ActNotice.Of(form.Notice, Done)}
            <div class="diagnosis {Group(incident)}" data-part="diagnosis" data-say="{incident.Status}: {incident.Summary}">
            {OpsLayout.Pill(Group(incident), incident.Status)}
            <p>{incident.Summary}</p>
            </div>
            <p class="todo">What to do: {Runbooks.Of(incident)}.{(incident.Kind == IncidentKind.Alert && !over ? Html.Of($""" <a href="/ops#alerts">Its alerts</a> are on the overview; it is over when they are.""") : Html.Empty)}</p>
            <p class="jump"><a href="#acts">What you can do</a></p>
            <div class="columns">
            <section aria-labelledby="timeline" data-part="timeline">
            <h2 id="timeline">Timeline</h2>
            <p class="about">Times are UTC.</p>
            <ol class="timeline told">{Html.Join(timeline.Select(Entry))}</ol>
            </section>
            <div>
            <section aria-labelledby="acts" data-part="acts">
            <h2 id="acts" tabindex="-1">What you can do</h2>
            {Acts(incident, form)}
            </section>
            <section aria-labelledby="facts" data-part="facts">
            <h2 id="facts">Facts</h2>
            <dl class="facts">{Facts(incident, now)}</dl>
            </section>
            </div>
            </div>
            """), form.Token, over ? null : LookEverySeconds);
    }

    /// <summary>Of an alert its kind: "alert" alone says nothing.</summary>
    public static string Name(Incident incident) => Runbooks.KindOf(incident)?.Name ?? incident.Kind;

    /// <summary>How urgent it is to look, as on the overview.</summary>
    public static string Group(Incident incident) => incident switch
    {
        { Status: IncidentStatus.Resolved } => "over",
        { Status: IncidentStatus.Acknowledged } => "running",
        { Severity: AlertSeverity.Critical or AlertSeverity.Error } => "failed",
        _ => "stuck",
    };

    private static string Done(string act) => act switch
    {
        IncidentAct.Acknowledge => "Acknowledged: PagerDuty stops escalating.",
        IncidentAct.Assign => "It is yours.",
        IncidentAct.Unassign => "It is nobody's.",
        IncidentAct.Note => "Noted.",
        _ => "Resolved.",
    };

    private static Html Entry(IncidentEntry entry) => Html.Of($"""
        <li class="entry {Look(entry.Kind)}">
        <p class="when">{OpsLayout.Time(entry.At)}</p>
        <div class="what">
        <p class="title">{IncidentWords.Of(entry, text => text)}</p>
        {(entry is { Kind: IncidentEntryKind.Note, Text: { } note } ? Html.Of($"""<p class="note">{note}</p>""") : Html.Empty)}
        </div>
        </li>
        """);

    private static string Look(string kind) => kind switch
    {
        IncidentEntryKind.PagedLate => "failed",
        IncidentEntryKind.Paged or IncidentEntryKind.PageUpdated or IncidentEntryKind.CountedUp => "side",
        _ => "",
    };

    private static Html Acts(Incident incident, IncidentForm form)
    {
        var over = incident.Status == IncidentStatus.Resolved;
        return Html.Join(
            [
                incident.Status == IncidentStatus.Open
                    ? Press(incident, form, IncidentAct.Acknowledge, "Acknowledge", "primary")
                    : Html.Empty,
                over ? Html.Empty
                    : incident.Assignee == form.Me ? Press(incident, form, IncidentAct.Unassign, "Give it back", "")
                    : Press(incident, form, IncidentAct.Assign, "Assign to me", ""),
                Write(incident, form, Noted),
                over ? Html.Empty : Write(incident, form, Resolved),
            ]);
    }

    private static Html Press(Incident incident, IncidentForm form, string act, string button, string weight) => Html.Of($"""
        <form method="post" action="/ops/incidents/{incident.Id}/{act}" class="press">{OpsLayout.FormToken(form.Token)}
        <button class="{weight}">{button}</button></form>
        """);

    private static Html Write(Incident incident, IncidentForm form, Box box)
    {
        var fault = form.Notice is { Fault: not null } notice && notice.Act == box.Act;
        return Html.Of($"""
            <form method="post" action="/ops/incidents/{incident.Id}/{box.Act}" class="acts">{OpsLayout.FormToken(form.Token)}
            <label for="{box.Act}">{box.Label}</label>
            <textarea id="{box.Act}" name="text" rows="{box.Rows}" maxlength="{box.Longest}" required aria-describedby="{(fault ? "fault " : "")}{box.Act}-use"{(fault ? Html.Of($""" aria-invalid="true" """) : Html.Empty)}>{(fault ? form.Notice!.Reason : "")}</textarea>
            <p class="about" id="{box.Act}-use">{box.Use}</p>
            <button class="{box.Weight}">{box.Button}</button>
            </form>
            """);
    }

    private static Html Facts(Incident incident, DateTimeOffset now)
    {
        static Html Fact(string name, Html value) => Html.Of($"<div><dt>{name}</dt><dd>{value}</dd></div>");
        static Html Id(string name, string? value) =>
            value is null ? Html.Empty : Fact(name, Html.Of($"""<span class="id">{value}</span>"""));
        Html When(string name, DateTimeOffset? at) => at is { } time
            ? Fact(name, Html.Of($"""{OpsLayout.Time(time)} <span class="soft">{OpsLayout.Ago(time, now)}</span>"""))
            : Html.Empty;
        return Html.Join(
            [
                Fact("Severity", Html.Of($"{incident.Severity}")),
                incident.Assignee is null ? Fact("Assignee", Html.Of($"nobody")) : Id("Assignee", incident.Assignee),
                When("Discovered", incident.DiscoveredAt),
                When("Opened", incident.OpenedAt),
                When("Paged", incident.PagedAt),
                incident.Times > 1 ? Fact("Reported", Html.Of($"{incident.Times} times")) : Html.Empty,
                Id("Subject", incident.DedupKey),
                Id("Tenant", incident.TenantId?.ToString()),
                Fact("Postmortem", Html.Of($"""<a href="/ops/incidents/{incident.Id}/postmortem">Template in Markdown</a>""")),
            ]);
    }

    private sealed record Box(string Act, string Label, int Rows, int Longest, string Use, string Button, string Weight);
}
