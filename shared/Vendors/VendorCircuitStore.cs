using Portal.Foundation.Db;

namespace Portal.Vendors;

/// <summary>Told when a circuit opens (again) or closes.</summary>
public delegate Task NoteCircuit(string vendor, bool isOpen, CancellationToken ct);

/// <summary>Circuits are each instance's own; what is here is what all of them have found, for people.</summary>
public sealed class VendorCircuitStore(PortalDb db, TimeProvider clock)
{
    /// <summary>A vendor that nobody calls in that time is given the benefit of the doubt.</summary>
    public static readonly TimeSpan Remembered = TimeSpan.FromMinutes(2);

    public Task NoteAsync(string vendor, bool isOpen, CancellationToken ct) => isOpen
        ? db.RunAcrossTenantsAsync("""
            insert into portal.vendor_circuits as c (vendor, opened_at, open_until, times) values (@vendor, @now, @until, 1)
            on conflict (vendor) do update set opened_at = case when c.open_until > @now then c.opened_at else @now end,
                   open_until = @until, times = c.times + 1
            """, new { vendor, now = clock.GetUtcNow(), until = clock.GetUtcNow() + Remembered }, ct)
        : db.RunAcrossTenantsAsync(
            "update portal.vendor_circuits set open_until = least(open_until, @now) where vendor = @vendor",
            new { vendor, now = clock.GetUtcNow() }, ct);
}
