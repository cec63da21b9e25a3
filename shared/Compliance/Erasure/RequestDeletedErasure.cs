using Portal.Foundation.Audit;
using Portal.Foundation.Db;
using Portal.People;

namespace Portal.Compliance.Erasure;

/// <summary>
/// Who is deleted at Clerk is to be erased wherever they were a member. Clerk's word alone may be a mis-click in its dashboard: it is
/// held back for a day, in which the request can be cancelled, or asked for again to begin at once.
/// </summary>
public sealed class RequestDeletedErasure(ErasureRequestStore store, ClerkSyncStore people, PortalDb db) : IDeletedUserSubscriber
{
    public async Task<bool> DeletedAsync(string clerkUserId, Actor actor, CancellationToken ct)
    {
        var moved = false;
        foreach (var user in await people.FindAsync(clerkUserId, ct))
        {
            moved |= await db.InTenantAsync(
                user.TenantId, tx => store.RequestHeldBackAsync(tx, user.TenantId, actor, user.Id), ct);
        }

        return moved;
    }
}
