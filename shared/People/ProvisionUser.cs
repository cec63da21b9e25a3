using System.Security.Cryptography;
using System.Text;
using Portal.Foundation.Audit;
using Portal.Foundation.Db;
using Portal.Foundation.Faults;
using Portal.Foundation.Identity;
using Portal.Foundation.Limits;
using Portal.Foundation.Outbox;
using Portal.Projects;
using Portal.Vendors;
using Portal.Vendors.Clerk;

namespace Portal.People;

/// <summary>
/// Lets in who was invited, or came here with an import (docs/flows/invite-accepted.md): Clerk says which invite their membership came of
/// and which addresses are theirs; our row says whether it still holds, and with which role and projects. Their first request asks, and so
/// does Clerk's webhook: whichever is first. Several at once enrol once.
/// </summary>
public sealed class ProvisionUser(
    PortalDb db, InviteStore invites, ProjectMembershipQuery projects, UserStore users, ClerkDirectory clerk, RateLimitStore limits,
    AuditWriter audit)
{
    private const int AttemptsPerMinute = 30;
    private const int PatienceSeconds = 5;
    private const string NotNow = "Whether you are invited cannot be found out just now.";
    private static readonly Refusal NotVerified = new Refusal.Forbidden("email-not-verified", "Verify your e-mail address first.");
    private static readonly Refusal NotInvited = new Refusal.Forbidden("not-enrolled", "You are not a member of this portal.");

    /// <summary>Null: they are a member now, by this or by what ran beside it. Forbidden: they are not invited.</summary>
    /// <param name="by">Who brings it about, given the id that they will have here.</param>
    public async Task<Refusal?> RunAsync(
        string clerkUserId, string organizationId, TenantId tenant, Func<UserId, Actor> by, CancellationToken ct)
    {
        // Each try asks Clerk twice; somebody who is not invited must not make us hammer it.
        var key = $"enrol:{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{tenant} {clerkUserId}")))}";
        if (await limits.TakeAsync(key, TimeSpan.FromMinutes(1), AttemptsPerMinute, ct) is { Allowed: false } hit)
        {
            return new Refusal.Unavailable(hit.RetryAfter, NotNow);
        }

        var membership = await clerk.FindMembershipAsync(clerkUserId, organizationId, ct);
        if (membership.IsFailure(out var failure, out var mark))
        {
            return Trouble(failure);
        }

        var person = await clerk.FindUserAsync(clerkUserId, ct);
        return person.IsFailure(out failure, out var user)
            ? Trouble(failure)
            : await db.InTenantAsync(tenant, tx => EnrolAsync(tx, tenant, user, mark.InviteId, by), ct);
    }

    private async Task<Refusal?> EnrolAsync(Tx tx, TenantId tenant, ClerkUser person, Guid marked, Func<UserId, Actor> by)
    {
        if (await users.LinkAsync(tx, tenant, person.Id, person.VerifiedEmails) is { } known)
        {
            await audit.WriteAsync(tx, tenant, by(known), new AuditEntry("user_linked", "user", known.Value, null, null));
            return null;
        }

        if (await invites.LockForAsync(tx, tenant, marked, person.VerifiedEmails) is not { } invite)
        {
            // A request beside this one may have used it.
            return await users.IsMemberAsync(tx, tenant, person.Id) ? null : NotInvited;
        }

        if (person.Email is not { } email)
        {
            return NotVerified;
        }

        if (await users.EnrolAsync(tx, tenant, new(person.Id, email, person.Name ?? email, invite.Role, person.UpdatedAt)) is not { } id)
        {
            return null;
        }

        var actor = by(id);
        await projects.JoinAsync(tx, tenant, id, invite.ProjectIds);
        await invites.AcceptAsync(tx, tenant, actor, invite.Id, id);
        await audit.WriteAsync(tx, tenant, actor, new AuditEntry("user_enrolled", "user", id.Value, null,
            new { inviteId = invite.Id.Value, role = invite.Role, status = "active", projectIds = invite.ProjectIds },
            EventType.UserEnrolled));
        return null;
    }

    private static Refusal Trouble(VendorFailure failure) => failure switch
    {
        VendorFailure.Refused => NotInvited,
        VendorFailure.RateLimited p => new Refusal.Unavailable((int)Math.Ceiling(p.Wait.TotalSeconds), NotNow),
        _ => new Refusal.Unavailable(PatienceSeconds, NotNow),
    };
}
