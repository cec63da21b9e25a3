using System.Text.Json;
using Microsoft.Extensions.Logging;
using Portal.Foundation.Alerts;
using Portal.Foundation.Audit;
using Portal.Foundation.Db;
using Portal.Foundation.Identity;
using Portal.Foundation.Outbox;

namespace Portal.Events;

/// <summary>
/// From the outbox to what follows: notifications, analytics, read models, and a delivery for every effect outside the database, all in
/// one transaction that also takes the event out of the outbox. So each is written once, however often a sweep dies. Nothing is sent here.
/// </summary>
public sealed partial class DispatchEvents(
    PortalDb db, OutboxStore outbox, RecipientStore recipients, ReadModelStore models, PersonalHash hash, AlertStore alerts,
    IEnumerable<IEventSubscriber> subscribers, TimeProvider clock, ILogger<DispatchEvents> logger)
{
    private const int Tenants = 50;
    private const int Batch = 200;
    private const int AlertAtAttempt = 4;
    private static readonly TimeSpan LongestWait = TimeSpan.FromMinutes(15);

    private const string Analytics = """
        insert into portal.analytics_raw (tenant_id, event_id, metric, project_id, amount, occurred_at, recorded_at)
        select @tenant, m.event_id, m.name, m.project, m.amount, m.at, @now
          from jsonb_to_recordset(@metrics::jsonb) as m (event_id uuid, name text, project uuid, amount double precision, at timestamptz)
        on conflict (event_id, metric) do nothing
        """;

    private const string Added = """
        insert into portal.events (event_id, tenant_id, aggregate_type, aggregate_id, type, payload, occurred_at)
        select a.id, @tenant, 'event', a.source, @type, a.payload::jsonb, @now
           from unnest(@ids, @sources, @payloads) as a (id, source, payload)
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
                await RescheduleAsync(tenant, current, e, ct);
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
        if (events.Count > 0)
        {
            began?.Invoke(events[0]);
            await RouteAsync(tx, tenant, events);
            await outbox.DoneAsync(tx, tenant, events);
        }

        return events.Count;
    }

    /// <summary>A few statements a batch, however many events: a round trip costs more than what it carries.</summary>
    private async Task RouteAsync(Tx tx, TenantId tenant, IReadOnlyList<PortalEvent> events)
    {
        await models.ApplyAsync(tx, tenant, events);
        await CountAsync(tx, tenant, events);
        foreach (var e in events)
        {
            foreach (var subscriber in subscribers)
            {
                await subscriber.ApplyAsync(tx, e);
            }
        }

        var notified = new List<Notified>();
        foreach (var (audience, some) in ByAudience(events, route => route.Notify))
        {
            notified.AddRange(await recipients.NotifyAsync(tx, tenant, audience, some));
        }

        await AddedAsync(tx, tenant, notified);
        foreach (var (audience, some) in ByAudience(events, route => route.Mail))
        {
            await recipients.MailAsync(tx, tenant, audience, some);
        }

        await recipients.DeliverAsync(tx, tenant, await OthersAsync(tx, tenant, events));
    }

    private static IEnumerable<(Audience Audience, IReadOnlyList<PortalEvent> Events)> ByAudience(
        IReadOnlyList<PortalEvent> events, Func<EventRoute, Audience?> pick) =>
        from e in events
        let audience = pick(EventRoutes.Of(e.Type))
        where audience is not null
        group e by audience into same
        select (same.Key, (IReadOnlyList<PortalEvent>)[.. same]);

    /// <summary>Events of their own: what a person has not read is counted from events alone.</summary>
    private async Task AddedAsync(Tx tx, TenantId tenant, List<Notified> notified)
    {
        if (notified.Count == 0)
        {
            return;
        }

        var now = clock.GetUtcNow();
        var sources = notified.GroupBy(t => t.EventId, t => t.UserId).ToList();
        await tx.ExecuteAsync(Added, new
        {
            tenant,
            type = EventTypes.NotificationsAdded,
            ids = sources.Select(_ => Guid.CreateVersion7(now)).ToArray(),
            sources = sources.Select(s => s.Key).ToArray(),
            payloads = sources.Select(s => JsonSerializer.Serialize(new { userIds = s })).ToArray(),
            now,
        });
    }

    private async Task<IReadOnlyList<(PortalEvent Event, string Channel, string Recipient)>> OthersAsync(
        Tx tx, TenantId tenant, IReadOnlyList<PortalEvent> events)
    {
        var others = new List<(PortalEvent Event, string Channel, string Recipient)>();
        var links = events.Where(e => EventRoutes.Of(e.Type).MailGuests).ToList();
        if (links.Count > 0)
        {
            var guests = (await tx.QueryAsync<Guest>(
                "select g.share_link_id, g.email from portal.share_link_guests g where g.tenant_id = @tenant and g.share_link_id = "
                    + "any(@links)",
                new { tenant, links = links.Select(e => e.AggregateId).Distinct().ToArray() })).ToLookup(
                    g => g.ShareLinkId, g => $"guest:{hash.Of(g.Email)}");
            others.AddRange(
                from e in links
                from guest in guests[e.AggregateId]
                where e.Texts("guests") is not { } named || named.Contains(guest["guest:".Length..])
                select (e, "email", guest));
        }

        others.AddRange(events.Where(e => EventRoutes.Of(e.Type).MailContact).Select(e => (e, "email", "contact")));
        others.AddRange(
            events.Where(e => EventRoutes.Of(e.Type).Page && e.Flag("page") is not false).Select(e => (e, "pagerduty", "platform")));
        return others;
    }

    private async Task CountAsync(Tx tx, TenantId tenant, IReadOnlyList<PortalEvent> events)
    {
        var metrics = events.SelectMany(
            EventMetrics.Of, (e, m) =>
                new { event_id = e.EventId, name = m.Name, project = e.ProjectId, amount = m.Amount, at = e.OccurredAt }).ToList();
        if (metrics.Count > 0)
        {
            await tx.ExecuteAsync(Analytics, new { tenant, metrics = JsonSerializer.Serialize(metrics), now = clock.GetUtcNow() });
        }
    }

    private async Task RescheduleAsync(TenantId tenant, PortalEvent e, Exception why, CancellationToken ct)
    {
        Log.NotRouted(logger, why, e.EventId, e.Type);
        var attempts = await outbox.RescheduleAsync(tenant, e, why.Message, LongestWait, ct);
        if (attempts == AlertAtAttempt)
        {
            await alerts.AddAsync(
                new(
                    "event_stuck", e.EventId.ToString(), "error", $"Event {e.Type} could not be routed in {attempts} attempts.",
                    new { eventId = e.EventId }), ct);
        }
    }

    private sealed record Guest(Guid ShareLinkId, string Email);

    private static partial class Log
    {
        [LoggerMessage(
            Level = LogLevel.Warning, Message = "A batch of events of tenant {TenantId} could not be routed; trying one by one")]
        public static partial void BatchFailed(ILogger logger, Exception e, Guid tenantId);

        [LoggerMessage(Level = LogLevel.Error, Message = "Event {EventId} ({Type}) could not be routed; it stays in the outbox")]
        public static partial void NotRouted(ILogger logger, Exception e, Guid eventId, string type);
    }
}
