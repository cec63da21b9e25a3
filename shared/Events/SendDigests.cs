using Portal.Foundation.Audit;
using Portal.Foundation.Db;
using Portal.Foundation.Identity;
using Portal.Foundation.Outbox;

namespace Portal.Events;

/// <summary>
/// One digest a person a day, when the tenant's own hour has come. Late is better than never and twice is never: a run after the hour
/// sends what an earlier one should have sent, until the tenant's day is over, and the row of a day is made with its event.
/// </summary>
public sealed class SendDigests(PortalDb db, DigestStore digests, AuditWriter audit, TimeProvider clock)
{
    private static readonly Actor Timer = Actor.System("digests");

    public async Task<int> RunAsync(CancellationToken ct)
    {
        var sent = 0;
        foreach (var tenant in await digests.TenantsAsync(ct))
        {
            // The calendar of the tenant decides, so a day of 23 or 25 hours is a day.
            var local = TimeZoneInfo.ConvertTime(clock.GetUtcNow(), TimeZoneInfo.FindSystemTimeZoneById(tenant.TimeZone));
            if (local.Hour >= tenant.DigestHour)
            {
                sent += await RunAsync(tenant.Id, DateOnly.FromDateTime(local.DateTime), ct);
            }
        }

        return sent;
    }

    private async Task<int> RunAsync(TenantId tenant, DateOnly day, CancellationToken ct)
    {
        var sent = 0;
        foreach (var user in await digests.WaitingAsync(tenant, day, ct))
        {
            var now = clock.GetUtcNow();
            var content = await digests.ReadAsync(tenant, user, day, now.AddDays(-1), now, ct);
            sent += await db.InTenantAsync(tenant, tx => SettleAsync(tx, tenant, user, day, content), ct) ? 1 : 0;
        }

        return sent;
    }

    /// <summary>A day with nothing to say is settled too: what happens in the afternoon is for the next morning.</summary>
    private async Task<bool> SettleAsync(Tx tx, TenantId tenant, UserId user, DateOnly day, DigestContent content)
    {
        if (!await digests.SettleAsync(tx, tenant, user, day, clock.GetUtcNow()) || content.IsEmpty)
        {
            return false;
        }

        await audit.WriteAsync(tx, tenant, Timer, new AuditEntry("notification_digest_sent", "user", user.Value, null, new
        {
            userId = user.Value,
            day,
            overdue = content.Overdue.Count,
            dueToday = content.DueToday.Count,
            moved = content.Moved.Count,
            linksOpened = content.Opened.Count,
            unread = content.Unread,
        }, EventTypes.DigestSent));
        return true;
    }
}
