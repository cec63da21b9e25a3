using System.Globalization;
using System.Text;
using Portal.Foundation;

namespace Portal.Operations.Incidents;

/// <summary>What a review of an incident begins with: what the portal knows of it, and headings for what people have to find
/// out.</summary>
public static class Postmortem
{
    private static readonly string[] Open = ["Impact", "Root cause", "What went well", "Action items"];

    public static string Of(Incident incident, IReadOnlyList<IncidentEntry> timeline)
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"# Postmortem: {Markdown.Line(incident.Summary)}\n\n");
        text.Append(CultureInfo.InvariantCulture, $"Incident `{incident.Id}`, {incident.Kind}, {incident.Status}. Times are UTC.\n");
        Section(text, "Summary", $"{Markdown.Line(incident.Summary)}\n");
        Section(text, "Facts", Facts(incident));
        Section(text, "Timeline", string.Concat(timeline.Select(Line)));
        var notes = timeline.Where(entry => entry.Kind == IncidentEntryKind.Note).ToList();
        Section(text, "Notes", notes.Count == 0 ? "None.\n" : string.Join('\n', notes.Select(Note)));
        foreach (var heading in Open)
        {
            Section(text, heading, "");
        }

        return text.ToString();
    }

    private static void Section(StringBuilder text, string heading, string body) =>
        text.Append(CultureInfo.InvariantCulture, $"\n## {heading}\n{(body.Length == 0 ? "" : $"\n{body}")}");

    private static string Facts(Incident incident)
    {
        var detected = incident.DiscoveredAt ?? incident.OpenedAt;
        return string.Concat(
            "| | |\n|---|---|\n",
            Row("Severity", incident.Severity),
            Row("Reported", Words.Count((int)incident.Times, "time", "times")),
            Row("Detected", Time(detected)),
            Row("Opened", Time(incident.OpenedAt)),
            Row("Paged", After(incident.PagedAt, detected)),
            Row("Acknowledged", After(incident.AcknowledgedAt, detected)),
            Row("Resolved", After(incident.ResolvedAt, detected)),
            Row("Assignee", incident.Assignee is { } assignee ? Markdown.Line(assignee) : "nobody"));
    }

    private static string Row(string name, string value) => $"| {name} | {value} |\n";

    private static string After(DateTimeOffset? at, DateTimeOffset detected) =>
        at is { } then ? $"{Time(then)}, {Clock(then - detected)} after it was detected" : "not";

    private static string Line(IncidentEntry entry) => $"* {Time(entry.At)} {IncidentWords.Of(entry, Markdown.Line)}\n";

    private static string Note(IncidentEntry note) =>
        $"{Time(note.At)}, {Markdown.Line(note.By ?? "")}:\n\n{Markdown.Quote(note.Text ?? "")}\n";

    /// <summary>"3:06:00": hours, minutes, seconds.</summary>
    private static string Clock(TimeSpan span) =>
        string.Create(CultureInfo.InvariantCulture, $"{(int)span.TotalHours}:{span.Minutes:00}:{span.Seconds:00}");

    private static string Time(DateTimeOffset at) => at.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture);
}
