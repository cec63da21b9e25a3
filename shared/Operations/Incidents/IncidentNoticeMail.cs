using Microsoft.Extensions.Options;
using Portal.Events.Deliveries;
using Portal.Events.Deliveries.Mails;
using Portal.Foundation;
using Portal.Foundation.Identity;
using Portal.Foundation.Outbox;

namespace Portal.Operations.Incidents;

/// <summary>What people on call tell the Admins of a tenant about an incident, in their own words.</summary>
public sealed class IncidentNoticeMail(IncidentNoticeStore notices, IOptions<MailOptions> options) : IMailWriter
{
    public IReadOnlyCollection<EventType> Types { get; } = [EventType.IncidentNoticeSent];

    public async Task<(MailContent? Content, string? Why)> WriteAsync(
        TenantId tenant, Delivery delivery, MailRecipient to, CancellationToken ct)
    {
        if (await notices.FindSentAsync(tenant, delivery.Event.AggregateId, ct) is not { } notice)
        {
            return (null, "notice_gone");
        }

        return (new(
            notice.Subject, "About an incident of the portal.", notice.Subject,
            [
                .. notice.Body.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)
                    .Select(line => new MailPart.Paragraph(line)),
                new MailPart.Facts([("Sent", Words.Time(notice.SentAt, to.Brand.TimeZone))]),
            ],
            new("Open the notice", $"{options.Value.PortalUrl}/incident-notices/{notice.Id}"),
            $"You get this because you are an Admin of {to.Brand.TenantName}."), null);
    }
}
