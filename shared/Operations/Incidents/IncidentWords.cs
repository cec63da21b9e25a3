using Portal.Vendors.PagerDuty;

namespace Portal.Operations.Incidents;

/// <summary>Lines of a timeline in words.</summary>
public static class IncidentWords
{
    /// <param name="people">Makes people's text safe for where it is shown.</param>
    public static string Of(IncidentEntry entry, Func<string, string> people)
    {
        var by = entry.By is { } person ? $" by {people(person)}" : "";
        return entry.Kind switch
        {
            IncidentEntryKind.Opened => $"Opened{by}, severity {entry.Became}",
            IncidentEntryKind.CountedUp => $"Reported again, {entry.Times} times by then",
            IncidentEntryKind.Paged => $"PagerDuty took the page{Service(entry.Became)}",
            IncidentEntryKind.PageUpdated => $"PagerDuty took the severity{Service(entry.Became)}",
            IncidentEntryKind.PagedLate => $"Paged late: {people(entry.Text!)}",
            IncidentEntryKind.Acknowledged => $"Acknowledged{by}",
            IncidentEntryKind.Assigned when entry.By == entry.Became => $"Taken{by}",
            IncidentEntryKind.Assigned => $"Assigned to {people(entry.Became!)}{by}",
            IncidentEntryKind.Unassigned => $"Assigned to nobody{by}",
            IncidentEntryKind.Note => $"Note{by}",
            IncidentEntryKind.SeverityChanged =>
                $"Severity changed from {entry.Previous} to {entry.Became}{by}: {people(entry.Text!)}",
            IncidentEntryKind.NoticeSent => $"Notice sent to tenants ({entry.Became}){by}: {people(entry.Text!)}",
            IncidentEntryKind.Resolved => $"Resolved{by}{(entry.Text is { } reason ? $": {people(reason)}" : "")}",
            _ => entry.Kind,
        };
    }

    private static string Service(string? service) => service switch
    {
        PageRoute.Low => ", without waking anybody",
        PageRoute.Security => ", at the service for security",
        _ => "",
    };
}
