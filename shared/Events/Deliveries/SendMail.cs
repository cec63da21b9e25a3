using Portal.Events.Deliveries.Mails;
using Portal.Vendors;
using Portal.Vendors.Resend;

namespace Portal.Events.Deliveries;

/// <summary>Sends a delivery as a mail. Scoped, because Resend's client is.</summary>
public sealed class SendMail(
    MailRecipientStore recipients, ComposeMail compose, DeliveryStore deliveries, ResendMail resend) : IDeliveryChannel
{
    public string Name => "email";

    public async Task<DeliveryOutcome> SendAsync(DeliveryRef reference, Delivery delivery, CancellationToken ct)
    {
        var (to, gone) = await recipients.FindAsync(reference.Tenant, delivery, ct);
        if (to is null)
        {
            return new DeliveryOutcome.Skipped(gone!);
        }

        var (mail, nothing) = await compose.RunAsync(reference.Tenant, delivery, to, ct);
        if (mail is null)
        {
            return new DeliveryOutcome.Skipped(nothing!);
        }

        if (!await deliveries.SubmissionStartedAsync(reference.Tenant, reference, ct))
        {
            // Settled by somebody else in between: ending it again changes nothing.
            return new DeliveryOutcome.Skipped("settled");
        }

        return await resend.SendAsync(mail, ct) switch
        {
            { Failure: null, Value: var id } => new DeliveryOutcome.Sent(id.ToString()),
            // An earlier attempt went through, and its words have changed since: it is sent, only its id at the vendor is not known.
            { Failure: VendorFailure.Refused { Reason: "InvalidIdempotentRequest" } } => new DeliveryOutcome.Sent(null),
            { Failure: var failure } => SendDelivery.OutcomeOf(failure, "Resend"),
        };
    }
}
