namespace Portal.Events.Deliveries;

/// <summary>
/// What one attempt at a delivery came to, from its channel to its orchestration. That it cannot be known whether the vendor took it is
/// none of these: a channel throws <see cref="Foundation.Faults.TransientException"/>, and the same attempt is made again.
/// </summary>
public abstract record DeliveryOutcome
{
    private DeliveryOutcome()
    {
    }

    /// <param name="VendorId">The vendor's id of it, where it has one: no two deliveries share it.</param>
    public sealed record Sent(string? VendorId) : DeliveryOutcome;

    /// <summary>There is nothing to send (any more).</summary>
    public sealed record Skipped(string Why) : DeliveryOutcome;

    /// <summary>The vendor said no: the same again will not get better.</summary>
    public sealed record Refused(string Reason) : DeliveryOutcome;

    /// <summary>It has failed for good, and whose system it was to go to sees that themselves: nobody on call is told.</summary>
    public sealed record Failed(string Reason) : DeliveryOutcome;

    /// <summary>Not yet: try again after that.</summary>
    /// <param name="Blocked">
    /// The vendor does not accept us (401, 403): a wrong or rotated key, a domain that is not verified. Nothing is wrong with what is
    /// sent; it goes out once that is mended, which may take days and counts for nothing. Null: the vendor asks to slow down.
    /// </param>
    /// <param name="Failure">An attempt that failed, of a channel that counts its attempts itself and says when the next one is.</param>
    /// <param name="IsHeld">People on call hold it back: nobody was asked, and it counts for nothing.</param>
    public sealed record Later(TimeSpan Wait, string? Blocked = null, string? Failure = null, bool IsHeld = false) : DeliveryOutcome;
}
