using System.Security.Cryptography;
using System.Text;
using Portal.Foundation.Audit;
using Portal.Foundation.Db;
using Portal.Foundation.Identity;
using Portal.Foundation.Limits;
using Portal.Vendors;
using Portal.Vendors.Clerk;

namespace Portal.People;

/// <summary>What came of setting a tenant up.</summary>
public abstract record SetUp
{
    private SetUp()
    {
    }

    public sealed record Done(Tenant Tenant, UserId Admin) : SetUp;

    /// <summary>The organization has one already.</summary>
    public sealed record Exists : SetUp;

    /// <summary>Too many attempts of one person, or Clerk asks to slow down.</summary>
    public sealed record Later(int RetryAfter) : SetUp;
}

/// <summary>
/// The first thing that happens in a portal: somebody of a Clerk organization without a tenant makes it, and is its Admin. Who they are
/// is asked of Clerk before the transaction. Repeating it is harmless: the organization is unique.
/// </summary>
public sealed class SetUpTenant(
    PortalDb db, TenantStore tenants, UserStore users, ClerkDirectory clerk, RateLimitStore limits, AuditWriter audit, TimeProvider clock)
{
    private const int AttemptsPerHour = 10;

    public async Task<SetUp> RunAsync(UnprovisionedUser person, string name, string timeZone, CancellationToken ct)
    {
        var key = $"set-up:{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(person.ClerkUserId)))}";
        if (await limits.TakeAsync(key, TimeSpan.FromHours(1), AttemptsPerHour, ct) is { Allowed: false } hit)
        {
            return new SetUp.Later(hit.RetryAfter);
        }

        var found = await clerk.FindUserAsync(person.ClerkUserId, ct);
        if (!found.IsFailure(out var failure, out var user))
        {
            return await SaveAsync(person, user, name, timeZone, ct);
        }

        return failure is VendorFailure.RateLimited paced
            ? new SetUp.Later((int)Math.Ceiling(paced.Wait.TotalSeconds))
            : throw new HttpRequestException($"Clerk cannot say who this is: {failure}");
    }

    private Task<SetUp> SaveAsync(UnprovisionedUser person, ClerkUser known, string name, string timeZone, CancellationToken ct)
    {
        var id = NewKey.At<TenantId>(clock.GetUtcNow());
        return db.InTenantAsync<SetUp>(id, async tx =>
        {
            if (await tenants.AddAsync(tx, id, person.ClerkOrganizationId, name, timeZone) is not { } tenant
                || await users.EnrolAsync(
                    tx, id, new(person.ClerkUserId, known.Email, known.Name, Role.Admin, known.UpdatedAt)) is not { } admin)
            {
                return new SetUp.Exists();
            }

            var actor = new Actor("user", admin.ToString(), null, person.RequestId);
            await audit.WriteAsync(tx, id, actor, new AuditEntry(
                "tenant_created", "tenant", id.Value, null,
                new { status = tenant.Status, timeZone = tenant.TimeZone, adminId = admin.Value }, "tenant_created"));
            await audit.WriteAsync(tx, id, actor, new AuditEntry(
                "user_enrolled", "user", admin.Value, null, new { role = Role.Admin, status = "active" }, "user_enrolled"));
            return new SetUp.Done(tenant, admin);
        }, ct);
    }
}
