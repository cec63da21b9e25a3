using Portal.Foundation;
using Portal.Foundation.Alerts;
using Portal.Foundation.Faults;
using Portal.Vendors;

namespace Portal.Events.Deliveries;

/// <summary>A way out of the portal: mail, page, webhook. Each registers itself.</summary>
public interface IDeliveryChannel
{
    /// <summary>As <c>portal.deliveries.channel</c> says it.</summary>
    string Name { get; }

    /// <exception cref="TransientException">It cannot be known whether the vendor took it; the same again is safe.</exception>
    Task<DeliveryOutcome> SendAsync(DeliveryRef reference, Delivery delivery, CancellationToken ct);
}

/// <summary>
/// Sends one delivery through its channel, under a key of ours that the vendor knows repeats by. What it says is read from the rows now,
/// not kept since the event: a title that changed is the new one, and what is no longer true is not sent at all.
/// </summary>
public sealed class SendDelivery(DeliveryStore deliveries, IEnumerable<IDeliveryChannel> channels, FailDelivery fail, AlertStore alerts)
{
    private static readonly TimeSpan UntilMended = TimeSpan.FromMinutes(15);

    /// <summary>While a vendor's circuit is open. Nobody was asked, so that it is no attempt; half a day of it is.</summary>
    private static readonly TimeSpan UntilCalledAgain = TimeSpan.FromMinutes(1);

    /// <summary>Null: the row is settled.</summary>
    /// <exception cref="TransientException">As the channel's.</exception>
    public async Task<DeliveryOutcome.Later?> RunAsync(DeliveryRef reference, CancellationToken ct)
    {
        if (await deliveries.FindAsync(reference.Tenant, reference, ct) is not { Status: "sending" } delivery)
        {
            return null;
        }

        var channel = channels.Single(channel => channel.Name == delivery.Channel);
        var outcome = await channel.SendAsync(reference, delivery, ct);
        if (outcome is DeliveryOutcome.Later { Failure: null } waits)
        {
            await deliveries.WaitAsync(reference.Tenant, reference, waits.Wait, ct);
        }

        switch (outcome)
        {
            case DeliveryOutcome.Sent sent:
                await deliveries.SentAsync(reference.Tenant, reference, sent.VendorId, ct);
                return null;
            case DeliveryOutcome.Skipped skipped:
                // When an earlier attempt may have gone through, the row says that nobody knows.
                await deliveries.EndAsync(
                    reference.Tenant, reference, "skipped", delivery.SubmissionStarted ? $"perhaps sent: {skipped.Why}" : skipped.Why, ct);
                return null;
            case DeliveryOutcome.Refused refused:
                await fail.RunAsync(reference, $"refused: {refused.Reason}", ct);
                return null;
            case DeliveryOutcome.Failed failed:
                await deliveries.EndAsync(reference.Tenant, reference, "failed", failed.Reason, ct);
                return null;
            case DeliveryOutcome.Later { Blocked: { } reason } later:
                await alerts.AddAsync(new(AlertKind.DeliveryBlocked, channel.Name,
                    $"Nothing goes out by {channel.Name}: {reason}. Each is tried again after "
                    + $"{Words.Span(UntilMended)}, and goes out by itself once that is mended."), ct);
                return later;
            case DeliveryOutcome.Later later:
                return later;
            default:
                throw new InvalidOperationException("Unknown outcome.");
        }
    }

    /// <summary>What a vendor's failure means for a delivery, whichever the channel.</summary>
    /// <exception cref="TransientException">It cannot be known whether the vendor took it.</exception>
    internal static DeliveryOutcome OutcomeOf(VendorFailure failure, string vendor) => failure switch
    {
        VendorFailure.Refused { Status: 401 or 403 } blocked => new DeliveryOutcome.Later(
            UntilMended, $"{vendor} answers {blocked.Status} {blocked.Reason}"),
        VendorFailure.Refused refused => new DeliveryOutcome.Refused($"{refused.Status} {refused.Reason}"),
        VendorFailure.RateLimited limited => new DeliveryOutcome.Later(limited.Wait),
        VendorFailure.Unknown { NotCalledFor: not null } => new DeliveryOutcome.Later(UntilCalledAgain),
        _ => throw new TransientException(failure.Reason),
    };
}
