using System.Globalization;
using Microsoft.Extensions.Options;
using Portal.Events.Deliveries;
using Portal.Events.Deliveries.Mails;
using Portal.Foundation.Identity;
using Portal.Foundation.Outbox;

namespace Portal.Operations.Costs;

/// <summary>Half of a month's budget is used, or four fifths of it, or all.</summary>
public sealed class BudgetMail(IOptions<MailOptions> options) : IMailWriter
{
    public IReadOnlyCollection<EventType> Types { get; } = [EventType.TenantBudgetReached];

    public Task<(MailContent? Content, string? Why)> WriteAsync(
        TenantId tenant, Delivery delivery, MailRecipient to, CancellationToken ct)
    {
        var e = delivery.Event;
        var (percent, budget) = ((int)e.Number("percent")!, (int)e.Number("budgetUsd")!);
        var month = DateOnly.ParseExact(e.Text("month")!, "yyyy-MM-dd", CultureInfo.InvariantCulture)
            .ToString("MMMM yyyy", CultureInfo.InvariantCulture);
        var subject = percent == 100
            ? $"The budget of {month} is reached"
            : $"{percent} % of the budget of {month} is used";
        var content = new MailContent(
            subject, $"Of {budget} USD.", subject,
            [
                new MailPart.Paragraph(string.Create(
                    CultureInfo.InvariantCulture,
                    $"So far videos and mails of {to.Brand.TenantName} have cost {(decimal)e.Number("usd")!:0.00} USD in {month}; the "
                        + $"budget is {budget} USD. Nothing is switched off: see which projects and videos cost most, and decide.")),
            ],
            new("See the costs", $"{options.Value.PortalUrl}/costs"),
            $"You get this because you are an Admin of {to.Brand.TenantName}.");
        return Task.FromResult<(MailContent?, string?)>((content, null));
    }
}
