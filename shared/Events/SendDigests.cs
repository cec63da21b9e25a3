using Microsoft.Extensions.Logging;
using Portal.Foundation.Alerts;
using Portal.Foundation.Audit;
using Portal.Foundation.Db;
using Portal.Foundation.Identity;
using Portal.Foundation.Outbox;

namespace Portal.Events;

/// <summary>
/// One digest a person a day, when the tenant's own hour has come. Late is better than never and twice is never: a run after the hour
/// sends what an earlier one should have sent, until the tenant's day is over, and the row of a day is made with its event.
/// </summary>
public sealed partial class SendDigests(
    PortalDb db, DigestStore digests, AuditWriter audit, AlertStore alerts, TimeProvider clock, ILogger<SendDigests> logger)
{
    private static readonly Actor Timer = Actor.System("digests");

    public async Task<int> RunAsync(CancellationToken ct)
    {
        var sent = 0;
        foreach (var tenant in await digests.TenantsAsync(ct))
        {
            try
            {
                sent += await RunAsync(tenant, ct);
            }
            catch (Exception e) when (!PostgresFault.IsPassing(e) && e is not OperationCanceledException)
            {
                // One tenant's fault is not the others': their day goes on, and this one's is tried again with the next run.
                Log.Failed(logger, e, tenant.Id.Value);
                await alerts.AddAsync(new(AlertKind.DigestsFailed, tenant.Id.ToString(),
                    $"Digests of tenant {tenant.Id} could not be made: {e.GetType().Name}.", new { tenantId = tenant.Id.Value }), ct);
            }
        }

        return sent;
    }

    private async Task<int> RunAsync(TenantClock tenant, CancellationToken ct)
    {
        // The calendar of the tenant decides, so a day of 23 or 25 hours is a day.
        var local = TimeZoneInfo.ConvertTime(clock.GetUtcNow(), TimeZoneInfo.FindSystemTimeZoneById(tenant.TimeZone));
        return local.Hour < tenant.DigestHour ? 0 : await RunAsync(tenant.Id, DateOnly.FromDateTime(local.DateTime), ct);
    }

    private async Task<int> RunAsync(TenantId tenant, DateOnly day, CancellationToken ct)
    {
        var sent = 0;
        foreach (var (user, since) in await digests.WaitingAsync(tenant, day, clock.GetUtcNow(), ct))
        {
            var content = await digests.ReadAsync(tenant, user, day, since, clock.GetUtcNow(), ct);
            sent += await db.InTenantAsync(tenant, tx => SettleAsync(tx, tenant, user, day, since, content), ct) ? 1 : 0;
        }

        return sent;
    }

    /// <summary>A day with nothing to say is settled too: what happens in the afternoon is for the next morning.</summary>
    private async Task<bool> SettleAsync(
        Tx tx, TenantId tenant, UserId user, DateOnly day, DateTimeOffset since, DigestContent content)
    {
        if (!await digests.SettleAsync(tx, tenant, user, day, clock.GetUtcNow()) || content.IsEmpty)
        {
            return false;
        }

        await audit.WriteAsync(tx, tenant, Timer, new AuditEntry("notification_digest_sent", "user", user.Value, null, new
        {
            userId = user.Value,
            day,
            since,
            overdue = content.Overdue.Total,
            dueToday = content.DueToday.Total,
            moved = content.Moved.Total,
            linksOpened = content.Opened.Total,
            unread = content.Unread,
        }, EventType.DigestSent));
        return true;
    }

    private static partial class Log
    {
        [LoggerMessage(Level = LogLevel.Error, Message = "Digests of tenant {TenantId} could not be made; the next run tries again")]
        public static partial void Failed(ILogger logger, Exception e, Guid tenantId);
    }
}
