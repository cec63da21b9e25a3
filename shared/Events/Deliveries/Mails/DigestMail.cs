using System.Globalization;
using Microsoft.Extensions.Options;
using Portal.Foundation.Identity;
using Portal.Foundation.Outbox;

namespace Portal.Events.Deliveries.Mails;

/// <summary>A person's morning: what is due, what moved, what was watched, what is unread.</summary>
public sealed class DigestMail(DigestStore digests, IOptions<MailOptions> options) : IMailWriter
{
    public IReadOnlyCollection<string> Types { get; } = [EventTypes.DigestSent];

    public async Task<(MailContent? Content, string? Why)> WriteAsync(
        TenantId tenant, Delivery delivery, MailRecipient to, CancellationToken ct)
    {
        var e = delivery.Event;
        var day = DateOnly.ParseExact(e.Text("day")!, "yyyy-MM-dd", CultureInfo.InvariantCulture);
        var content = await digests.ReadAsync(tenant, new UserId(e.AggregateId), day, e.OccurredAt.AddDays(-1), e.OccurredAt, ct);
        if (content.IsEmpty)
        {
            return (null, "nothing_to_say_any_more");
        }

        var parts = new List<MailPart>();
        AddTasks(parts, "Overdue", content.Overdue, t => $"{t.ProjectName}, was due {MailWords.Day(t.DueOn)}");
        AddTasks(parts, "Due today", content.DueToday, t => t.ProjectName);
        if (content.Moved.Count > 0)
        {
            parts.Add(
                new MailPart.Section(
                    "What moved", [
                        .. content.Moved.Select(t => new MailItem(t.Title, $"now {t.Status.Replace('_', ' ')}", TaskUrl(t.Id)))
                    ]));
        }

        if (content.Opened.Count > 0)
        {
            parts.Add(
                new MailPart.Section(
                    "Links that were opened", [
                        .. content.Opened.Select(
                            o =>
                                new MailItem(
                                    o.Title, $"{MailWords.Count((int)o.Opens, "viewer", "viewers")}",
                                    $"{options.Value.PortalUrl}/share-links/{o.Id}"))
                    ]));
        }

        if (content.Unread > 0)
        {
            parts.Add(
                new MailPart.Paragraph(
                    $"You have {MailWords.Count((int)content.Unread, "unread notification", "unread notifications")}."));
        }

        return (new(
            $"Your {MailWords.Day(day)}", Preview(content), Greeting(to), parts, new("Open the portal", options.Value.PortalUrl),
            $"You get this once a day from {to.Brand.TenantName}, on days when there is something to say."), null);
    }

    private static string Greeting(MailRecipient to) => to.Name is { Length: > 0 } name ? $"Hello {name}" : "Hello";

    private static string Preview(DigestContent content) => string.Join(", ", new[]
    {
        content.Overdue.Count > 0 ? $"{content.Overdue.Count} overdue" : null,
        content.DueToday.Count > 0 ? $"{content.DueToday.Count} due today" : null,
        content.Unread > 0 ? $"{content.Unread} unread" : null,
    }.OfType<string>());

    private void AddTasks(List<MailPart> parts, string title, IReadOnlyList<DueTask> tasks, Func<DueTask, string> note)
    {
        if (tasks.Count > 0)
        {
            parts.Add(new MailPart.Section(title, [.. tasks.Select(t => new MailItem(t.Title, note(t), TaskUrl(t.Id)))]));
        }
    }

    private string TaskUrl(Guid task) => $"{options.Value.PortalUrl}/tasks/{task}";
}
