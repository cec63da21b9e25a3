using Portal.Foundation.Alerts;
using Portal.Foundation.Audit;
using Portal.Foundation.Db;
using Portal.Foundation.Faults;
using Portal.Foundation.Identity;
using Portal.Foundation.Webhooks;
using Portal.Vendors;
using Portal.Vendors.Clerk;

namespace Portal.People;

/// <summary>
/// Makes our rows follow what Clerk tells of people. Clerk is the truth about who can sign in and what they are called, our rows about
/// what they may do. Changes come in any order: whether a membership is there or gone is asked of Clerk now, and of two tellings of a
/// person the one that Clerk dates later stays.
/// </summary>
public sealed class SyncClerkUser(
    PortalDb db, ClerkSyncStore store, ProvisionUser enrol, ClerkDirectory clerk, AlertStore alerts,
    IEnumerable<IDeletedUserSubscriber> subscribers)
{
    public async Task<Handled> PersonChangedAsync(ClerkUser person, Actor actor, CancellationToken ct)
    {
        var rows = await store.FindAsync(person.Id, ct);
        var moved = false;
        foreach (var row in rows)
        {
            moved |= await db.InTenantAsync(row.TenantId, tx => store.ApplyProfileAsync(tx, row.TenantId, actor, row.Id, person), ct);
        }

        return rows.Count == 0 ? new(HandledAs.Ignored, "no_member") : new(HandledAs.Done, moved ? "moved" : "nothing_new");
    }

    /// <summary>Deactivated wherever they are a member; what else they were here ends too, and what follows from it is for the
    /// subscribers.</summary>
    public async Task<Handled> PersonGoneAsync(string clerkUserId, Actor actor, CancellationToken ct)
    {
        var rows = await store.FindAsync(clerkUserId, ct);
        var moved = false;
        foreach (var subscriber in subscribers)
        {
            moved |= await subscriber.DeletedAsync(clerkUserId, actor, ct);
        }

        foreach (var row in rows)
        {
            var left = await db.InTenantAsync(
                row.TenantId, tx => store.DeactivateAsync(tx, row.TenantId, actor, row.Id, "deleted_at_clerk"), ct);
            moved |= left.Moved;
            await TellAsync(row.TenantId, left, ct);
        }

        return rows.Count == 0 && !moved ? new(HandledAs.Ignored, "no_member") : new(HandledAs.Done, moved ? "moved" : "nothing_new");
    }

    /// <summary>Enrols through the invite that the membership came of, as the person's first request would.</summary>
    public async Task<Handled> JoinedAsync(ClerkMembershipChange change, Actor actor, CancellationToken ct)
    {
        if (await store.FindTenantAsync(change.OrganizationId, ct) is not { } tenant)
        {
            return new(HandledAs.Ignored, "no_tenant");
        }

        return (await store.FindAsync(change.UserId, ct)).Any(row => row.TenantId == tenant)
            ? new(HandledAs.Done, "nothing_new")
            : await enrol.RunAsync(change.UserId, change.OrganizationId, tenant, _ => actor, ct) switch
            {
                null => new(HandledAs.Done, "moved"),
                Refusal.Forbidden => new(HandledAs.Ignored, "not_invited"),
                _ => new(HandledAs.NotYet, "clerk_away"),
            };
    }

    /// <summary>Deactivated, unless Clerk has them back in the organization by now.</summary>
    public async Task<Handled> LeftAsync(ClerkMembershipChange change, Actor actor, CancellationToken ct)
    {
        if (await store.FindTenantAsync(change.OrganizationId, ct) is not { } tenant
            || (await store.FindAsync(change.UserId, ct)).FirstOrDefault(row => row.TenantId == tenant) is not { } row)
        {
            return new(HandledAs.Ignored, "no_member");
        }

        switch ((await clerk.FindMembershipAsync(change.UserId, change.OrganizationId, ct)).Failure)
        {
            case null:
                return new(HandledAs.Done, "superseded");
            case VendorFailure.Refused { Status: 404 }:
                var left = await db.InTenantAsync(tenant, tx => store.DeactivateAsync(tx, tenant, actor, row.Id, "left_organization"), ct);
                await TellAsync(tenant, left, ct);
                return new(HandledAs.Done, left.Moved ? "moved" : "nothing_new");
            default:
                return new(HandledAs.NotYet, "clerk_away");
        }
    }

    private async Task TellAsync(TenantId tenant, Deactivation left, CancellationToken ct)
    {
        if (left.AlertOf(tenant) is { } alert)
        {
            await alerts.AddAsync(alert, ct);
        }
    }
}
