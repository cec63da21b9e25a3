using Microsoft.Extensions.Logging;
using Portal.Foundation.Alerts;
using Portal.Foundation.Db;
using Portal.Foundation.Identity;
using Portal.Vendors;
using Portal.Vendors.Clerk;

namespace Portal.People;

/// <summary>
/// Makes Clerk agree with one invite's row: after the request that changed it, and from the sweep for whatever that left undone. The same
/// code both times, safe to repeat: it looks what is at Clerk before it makes or withdraws anything, because an unanswered call may
/// have had its effect and Clerk refuses a second pending invitation to one address.
/// </summary>
public sealed partial class SyncInvite(
    InviteSyncStore store, InviteStore invites, ClerkDirectory clerk, VendorRateLimitStore limiter, PortalDb db, AlertStore alerts,
    TimeProvider clock, ILogger<SyncInvite> logger)
{
    /// <summary>Clerk allows 250 invitations to organizations an hour; all of our calls about invites wait when it says so.</summary>
    private const string PaceName = "clerk-invitations";
    private const int AlertAtAttempt = 5;
    private static readonly TimeSpan FirstGap = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan LongestGap = TimeSpan.FromMinutes(15);

    /// <summary>False: Clerk wants us to wait, and whoever has more to tell it should stop too.</summary>
    public async Task<bool> RunAsync(TenantId tenant, InviteId id, CancellationToken ct)
    {
        if (await limiter.TakeSlotAsync(PaceName, TimeSpan.Zero, ct) > clock.GetUtcNow())
        {
            return false;
        }

        if (await store.TakeAsync(tenant, id, ct) is not { } task)
        {
            return true;
        }

        var done = task.ClerkState switch
        {
            "wanted" when task.ExpiresAt > clock.GetUtcNow() => await InviteAsync(task, ct),
            "unwanted" => await WithdrawAsync(task, ct),
            _ => await ExpireAsync(tenant, task, ct),
        };
        return await FinishAsync(tenant, task, done, ct);
    }

    private async Task<VendorResult<Settled>> InviteAsync(InviteTask task, CancellationToken ct)
    {
        var mark = new InviteMark(task.Id.Value, task.Generation);
        var pending = await clerk.PendingInvitationsAsync(task.OrganizationId, task.Email, ct);
        if (pending.IsFailure(out var failure, out var found))
        {
            return failure;
        }

        if (found.FirstOrDefault(i => i.Mark == mark) is { } ours)
        {
            return new Settled("sent", ours.Id);
        }

        // What is left of an earlier issue, or was made by hand at Clerk, would stand in the way of this one.
        foreach (var old in found)
        {
            if (await RevokeAsync(task, old.Id, ct) is { } trouble)
            {
                return trouble;
            }
        }

        var days = Math.Max(1, (int)Math.Ceiling((task.ExpiresAt - clock.GetUtcNow()).TotalDays));
        var made = await clerk.InviteAsync(task.OrganizationId, task.Email, mark, days, ct);
        return made.IsFailure(out failure, out var invitation) ? failure : new Settled("sent", invitation.Id);
    }

    /// <summary>Withdraws all that was ever made for this invite, also what an unanswered call may have made.</summary>
    private async Task<VendorResult<Settled>> WithdrawAsync(InviteTask task, CancellationToken ct)
    {
        var pending = await clerk.PendingInvitationsAsync(task.OrganizationId, task.Email, ct);
        if (pending.IsFailure(out var failure, out var found))
        {
            // Refused: no such organization any more, nothing of ours is there.
            return failure is VendorFailure.Refused ? new Settled("none", null) : failure;
        }

        foreach (var ours in found.Where(i => i.Mark?.InviteId == task.Id.Value))
        {
            if (await RevokeAsync(task, ours.Id, ct) is { } trouble)
            {
                return trouble;
            }
        }

        return new Settled("none", null);
    }

    /// <summary>The time is over. Who accepted at Clerk in time has only not come here yet: their invite stays.</summary>
    private async Task<VendorResult<Settled>> ExpireAsync(TenantId tenant, InviteTask task, CancellationToken ct)
    {
        if (task.ClerkInvitationId is { } invitationId)
        {
            var found = await clerk.FindInvitationAsync(task.OrganizationId, invitationId, ct);
            if (found.Value is { Status: "accepted" })
            {
                return new Settled("accepted", null);
            }

            if (found.Failure is { } failure and not VendorFailure.Refused)
            {
                return failure;
            }
        }

        await db.InTenantAsync(tenant, tx => invites.ExpireAsync(tx, tenant, task.Id), ct);
        return new Settled(task.ClerkState, null);
    }

    /// <summary>Null: it is gone, now or before.</summary>
    private async Task<VendorFailure?> RevokeAsync(InviteTask task, string invitationId, CancellationToken ct) =>
        (await clerk.RevokeInvitationAsync(task.OrganizationId, invitationId, ct)).Failure is { } failure and not VendorFailure.Refused
            ? failure
            : null;

    private async Task<bool> FinishAsync(TenantId tenant, InviteTask task, VendorResult<Settled> done, CancellationToken ct)
    {
        if (!done.IsFailure(out var failure, out var settled))
        {
            await store.SettleAsync(tenant, task, settled.State, settled.InvitationId, null, ct);
            return true;
        }

        switch (failure)
        {
            case VendorFailure.Refused refused:
                Log.Refused(logger, task.Id.Value, refused.Status, refused.Reason);
                await store.SettleAsync(tenant, task, "refused", null, refused.Reason, ct);
                return true;
            case VendorFailure.RateLimited paced:
                await limiter.SlowDownAsync(PaceName, paced.Wait, ct);
                await store.RescheduleAsync(tenant, task, clock.GetUtcNow() + paced.Wait, ct);
                return false;
            default:
                var gap = FirstGap * Math.Pow(2, Math.Min(task.ClerkAttempts - 1, 10));
                await store.RescheduleAsync(tenant, task, clock.GetUtcNow() + (gap < LongestGap ? gap : LongestGap), ct);
                Log.NotReached(logger, task.Id.Value, task.ClerkAttempts, failure.Reason);
                if (task.ClerkAttempts == AlertAtAttempt)
                {
                    await alerts.AddAsync(
                        new(
                            AlertKind.InvitesStuck, "clerk", "Invites do not get through to Clerk.",
                            new { inviteId = task.Id.Value, reason = failure.Reason }), ct);
                }

                return true;
        }
    }

    /// <summary>How things stand at Clerk now.</summary>
    private sealed record Settled(string State, string? InvitationId);

    private static partial class Log
    {
        [LoggerMessage(Level = LogLevel.Warning, Message = "Clerk refused invite {InviteId} with {Status} {Reason}")]
        public static partial void Refused(ILogger logger, Guid inviteId, int status, string reason);

        [LoggerMessage(Level = LogLevel.Warning, Message = "Invite {InviteId} did not get through to Clerk at try {Attempt}: {Reason}")]
        public static partial void NotReached(ILogger logger, Guid inviteId, int attempt, string reason);
    }
}
