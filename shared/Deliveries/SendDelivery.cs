using Portal.Uploads;

namespace Portal.Deliveries;

/// <summary>What one go at a delivery came to.</summary>
/// <param name="Wait">Not sent: the vendor asks for patience. Null: the row is settled.</param>
public sealed record SendOutcome(TimeSpan? Wait);

/// <summary>What a channel made of a delivery.</summary>
public abstract record ChannelAnswer
{
    private ChannelAnswer()
    {
    }

    /// <param name="VendorId">The vendor's id of it, where it has one: no two deliveries share it.</param>
    public sealed record Sent(string? VendorId) : ChannelAnswer;

    /// <summary>There is nothing to send (any more).</summary>
    public sealed record Nothing(string Why) : ChannelAnswer;

    /// <summary>The vendor said no: the same again will not get better.</summary>
    public sealed record Refused(string Reason) : ChannelAnswer;

    /// <summary>The vendor asks for patience.</summary>
    public sealed record Paced(TimeSpan Wait) : ChannelAnswer;

    /// <summary>It cannot be known whether the vendor took it.</summary>
    public sealed record Unknown(string Reason) : ChannelAnswer;
}

/// <summary>
/// Sends one delivery through its channel, under a key of ours that the vendor knows repeats by. What it says is read from the rows now,
/// not kept since the event: a title that changed is the new one, and what is no longer true is not sent at all.
/// </summary>
public sealed class SendDelivery(DeliveryStore deliveries, SendMail mail, SendPage page)
{
    /// <exception cref="TryAgainException">It cannot be known whether the vendor took it; the same again is safe.</exception>
    public async Task<SendOutcome> RunAsync(DeliveryRef reference, CancellationToken ct)
    {
        if (await deliveries.FindAsync(reference.Tenant, reference, ct) is not { Status: "sending" } delivery)
        {
            return new(null);
        }

        var answer = delivery.Channel switch
        {
            "email" => await mail.RunAsync(reference, delivery, ct),
            "pagerduty" => await page.RunAsync(delivery, ct),
            _ => throw new InvalidOperationException($"There is no channel {delivery.Channel}."),
        };
        switch (answer)
        {
            case ChannelAnswer.Sent sent:
                await deliveries.SentAsync(reference.Tenant, reference, sent.VendorId, ct);
                return new(null);
            case ChannelAnswer.Nothing nothing:
                // When an earlier go may have gone through, the row says that nobody knows.
                await deliveries.EndAsync(reference.Tenant, reference, "skipped", delivery.Offered ? $"perhaps sent: {nothing.Why}" : nothing.Why, ct);
                return new(null);
            case ChannelAnswer.Refused refused:
                await deliveries.EndAsync(reference.Tenant, reference, "failed", $"refused: {refused.Reason}", ct);
                return new(null);
            case ChannelAnswer.Paced paced:
                return new(paced.Wait);
            case ChannelAnswer.Unknown unknown:
                throw new TryAgainException(unknown.Reason);
            default:
                throw new InvalidOperationException("Unknown answer.");
        }
    }
}
