using System.Security.Cryptography;
using System.Text;
using Portal.Foundation.Audit;
using Portal.Foundation.Db;
using Portal.Foundation.Faults;
using Portal.Foundation.Identity;
using Portal.Foundation.Limits;
using Portal.Foundation.Outbox;
using Portal.Vendors;
using Portal.Vendors.Clerk;

namespace Portal.People;

/// <summary>
/// The first thing that happens in a portal: somebody of a Clerk organization without a tenant makes it, and is its Admin. Who they are
/// is asked of Clerk before the transaction. Repeating it is harmless: the organization is unique.
/// </summary>
public sealed class SetUpTenant(
    PortalDb db, TenantStore tenants, UserStore users, ClerkDirectory clerk, RateLimitStore limits, AuditWriter audit, TimeProvider clock)
{
    private const int AttemptsPerHour = 10;
    private const string Later = "Please try again later.";

    public async Task<Result<Tenant>> RunAsync(UnprovisionedUser person, string name, string timeZone, CancellationToken ct)
    {
        if (person.TenantStatus is { } status)
        {
            return Exists(status);
        }

        var key = $"set-up:{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(person.ClerkUserId)))}";
        if (await limits.TakeAsync(key, TimeSpan.FromHours(1), AttemptsPerHour, ct) is { Allowed: false } hit)
        {
            return new Refusal.TooMany(hit.RetryAfter, Later);
        }

        var found = await clerk.FindUserAsync(person.ClerkUserId, ct);
        if (found.IsFailure(out var failure, out var user))
        {
            return failure is VendorFailure.RateLimited paced
                ? new Refusal.TooMany((int)Math.Ceiling(paced.Wait.TotalSeconds), Later)
                : throw new HttpRequestException($"Clerk cannot say who this is: {failure}");
        }

        return user.Email is { } email
            ? await SaveAsync(
                person, new(person.ClerkUserId, email, user.Name ?? email, Role.Admin, user.UpdatedAt), name, timeZone, ct)
            : new Refusal.Forbidden("email-not-verified", "Verify your e-mail address first.");
    }

    private Task<Result<Tenant>> SaveAsync(UnprovisionedUser person, NewUser founder, string name, string timeZone, CancellationToken ct)
    {
        var id = NewKey.At<TenantId>(clock.GetUtcNow());
        return db.InTenantAsync<Result<Tenant>>(id, async tx =>
        {
            if (await tenants.AddAsync(tx, id, person.ClerkOrganizationId, name, timeZone) is not { } tenant
                || await users.EnrolAsync(tx, id, founder) is not { } admin)
            {
                return Exists("active");
            }

            var actor = new Actor("user", admin.ToString(), null, person.RequestId);
            await audit.WriteAsync(tx, id, actor, new AuditEntry(
                "tenant_created", "tenant", id.Value, null,
                new { status = tenant.Status, timeZone = tenant.TimeZone, adminId = admin.Value }, EventType.TenantCreated));
            await audit.WriteAsync(tx, id, actor, new AuditEntry(
                "user_enrolled", "user", admin.Value, null, new { role = Role.Admin, status = "active" }, EventType.UserEnrolled));
            return tenant;
        }, ct);
    }

    private static Refusal.Conflict Exists(string status) =>
        new("tenant-exists", $"Your organization has a portal already; it is {status}.");
}
