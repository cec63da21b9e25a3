using Portal.Events.Deliveries.Mails;
using Portal.Vendors;
using Portal.Vendors.Resend;

namespace Portal.Events.Deliveries;

/// <summary>Sends a delivery as a mail. Scoped, because Resend's client is.</summary>
public sealed class SendMail(
    MailRecipientStore recipients, ComposeMail compose, DeliveryStore deliveries, ResendMail resend) : IDeliveryChannel
{
    public string Name => "email";

    public async Task<ChannelAnswer> SendAsync(DeliveryRef reference, Delivery delivery, CancellationToken ct)
    {
        var (to, why) = await recipients.FindAsync(reference.Tenant, delivery, ct);
        if (to is null)
        {
            return new ChannelAnswer.Nothing(why!);
        }

        return await compose.RunAsync(reference.Tenant, delivery, to, ct) switch
        {
            Composed.Nothing nothing => new ChannelAnswer.Nothing(nothing.Why),
            // Settled by somebody else in between: ending it again changes nothing.
            Composed.Ready when !await deliveries.SubmissionStartedAsync(reference.Tenant, reference, ct) =>
                new ChannelAnswer.Nothing("settled"),
            Composed.Ready { Mail: var mail } => await SendAsync(mail, ct),
            _ => throw new InvalidOperationException("Unknown outcome."),
        };
    }

    private async Task<ChannelAnswer> SendAsync(Mail mail, CancellationToken ct) => await resend.SendAsync(mail, ct) switch
    {
        { Failure: null, Value: var id } => new ChannelAnswer.Sent(id.ToString()),
        // An earlier go went through, and its words have changed since: it is sent, only its id at the vendor is not known.
        { Failure: VendorFailure.Refused { Reason: "InvalidIdempotentRequest" } } => new ChannelAnswer.Sent(null),
        { Failure: VendorFailure.Refused { Status: 401 or 403 } blocked } => new ChannelAnswer.Blocked(
            $"Resend answers {blocked.Status} {blocked.Reason}"),
        { Failure: VendorFailure.Refused refused } => new ChannelAnswer.Refused(refused.Reason),
        { Failure: VendorFailure.RateLimited paced } => new ChannelAnswer.RateLimited(paced.Wait),
        { Failure: var unknown } => new ChannelAnswer.Unknown(unknown.Reason),
    };
}
