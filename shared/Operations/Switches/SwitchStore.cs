using Portal.Foundation.Audit;
using Portal.Foundation.Db;
using Portal.Foundation.Faults;
using Portal.Foundation.Identity;
using Portal.Foundation.Outages;

namespace Portal.Operations.Switches;

/// <summary>
/// Switches as people on call set them: with a reason and an end, each time audited. One row a target, which the next time writes over;
/// the log has them all. They end by themselves.
/// </summary>
public sealed class SwitchStore(PortalDb db, AuditWriter audit, KnownOutages outages, TimeProvider clock)
{
    public static readonly TimeSpan Shortest = TimeSpan.FromMinutes(1);
    public static readonly TimeSpan Longest = TimeSpan.FromDays(7);

    /// <summary>Whether a switch may end then.</summary>
    public static bool IsEnd(DateTimeOffset until, DateTimeOffset now) => until - now >= Shortest && until - now <= Longest;

    /// <summary>Sets it, or gives one that is set another reason and end. The target is one of <see cref="SwitchTarget.All"/>.</summary>
    public async Task<Switch> SetAsync(Operator person, string target, string reason, DateTimeOffset until, CancellationToken ct)
    {
        var set = await db.AcrossTenantsAsync(async tx =>
        {
            var before = await FindAsync(tx, target);
            var now = clock.GetUtcNow();
            var made = await tx.GetAsync<Switch>($"""
                insert into portal.switches as s (target, reason, until, set_by, set_at)
                values (@target, @reason, @until, @by, @now)
                on conflict (target) do update set reason = excluded.reason, until = excluded.until, set_by = excluded.set_by,
                   set_at = excluded.set_at, cleared_at = null, cleared_by = null
                returning {OutageQuery.Columns}
                """, new { target, reason, until, by = person.ClerkUserId, now });
            await WriteAuditAsync(tx, person, "switch_set", target, before?.IsOn(now) == true ? new { until = before.Until } : null,
                new { target, until, reason });
            return made;
        }, ct);
        outages.Forget();
        return set;
    }

    /// <summary>Ends it early. Refused (<c>switch-not-set</c>) when it is not on.</summary>
    public async Task<Result<Switch>> ClearAsync(Operator person, string target, string reason, CancellationToken ct)
    {
        var cleared = await db.AcrossTenantsAsync<Result<Switch>>(async tx =>
        {
            var now = clock.GetUtcNow();
            var ended = await tx.QueryOneAsync<Switch>($"""
                update portal.switches s set cleared_at = @now, cleared_by = @by
                 where s.target = @target and s.cleared_at is null and s.until > @now
                returning {OutageQuery.Columns}
                """, new { target, by = person.ClerkUserId, now });
            if (ended is null)
            {
                return new Refusal.Conflict("switch-not-set", $"The switch {target} is not set, or has ended by itself.");
            }

            await WriteAuditAsync(tx, person, "switch_cleared", target, new { until = ended.Until }, new { target, reason });
            return ended;
        }, ct);
        outages.Forget();
        return cleared;
    }

    private static Task<Switch?> FindAsync(Tx tx, string target) => tx.QueryOneAsync<Switch>(
        $"select {OutageQuery.Columns} from portal.switches s where s.target = @target for update", new { target });

    private Task WriteAuditAsync(Tx tx, Operator person, string action, string target, object? before, object after) => audit.WriteAsync(
        tx, TenantId.Platform, Actor.From(person), new AuditEntry(action, "switch", TenantId.Platform.Value, before, after));
}
