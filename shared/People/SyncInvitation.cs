using Portal.Foundation.Audit;
using Portal.Foundation.Db;
using Portal.Foundation.Identity;
using Portal.Foundation.Webhooks;
using Portal.Vendors.Clerk;

namespace Portal.People;

/// <summary>
/// Makes an invite follow what Clerk tells of its invitation. The generation in the mark fences, as it does for <see cref="SyncInvite"/>:
/// news of an earlier issue moves nothing, and what was withdrawn because we asked for it is no news.
/// </summary>
public sealed class SyncInvitation(PortalDb db, InviteStore invites, InviteSyncStore sync, ClerkSyncStore tenants)
{
    public Task<Handled> MadeAsync(ClerkInvitationNews news, CancellationToken ct) =>
        InTenantAsync(news, (tx, tenant) => sync.SentAsync(tx, tenant, new(news.Mark.InviteId), news.Mark.Generation, news.Id), ct);

    /// <summary>The person is let in by the membership that comes of it; from here on time does not end their invite.</summary>
    public Task<Handled> AcceptedAsync(ClerkInvitationNews news, CancellationToken ct) =>
        InTenantAsync(news, (tx, tenant) => sync.AcceptedAsync(tx, tenant, new(news.Mark.InviteId), news.Mark.Generation), ct);

    public Task<Handled> RevokedAsync(ClerkInvitationNews news, Actor actor, CancellationToken ct) =>
        InTenantAsync(
            news, async (tx, tenant) => await invites.RevokedAtClerkAsync(
                tx, tenant, actor, new(news.Mark.InviteId), news.Id) is not null, ct);

    private async Task<Handled> InTenantAsync(ClerkInvitationNews news, Func<Tx, TenantId, Task<bool>> move, CancellationToken ct) =>
        await tenants.FindTenantAsync(news.OrganizationId, ct) is { } tenant
            ? new(HandledAs.Done, await db.InTenantAsync(tenant, tx => move(tx, tenant), ct) ? "moved" : "nothing_new")
            : new(HandledAs.Ignored, "no_tenant");
}
