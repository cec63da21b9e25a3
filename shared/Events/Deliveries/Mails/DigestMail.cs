using System.Globalization;
using Microsoft.Extensions.Options;
using Portal.Foundation;
using Portal.Foundation.Identity;
using Portal.Foundation.Outbox;

namespace Portal.Events.Deliveries.Mails;

/// <summary>A person's morning: what is due, what moved, what was watched, what is unread.</summary>
public sealed class DigestMail(DigestStore digests, IOptions<MailOptions> options) : IMailWriter
{
    public IReadOnlyCollection<EventType> Types { get; } = [EventType.DigestSent];

    public async Task<(MailContent? Content, string? Why)> WriteAsync(
        TenantId tenant, Delivery delivery, MailRecipient to, CancellationToken ct)
    {
        var e = delivery.Event;
        var day = DateOnly.ParseExact(e.Text("day")!, "yyyy-MM-dd", CultureInfo.InvariantCulture);
        var since = e.Text("since") is { } text ? DateTimeOffset.Parse(text, CultureInfo.InvariantCulture) : e.OccurredAt.AddDays(-1);
        var content = await digests.ReadAsync(tenant, new UserId(e.AggregateId), day, since, e.OccurredAt, ct);
        if (content.IsEmpty)
        {
            return (null, "nothing_to_say_any_more");
        }

        var parts = new List<MailPart>();
        Add(parts, "Overdue", content.Overdue, t => new(t.Title, $"{t.ProjectName}, was due {Words.Day(t.DueOn)}", TaskUrl(t.Id)));
        Add(parts, "Due today", content.DueToday, t => new(t.Title, t.ProjectName, TaskUrl(t.Id)));
        Add(parts, "What moved", content.Moved, t => new(t.Title, $"now {t.Status.Replace('_', ' ')}", TaskUrl(t.Id)));
        Add(parts, "Links that were opened", content.Opened, o => new(
            o.Title, Words.Count((int)o.Opens, "viewer", "viewers"), $"{options.Value.PortalUrl}/share-links/{o.Id}"));
        if (content.Unread > 0)
        {
            parts.Add(
                new MailPart.Paragraph(
                    $"You have {Words.Count((int)content.Unread, "unread notification", "unread notifications")}."));
        }

        return (new(
            $"Your {Words.Day(day)}", Preview(content), Greeting(to), parts, new("Open the portal", options.Value.PortalUrl),
            $"You get this once a day from {to.Brand.TenantName}, on days when there is something to say."), null);
    }

    private static string Greeting(MailRecipient to) => to.Name is { Length: > 0 } name ? $"Hello {name}" : "Hello";

    private static string Preview(DigestContent content) => string.Join(", ", new[]
    {
        content.Overdue.Total > 0 ? $"{content.Overdue.Total} overdue" : null,
        content.DueToday.Total > 0 ? $"{content.DueToday.Total} due today" : null,
        content.Unread > 0 ? $"{content.Unread} unread" : null,
    }.OfType<string>());

    private void Add<T>(List<MailPart> parts, string title, DigestPart<T> part, Func<T, MailItem> item)
        where T : IDigestRow
    {
        if (part.Total == 0)
        {
            return;
        }

        var items = part.First.Select(item).ToList();
        if (part.More > 0)
        {
            items.Add(new($"and {part.More} more", "in the portal", options.Value.PortalUrl));
        }

        parts.Add(new MailPart.Section(title, items));
    }

    private string TaskUrl(Guid task) => $"{options.Value.PortalUrl}/tasks/{task}";
}
