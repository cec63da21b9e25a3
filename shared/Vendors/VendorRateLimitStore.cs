using Portal.Foundation.Db;

namespace Portal.Vendors;

/// <summary>
/// The rate limit of a vendor that counts calls per account, shared by all workers through one row. A slot is a reserved moment, one gap
/// after the slot before it: a hundred callers at once get a hundred different moments, and each calls exactly once at its own.
/// A slot that nobody uses (its owner crashed) is lost, which costs one gap.
/// </summary>
public sealed class VendorRateLimitStore(PortalDb db, TimeProvider clock)
{
    /// <summary>Reserves the next free moment; now or earlier means go at once.</summary>
    public Task<DateTimeOffset> TakeSlotAsync(string vendor, TimeSpan gap, CancellationToken ct) =>
        db.AcrossTenantsAsync(tx => tx.GetAsync<DateTimeOffset>("""
            insert into portal.vendor_rate_limits as p (vendor, next_at) values (@vendor, @now + @gap)
            on conflict (vendor) do update set next_at = greatest(p.next_at, @now) + @gap
            returning next_at - @gap
            """, new { vendor, now = clock.GetUtcNow(), gap }), ct);

    /// <summary>The vendor says slow down: no slot before that long from now.</summary>
    public Task SlowDownAsync(string vendor, TimeSpan wait, CancellationToken ct) =>
        db.AcrossTenantsAsync(tx => tx.ExecuteAsync("""
            insert into portal.vendor_rate_limits as p (vendor, next_at) values (@vendor, @until)
            on conflict (vendor) do update set next_at = greatest(p.next_at, excluded.next_at)
            """, new { vendor, until = clock.GetUtcNow() + wait }), ct);
}
