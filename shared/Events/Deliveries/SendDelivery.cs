using Portal.Foundation.Alerts;
using Portal.Foundation.Faults;

namespace Portal.Events.Deliveries;

/// <summary>What one attempt at a delivery came to.</summary>
/// <param name="Wait">Not sent yet: try again after that. Null: the row is settled.</param>
/// <param name="Blocked">It waits for us, not for the vendor: that may take days, and counts for nothing.</param>
public sealed record SendOutcome(TimeSpan? Wait, bool Blocked = false);

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

    /// <summary>
    /// The vendor does not accept us (401, 403): a wrong or rotated key, a domain that is not verified. Nothing is wrong with what is
    /// sent; it goes out once that is mended.
    /// </summary>
    public sealed record Blocked(string Reason) : ChannelAnswer;

    /// <summary>The vendor said no: the same again will not get better.</summary>
    public sealed record Refused(string Reason) : ChannelAnswer;

    /// <summary>The vendor asks to slow down.</summary>
    public sealed record RateLimited(TimeSpan Wait) : ChannelAnswer;

    /// <summary>It cannot be known whether the vendor took it.</summary>
    public sealed record Unknown(string Reason) : ChannelAnswer;
}

/// <summary>A way out of the portal: mail, page. Each registers itself.</summary>
public interface IDeliveryChannel
{
    /// <summary>As <c>portal.deliveries.channel</c> says it.</summary>
    string Name { get; }

    Task<ChannelAnswer> SendAsync(DeliveryRef reference, Delivery delivery, CancellationToken ct);
}

/// <summary>
/// Sends one delivery through its channel, under a key of ours that the vendor knows repeats by. What it says is read from the rows now,
/// not kept since the event: a title that changed is the new one, and what is no longer true is not sent at all.
/// </summary>
public sealed class SendDelivery(DeliveryStore deliveries, IEnumerable<IDeliveryChannel> channels, FailDelivery fail, AlertStore alerts)
{
    private static readonly TimeSpan UntilMended = TimeSpan.FromMinutes(15);

    /// <exception cref="TransientException">It cannot be known whether the vendor took it; the same again is safe.</exception>
    public async Task<SendOutcome> RunAsync(DeliveryRef reference, CancellationToken ct)
    {
        if (await deliveries.FindAsync(reference.Tenant, reference, ct) is not { Status: "sending" } delivery)
        {
            return new(null);
        }

        var channel = channels.Single(channel => channel.Name == delivery.Channel);
        switch (await channel.SendAsync(reference, delivery, ct))
        {
            case ChannelAnswer.Sent sent:
                await deliveries.SentAsync(reference.Tenant, reference, sent.VendorId, ct);
                return new(null);
            case ChannelAnswer.Nothing nothing:
                // When an earlier go may have gone through, the row says that nobody knows.
                await deliveries.EndAsync(
                    reference.Tenant, reference, "skipped", delivery.SubmissionStarted ? $"perhaps sent: {nothing.Why}" : nothing.Why, ct);
                return new(null);
            case ChannelAnswer.Refused refused:
                await fail.RunAsync(reference, $"refused: {refused.Reason}", ct);
                return new(null);
            case ChannelAnswer.Blocked blocked:
                await alerts.AddAsync(new("delivery_blocked", channel.Name, "error",
                    $"Nothing goes out by {channel.Name}: {blocked.Reason}. It goes on by itself once that is mended."), ct);
                return new(UntilMended, Blocked: true);
            case ChannelAnswer.RateLimited paced:
                return new(paced.Wait);
            case ChannelAnswer.Unknown unknown:
                throw new TransientException(unknown.Reason);
            default:
                throw new InvalidOperationException("Unknown answer.");
        }
    }
}
