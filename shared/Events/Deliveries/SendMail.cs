using Portal.Events.Deliveries.Mails;
using Portal.Foundation.Outages;
using Portal.Vendors;
using Portal.Vendors.Resend;

namespace Portal.Events.Deliveries;

/// <summary>Sends a delivery as a mail. Scoped, because Resend's client is.</summary>
public sealed class SendMail(
    MailRecipientStore recipients, ComposeMail compose, DeliveryStore deliveries, ResendMail resend, KnownOutages outages,
    TimeProvider clock) : IDeliveryChannel
{
    public const string Channel = "email";

    /// <summary>A switch may end early.</summary>
    private static readonly TimeSpan LongestHold = TimeSpan.FromMinutes(1);

    public string Name => Channel;

    public async Task<DeliveryOutcome> SendAsync(DeliveryRef reference, Delivery delivery, CancellationToken ct)
    {
        var now = clock.GetUtcNow();
        if ((await outages.ReadAsync(ct)).Find(Feature.Mail, now) is { } off)
        {
            return new DeliveryOutcome.Later(off.Until - now < LongestHold ? off.Until - now : LongestHold, IsHeld: true);
        }

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
