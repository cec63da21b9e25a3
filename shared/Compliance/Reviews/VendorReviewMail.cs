using Portal.Foundation;
using System.Globalization;
using Microsoft.Extensions.Options;
using Portal.Events.Deliveries;
using Portal.Events.Deliveries.Mails;
using Portal.Foundation.Identity;
using Portal.Foundation.Outbox;

namespace Portal.Compliance.Reviews;

/// <summary>Reviews of vendors are due soon, or overdue: those that still are.</summary>
public sealed class VendorReviewMail(VendorReviewStore reviews, IOptions<MailOptions> options) : IMailWriter
{
    public IReadOnlyCollection<EventType> Types { get; } = [EventType.VendorReviewDue, EventType.VendorReviewOverdue];

    public async Task<(MailContent? Content, string? Why)> WriteAsync(
        TenantId tenant, Delivery delivery, MailRecipient to, CancellationToken ct)
    {
        var e = delivery.Event;
        var dueOn = DateOnly.ParseExact(e.Text("dueOn")!, "yyyy-MM-dd", CultureInfo.InvariantCulture);
        var named = e.Texts("vendors") ?? [];
        var open = (await reviews.StandingsAsync(tenant, ct)).Where(of => of.DueOn == dueOn && named.Contains(of.Vendor.Key)).ToList();
        if (open.Count == 0)
        {
            return (null, "vendors_reviewed");
        }

        var (what, day) = (Words.Count(open.Count, "vendor review", "vendor reviews"), Words.Day(dueOn));
        var (subject, said) = e.Is(EventType.VendorReviewOverdue)
            ? ($"Overdue: {what} of {to.Brand.TenantName}", $"Due on {day}, and not recorded yet.")
            : ($"{what} due by {day}", $"To be looked at again by {day}.");
        return (new(
            subject, said, subject,
            [
                new MailPart.Paragraph(
                    "Every three months somebody looks whether these vendors may go on holding data: what they hold, where, and what they "
                        + "have promised. Record what you found, with links to the evidence."),
                new MailPart.Section(
                    said,
                    [.. open.Select(of => new MailItem(
                        of.Vendor.Processor.Name,
                        of.Last is { } last ? $"last reviewed on {Words.Day(last.ReviewedOn)}" : "never reviewed", null))]),
            ],
            new("Review the vendors", $"{options.Value.PortalUrl}/vendors"),
            $"You get this because you look after compliance at {to.Brand.TenantName}."), null);
    }
}
