using Microsoft.Extensions.Options;
using Portal.Events.Deliveries;
using Portal.Events.Deliveries.Mails;
using Portal.Foundation;
using Portal.Foundation.Identity;
using Portal.Foundation.Outbox;

namespace Portal.Events.OutboundWebhooks;

/// <summary>An endpoint gets nothing any more: an Admin can enable it again once its receiver is well.</summary>
public sealed class EndpointDisabledMail(OutboundEndpointStore endpoints, IOptions<MailOptions> options) : IMailWriter
{
    public IReadOnlyCollection<EventType> Types { get; } = [EventType.WebhookEndpointDisabled];

    public async Task<(MailContent? Content, string? Why)> WriteAsync(
        TenantId tenant, Delivery delivery, MailRecipient to, CancellationToken ct)
    {
        if (await endpoints.FindAsync(tenant, delivery.Event.AggregateId, ct) is not { } endpoint)
        {
            return (null, SendWebhook.EndpointDeleted);
        }

        if (endpoint.Enabled)
        {
            return (null, "endpoint_enabled_again");
        }

        var gone = delivery.Event.Text("reason") == DisabledReason.Gone;
        var why = gone
            ? $"{endpoint.Host} answered 410 Gone, which asks us to stop."
            : $"Every event that we sent to {endpoint.Host} has failed for five days.";
        List<(string, string)> facts = [("Host", endpoint.Host)];
        if (endpoint.Description.Length > 0)
        {
            facts.Add(("Description", endpoint.Description));
        }

        if (delivery.Event.Time("failingSince") is { } since)
        {
            facts.Add(("Failing since", Words.Time(since, to.Brand.TimeZone)));
        }

        return (new(
            $"Webhooks to {endpoint.Host} are switched off", why, "Webhooks are switched off",
            [
                new MailPart.Paragraph(why),
                new MailPart.Facts(facts),
                new MailPart.Paragraph(
                    gone
                        ? "Events that happen now are not kept for it. Enable the endpoint again if that was a mistake."
                        : "Events that happen now are noted for it. When the receiver is well again, enable the endpoint, and have what "
                            + "it missed sent again."),
            ],
            new("Look at the endpoint", $"{options.Value.PortalUrl}/webhook-endpoints/{endpoint.Id}"),
            $"You get this because you are an Admin of {to.Brand.TenantName}."), null);
    }
}
