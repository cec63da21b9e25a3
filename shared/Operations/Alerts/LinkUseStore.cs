using Microsoft.Extensions.Options;
using Portal.Foundation.Db;
using Portal.Foundation.Limits;
using Portal.Operations.Probes;

namespace Portal.Operations.Alerts;

/// <summary>An address that asked for many share links, or a link that was opened from many addresses.</summary>
/// <param name="What">As <c>infra/postgres/functions/measure_link_use.sql</c> calls it.</param>
/// <param name="Subject">The beginning of the address's hash, or the link's id.</param>
/// <param name="TenantId">The link's; null for an address, which may have asked for those of many.</param>
public sealed record LinkUse(string What, string Subject, Guid? TenantId, long Number);

/// <summary>Reads who used share links beyond what is usual, across tenants: hashes, ids and numbers.</summary>
public sealed class LinkUseStore(PortalDb db, IOptions<LimitOptions> limits, ProbeGuest probe, TimeProvider clock)
{
    public Task<IReadOnlyList<LinkUse>> MeasureAsync(CancellationToken ct)
    {
        var now = clock.GetUtcNow();
        return db.AcrossTenantsAsync(tx => tx.QueryAsync<LinkUse>("""
            select u.what, u.subject, u.tenant_id, u.number
              from portal.measure_link_use(@addressesSince, @LinksPerAddress, @linksSince, @AddressesPerLink, @link, @viewer) u
            """, new
        {
            addressesSince = now - LinkUseRules.OfAddress,
            limits.Value.LinksPerAddress,
            linksSince = now - LinkUseRules.OfLink,
            limits.Value.AddressesPerLink,
            link = probe.Link?.Value,
            viewer = probe.ViewerHash,
        }), ct);
    }
}
