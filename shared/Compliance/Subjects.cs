using Portal.Foundation.Db;
using Portal.Foundation.Faults;
using Portal.Foundation.Identity;

namespace Portal.Compliance;

/// <summary>Whom a request is about: to be erased, or to get a copy of what is kept of them.</summary>
public static class SubjectKind
{
    /// <summary>A user of the tenant.</summary>
    public const string Person = "person";

    /// <summary>Whoever links were addressed to, by e-mail address.</summary>
    public const string Guest = "guest";

    /// <summary>The tenant itself, with everything that is of it.</summary>
    public const string Tenant = "tenant";
}

/// <summary>What is asked of a subject before a request is taken on.</summary>
internal static class SubjectQuery
{
    /// <summary>Viewers that no link of the tenant has; null: all are known.</summary>
    public static async Task<Refusal?> UnknownViewersAsync(Tx tx, TenantId tenant, IReadOnlyList<Guid> viewers)
    {
        var unknown = viewers.Count == 0 ? 0 : await tx.GetAsync<long>("""
            select count(*) from unnest(@viewers) as w (id)
             where not exists (select 1 from portal.share_viewers v where v.tenant_id = @tenant and v.id = w.id)
            """, new { tenant, viewers = viewers.ToArray() });
        return unknown > 0
            ? new Refusal.InvalidField("viewerIds", "viewer", $"names {unknown} viewers that no link of this portal has.")
            : null;
    }
}
