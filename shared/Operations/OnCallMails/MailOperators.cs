using Portal.Foundation.Audit;
using Portal.Foundation.Db;
using Portal.Foundation.Identity;
using Portal.Foundation.Outbox;
using Portal.Foundation.Timers;

namespace Portal.Operations.OnCallMails;

/// <summary>
/// Mails to everybody on call: each day the warnings of the day before, if there were any; each Monday how the objectives did in the week
/// before. Days and weeks are of UTC. A period is done with by its row, in the transaction of the event that mails it: a run that is late
/// or doubled makes no difference, and a day that was missed is told of with the next.
/// </summary>
public sealed class MailOperators(PortalDb db, OnCallMailStore store, AuditWriter audit, TimeProvider clock)
{
    private static readonly TimeSpan Day = TimeSpan.FromDays(1);
    private static readonly TimeSpan Week = TimeSpan.FromDays(7);
    private static readonly Actor By = Actor.System("on-call mails");

    public async Task<RunCounts> RunAsync(CancellationToken ct)
    {
        var today = new DateTimeOffset(clock.GetUtcNow().UtcDateTime.Date, TimeSpan.Zero);
        var warned = await db.AcrossTenantsAsync(tx => WarningsAsync(tx, today), ct);
        var monday = LastMonday(today);
        var reported = await db.AcrossTenantsAsync(
            tx => TakeAsync(tx, OnCallMailStore.Objectives, new(monday - Week, monday), EventType.ObjectivesReported, true), ct);
        return new RunCounts().Add("warnings", warned ? 1 : 0).Add("objectives", reported ? 1 : 0);
    }

    /// <summary>The day itself, where it is one.</summary>
    public static DateTimeOffset LastMonday(DateTimeOffset day) => day.AddDays(-(((int)day.DayOfWeek + 6) % 7));

    private async Task<bool> WarningsAsync(Tx tx, DateTimeOffset today)
    {
        var last = await OnCallMailStore.LastAsync(tx, OnCallMailStore.Warnings) ?? today - Day;
        var period = new MailPeriod(last < today - Week ? today - Week : last < today ? last : today - Day, today);
        return await TakeAsync(
            tx, OnCallMailStore.Warnings, period, EventType.WarningsReported, await OnCallMailStore.AnyWarningAsync(tx, period));
    }

    private async Task<bool> TakeAsync(Tx tx, string kind, MailPeriod period, EventType type, bool something)
    {
        var operators = await OnCallMailStore.OperatorsAsync(tx);
        var mails = something && operators.Count > 0;
        var id = Guid.CreateVersion7(clock.GetUtcNow());
        if (!await store.TakeAsync(tx, id, kind, period, mails) || !mails)
        {
            return false;
        }

        await audit.WriteAsync(tx, TenantId.Platform, By, new AuditEntry(
            type, "operator_mail", id, null, new { since = period.Since, until = period.Until, operators }, type));
        return true;
    }
}
