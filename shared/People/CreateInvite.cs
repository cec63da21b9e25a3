using Portal.Foundation.Db;
using Portal.Foundation.Identity;

namespace Portal.People;

/// <summary>What came of inviting somebody, for the first time or again.</summary>
public abstract record Invited
{
    private Invited()
    {
    }

    public sealed record Done(Invite Invite) : Invited;

    public sealed record NotFound : Invited;

    /// <summary>Another invite to that address is pending.</summary>
    public sealed record Pending : Invited;

    /// <summary>Somebody with that address is a member already.</summary>
    public sealed record Member : Invited;

    public sealed record UnknownProject : Invited;

    /// <summary>Only what has expired or was revoked can be issued again.</summary>
    public sealed record NotOver(string Status) : Invited;
}

/// <summary>Invites somebody. The row is all that is written here; Clerk is told after the commit.</summary>
public sealed class CreateInvite(InviteStore invites, UserStore users)
{
    public async Task<Invited> RunAsync(Tx tx, Caller caller, NewInvite invite)
    {
        await invites.LockAddressAsync(tx, caller.Tenant, invite.Email);
        return await users.HasEmailAsync(tx, caller.Tenant, invite.Email) ? new Invited.Member()
            : await invites.HasPendingAsync(tx, caller.Tenant, invite.Email) ? new Invited.Pending()
            : !await invites.AreProjectsAsync(tx, caller.Tenant, invite.ProjectIds) ? new Invited.UnknownProject()
            : new Invited.Done(await invites.AddAsync(tx, caller.Tenant, caller, invite));
    }
}

/// <summary>Issues an invite again that has expired or was revoked.</summary>
public sealed class ReissueInvite(InviteStore invites, UserStore users)
{
    public async Task<Invited> RunAsync(Tx tx, Caller caller, InviteId id, TimeSpan lifetime)
    {
        if (await invites.FindAsync(tx, caller.Tenant, caller, id) is not { } found)
        {
            return new Invited.NotFound();
        }

        await invites.LockAddressAsync(tx, caller.Tenant, found.Email);
        if (await users.HasEmailAsync(tx, caller.Tenant, found.Email))
        {
            return new Invited.Member();
        }

        // Read again under the lock: somebody may have issued it since.
        var before = (await invites.FindAsync(tx, caller.Tenant, caller, id))!;
        if (before.Status is "expired" or "revoked" && await invites.HasPendingAsync(tx, caller.Tenant, before.Email))
        {
            return new Invited.Pending();
        }

        return await invites.ReissueAsync(tx, caller.Tenant, caller, before, lifetime) is { } again
            ? new Invited.Done(again)
            : new Invited.NotOver(before.Status);
    }
}
