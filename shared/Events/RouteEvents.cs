using Microsoft.Extensions.Logging;
using Portal.Alerts;
using Portal.Audit;
using Portal.Db;
using Portal.Incidents;

namespace Portal.Events;

/// <summary>
/// From the outbox to what follows: notifications, analytics, read models, and a delivery for every effect outside the database, all in
/// one transaction that also takes the event out of the outbox. So each is written once, however often a sweep dies. Nothing is sent here.
/// </summary>
public sealed partial class RouteEvents(
    PortalDb db, OutboxStore outbox, Recipients recipients, ReadModels models, PersonalHash hash, AlertStore alerts, UploadIncidents incidents, TimeProvider clock,
    ILogger<RouteEvents> logger)
{
    private const int Tenants = 50;
    private const int Batch = 200;
    private const int AlertAtTry = 4;
    private static readonly TimeSpan LongestWait = TimeSpan.FromMinutes(15);

    private const string Analytics = """
        insert into portal.analytics_raw (tenant_id, event_id, metric, project_id, amount, occurred_at, recorded_at)
        select @tenant, @eventId, m.name, @project, m.amount, @at, @now from unnest(@names, @amounts) as m (name, amount)
        on conflict (event_id, metric) do nothing
        """;

    private const string Added = """
        insert into portal.events (event_id, tenant_id, aggregate_type, aggregate_id, type, payload, occurred_at)
        values (@id, @tenant, 'event', @source, @type, jsonb_build_object('userIds', to_jsonb(@people::uuid[])), @now)
        """;

    /// <summary>Routes all that waits. Answers how many events.</summary>
    public async Task<int> RunAsync(CancellationToken ct)
    {
        var routed = 0;
        var idle = new HashSet<TenantId>();
        while (await outbox.TenantsAsync(idle, Tenants, ct) is { Count: > 0 } tenants)
        {
            foreach (var tenant in tenants)
            {
                var count = await RouteTenantAsync(tenant, ct);
                routed += count;
                if (count == 0)
                {
                    idle.Add(tenant);
                }
            }
        }

        return routed;
    }

    /// <summary>A batch at once; when one of it cannot be routed, one by one, so that it holds up nobody else.</summary>
    private async Task<int> RouteTenantAsync(TenantId tenant, CancellationToken ct)
    {
        try
        {
            return await db.InTenantAsync(tenant, tx => RouteSomeAsync(tx, tenant, Batch), ct);
        }
        catch (Exception e) when (!PostgresFault.IsPassing(e) && e is not OperationCanceledException)
        {
            Log.BatchFailed(logger, e, tenant.Value);
        }

        var routed = 0;
        for (int count; routed < Batch; routed += count)
        {
            PortalEvent? current = null;
            try
            {
                count = await db.InTenantAsync(tenant, tx => RouteSomeAsync(tx, tenant, 1, e => current = e), ct);
            }
            catch (Exception e) when (current is not null && !PostgresFault.IsPassing(e) && e is not OperationCanceledException)
            {
                await PutOffAsync(tenant, current, e, ct);
                count = 1;
            }

            if (count == 0)
            {
                break;
            }
        }

        return routed;
    }

    private async Task<int> RouteSomeAsync(Tx tx, TenantId tenant, int limit, Action<PortalEvent>? began = null)
    {
        var events = await outbox.TakeAsync(tx, tenant, limit);
        foreach (var e in events)
        {
            began?.Invoke(e);
            await RouteAsync(tx, tenant, e);
        }

        if (events.Count > 0)
        {
            await outbox.DoneAsync(tx, tenant, events);
        }

        return events.Count;
    }

    private async Task RouteAsync(Tx tx, TenantId tenant, PortalEvent e)
    {
        await models.ApplyAsync(tx, tenant, e);
        await CountAsync(tx, tenant, e);
        await incidents.ApplyAsync(tx, e);
        var route = EventRoutes.Of(e.Type);
        if (route.Notify is { } told && await recipients.NotifyAsync(tx, tenant, e, told) is { Count: > 0 } people)
        {
            // An event of its own: what a person has not read is counted from events alone.
            await tx.ExecuteAsync(Added, new { id = Guid.CreateVersion7(clock.GetUtcNow()), tenant, source = e.EventId, type = EventTypes.NotificationsAdded, people = people.ToArray(), now = clock.GetUtcNow() });
        }

        if (route.Mail is { } mailed)
        {
            await recipients.MailAsync(tx, tenant, e, mailed);
        }

        if (await OthersAsync(tx, tenant, e, route) is { Count: > 0 } others)
        {
            await recipients.DeliverAsync(tx, tenant, e, "email", others);
        }

        if (route.Page && e.Flag("page") is not false)
        {
            await recipients.DeliverAsync(tx, tenant, e, "pagerduty", ["platform"]);
        }
    }

    private async Task<List<string>> OthersAsync(Tx tx, TenantId tenant, PortalEvent e, EventRoute route)
    {
        var others = new List<string>();
        if (route.MailGuests)
        {
            others.AddRange((await tx.QueryAsync<string>(
                "select g.email from portal.share_link_guests g where g.tenant_id = @tenant and g.share_link_id = @link", new { tenant, link = e.AggregateId }))
                .Select(email => $"guest:{hash.Of(email)}"));
        }

        if (route.MailContact)
        {
            others.Add("contact");
        }

        return others;
    }

    private async Task CountAsync(Tx tx, TenantId tenant, PortalEvent e)
    {
        if (EventMetrics.Of(e) is { Count: > 0 } metrics)
        {
            await tx.ExecuteAsync(Analytics, new
            {
                tenant,
                eventId = e.EventId,
                project = e.ProjectId,
                names = metrics.Select(m => m.Name).ToArray(),
                amounts = metrics.Select(m => m.Amount).ToArray(),
                at = e.OccurredAt,
                now = clock.GetUtcNow(),
            });
        }
    }

    private async Task PutOffAsync(TenantId tenant, PortalEvent e, Exception why, CancellationToken ct)
    {
        Log.NotRouted(logger, why, e.EventId, e.Type);
        var tries = await outbox.PutOffAsync(tenant, e, why.Message, LongestWait, ct);
        if (tries == AlertAtTry)
        {
            await alerts.AddAsync(new("event_stuck", e.EventId.ToString(), "error", $"Event {e.Type} could not be routed in {tries} tries.", new { eventId = e.EventId }), ct);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(Level = LogLevel.Warning, Message = "A batch of events of tenant {TenantId} could not be routed; trying one by one")]
        public static partial void BatchFailed(ILogger logger, Exception e, Guid tenantId);

        [LoggerMessage(Level = LogLevel.Error, Message = "Event {EventId} ({Type}) could not be routed; it stays in the outbox")]
        public static partial void NotRouted(ILogger logger, Exception e, Guid eventId, string type);
    }
}
