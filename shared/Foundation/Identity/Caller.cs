using Microsoft.Extensions.Options;
using Portal.Foundation.Audit;
using Portal.Foundation.Db;
using Portal.Foundation.Limits;

namespace Portal.Foundation.Identity;

/// <summary>The roles (docs/permissions.md) that a user row can hold. Guest is a token and Operator a platform list, not a row
/// here.</summary>
public static class Role
{
    public const string Admin = "admin";
    public const string Agency = "agency";
    public const string Client = "client";
    public const string Compliance = "compliance";
}

/// <summary>A signed-in person inside one tenant. Roles come from our database; the token only says who.</summary>
/// <param name="ImpersonatorId">Clerk user behind an impersonated session (<c>act.sub</c>); goes into every audit row.</param>
public sealed record Caller(TenantId Tenant, UserId User, string Role, string ClerkUserId, string? ImpersonatorId, string RequestId)
{
    /// <summary>An Admin sees every project; everybody else those they are a member of.</summary>
    public bool SeesAllProjects => Role == Identity.Role.Admin;
}

/// <summary>A person on call for the platform. Sees ids, states and errors across tenants, never titles or content.</summary>
public sealed record Operator(string ClerkUserId, string RequestId);

/// <summary>A signed-in person whose Clerk organization has no tenant that we know of.</summary>
/// <param name="TenantStatus">Null: the organization has none. Else the one it has is in this state.</param>
public sealed record UnprovisionedUser(string ClerkUserId, string ClerkOrganizationId, string? TenantStatus, string RequestId);

/// <summary>What the database knows about the person behind a session, and whether they may make one more request just now.</summary>
/// <param name="RateLimit">The limit that will be reached first, the person's or their tenant's, and what is left of it until the reset in
/// seconds.</param>
/// <param name="OverUser">Over the person's own limit: not admitted, unless that limit is only observed. So is
/// <paramref name="OverTenant"/> of the tenant's.</param>
public sealed record KnownCaller(
    Guid? TenantId, Guid? UserId, string? Role, string? UserStatus, string? TenantStatus, bool IsOperator,
    bool Admitted, int RateLimit, int RateRemaining, int RateReset, bool OverUser, bool OverTenant);

/// <summary>Looks a session's person up (tenant by Clerk organization, user by Clerk user) and counts their request, in one round
/// trip.</summary>
public sealed class CallerStore(
    PortalDb db, IOptions<LimitOptions> limits, LimitRefusals refusals, PersonalHash personal, TimeProvider clock)
{
    public async Task<KnownCaller> AdmitAsync(string clerkUserId, string? clerkOrganizationId, CancellationToken ct)
    {
        var options = limits.Value;
        var known = await db.AskAsync<KnownCaller>("""
            select * from portal.admit_caller(@clerkUserId, @clerkOrganizationId, @now, @userLimit, @tenantLimit, @observeUser,
               @observeTenant)
            """, new
        {
            clerkUserId,
            clerkOrganizationId,
            now = clock.GetUtcNow(),
            userLimit = options.UserPerMinute,
            tenantLimit = options.TenantPerMinute,
            observeUser = options.IsObserved(LimitName.User),
            observeTenant = options.IsObserved(LimitName.Tenant),
        }, ct);
        if (known.OverUser)
        {
            refusals.Refuses(LimitName.User, known.UserId?.ToString() ?? personal.Of(clerkUserId)![..Requester.ShownLength]);
        }

        if (known.OverTenant)
        {
            refusals.Refuses(LimitName.Tenant, known.TenantId!.Value.ToString());
        }

        return known;
    }
}
