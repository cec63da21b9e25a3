using Portal.Foundation.Db;
using Portal.Foundation.Faults;
using Portal.Foundation.Identity;

namespace Portal.People;

/// <summary>
/// Invites somebody, for the first time or again. The row is all that is written here; Clerk is told after the commit. Both hold the
/// address' lock, so that two who invite the same address do it one after the other.
/// </summary>
public sealed class CreateInvite(InviteStore invites, UserStore users)
{
    private static readonly Refusal Member = new Refusal.Conflict(
        "already-member", "Somebody with this address is a member of this portal already.");

    private static readonly Refusal Pending = new Refusal.Conflict(
        "already-invited", "An invite to this address is pending. Revoke it first, or wait.");

    public async Task<Result<Invite>> RunAsync(Tx tx, Caller caller, NewInvite invite)
    {
        await invites.LockAddressAsync(tx, caller.Tenant, invite.Email);
        return await users.HasEmailAsync(tx, caller.Tenant, invite.Email) ? Member
            : await invites.HasPendingAsync(tx, caller.Tenant, invite.Email) ? Pending
            : await invites.AreProjectsAsync(tx, caller.Tenant, invite.ProjectIds)
                ? await invites.AddAsync(tx, caller.Tenant, caller, invite)
                : new Refusal.InvalidField("projectIds", "project", "projectIds must name projects of this portal that are not archived.");
    }

    /// <summary>Only what has expired or was revoked can be issued again.</summary>
    public async Task<Result<Invite>> AgainAsync(Tx tx, Caller caller, InviteId id, TimeSpan lifetime)
    {
        if (await invites.LockAsync(tx, caller.Tenant, caller, id) is not { } before)
        {
            return new Refusal.NotFound("invite");
        }

        await invites.LockAddressAsync(tx, caller.Tenant, before.Email);
        return await users.HasEmailAsync(tx, caller.Tenant, before.Email) ? Member
            : before.Status is not ("expired" or "revoked")
                ? new Refusal.Conflict(
                    "invite-not-over", $"The invite is {before.Status}; only one that has expired or was revoked can be issued again.")
            : await invites.HasPendingAsync(tx, caller.Tenant, before.Email) ? Pending
            : await invites.ReissueAsync(tx, caller.Tenant, caller, before, lifetime);
    }
}
