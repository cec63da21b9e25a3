using Portal.Deliveries.Mails;
using Portal.Uploads;
using Portal.Vendors;
using Portal.Vendors.Resend;

namespace Portal.Deliveries;

/// <summary>What one go at a delivery came to.</summary>
/// <param name="Wait">Not sent: the vendor asks for patience. Null: the row is settled.</param>
public sealed record SendOutcome(TimeSpan? Wait);

/// <summary>
/// Sends one delivery to its vendor, with the row's id as idempotency key. What it says is read from the rows now, not kept since the
/// event: a title that changed is the new one, and what is no longer true is not sent at all.
/// </summary>
public sealed class SendDelivery(DeliveryStore deliveries, MailRecipients recipients, ComposeMail compose, ResendMail resend)
{
    /// <exception cref="TryAgainException">It cannot be known whether the vendor took it; the same again is safe.</exception>
    public async Task<SendOutcome> RunAsync(DeliveryRef reference, CancellationToken ct)
    {
        if (await deliveries.FindAsync(reference.Tenant, reference, ct) is not { Status: "sending" } delivery)
        {
            return new(null);
        }

        var (to, why) = await recipients.FindAsync(reference.Tenant, delivery, ct);
        if (to is null)
        {
            return await SkipAsync(reference, delivery, why!, ct);
        }

        return await compose.RunAsync(reference.Tenant, delivery, to, ct) switch
        {
            Composed.Nothing nothing => await SkipAsync(reference, delivery, nothing.Why, ct),
            Composed.Ready { Mail: var mail } => await SendAsync(reference, mail, ct),
            _ => throw new InvalidOperationException("Unknown outcome."),
        };
    }

    private async Task<SendOutcome> SendAsync(DeliveryRef reference, Mail mail, CancellationToken ct)
    {
        if (!await deliveries.OfferAsync(reference.Tenant, reference, ct))
        {
            return new(null);
        }

        switch (await resend.SendAsync(mail, ct))
        {
            case VendorAnswer<Guid>.Ok ok:
                await deliveries.SentAsync(reference.Tenant, reference, ok.Value.ToString(), ct);
                return new(null);
            case VendorAnswer<Guid>.Refused { Reason: "InvalidIdempotentRequest" }:
                // An earlier go went through, and its words have changed since: it is sent, only its id at the vendor is not known.
                await deliveries.SentAsync(reference.Tenant, reference, null, ct);
                return new(null);
            case VendorAnswer<Guid>.Refused refused:
                await deliveries.EndAsync(reference.Tenant, reference, "failed", $"refused: {refused.Reason}", ct);
                return new(null);
            case VendorAnswer<Guid>.Paced paced:
                return new(paced.Wait);
            case VendorAnswer<Guid>.Unknown unknown:
                throw new TryAgainException($"Resend: {unknown.Reason}");
            default:
                throw new InvalidOperationException("Unknown answer.");
        }
    }

    /// <summary>Not sent any more. When an earlier go may have gone through, the row says that nobody knows.</summary>
    private async Task<SendOutcome> SkipAsync(DeliveryRef reference, Delivery delivery, string why, CancellationToken ct)
    {
        await deliveries.EndAsync(reference.Tenant, reference, "skipped", delivery.Offered ? $"perhaps sent: {why}" : why, ct);
        return new(null);
    }
}
