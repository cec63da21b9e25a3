using Portal.Foundation.Audit;
using Portal.Foundation.Db;
using Portal.Foundation.Identity;
using Portal.Foundation.Webhooks;
using Portal.Vendors.Clerk;

namespace Portal.People;

/// <summary>
/// Makes an invite follow what Clerk tells of its invitation. The generation in the mark fences, as it does for <see cref="SyncInvite"/>:
/// a change of an earlier issue moves nothing, nor does what was withdrawn because we asked for it.
/// </summary>
public sealed class SyncInvitation(PortalDb db, InviteStore invites, InviteSyncStore sync, ClerkSyncStore tenants)
{
    public Task<Handled> MadeAsync(ClerkInvitationChange change, CancellationToken ct) =>
        InTenantAsync(
            change, (tx, tenant) => sync.SentAsync(tx, tenant, new(change.Mark.InviteId), change.Mark.Generation, change.Id), ct);

    /// <summary>The person is let in by the membership that comes of it; from here on time does not end their invite.</summary>
    public Task<Handled> AcceptedAsync(ClerkInvitationChange change, CancellationToken ct) =>
        InTenantAsync(change, (tx, tenant) => sync.AcceptedAsync(tx, tenant, new(change.Mark.InviteId), change.Mark.Generation), ct);

    public Task<Handled> RevokedAsync(ClerkInvitationChange change, Actor actor, CancellationToken ct) =>
        InTenantAsync(
            change, (tx, tenant) => invites.RevokedAtClerkAsync(tx, tenant, actor, new(change.Mark.InviteId), change.Id), ct);

    private async Task<Handled> InTenantAsync(ClerkInvitationChange change, Func<Tx, TenantId, Task<bool>> move, CancellationToken ct) =>
        await tenants.FindTenantAsync(change.OrganizationId, ct) is { } tenant
            ? new(HandledAs.Done, await db.InTenantAsync(tenant, tx => move(tx, tenant), ct) ? "moved" : "nothing_new")
            : new(HandledAs.Ignored, "no_tenant");
}
