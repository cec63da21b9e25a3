using Microsoft.Extensions.Logging;
using Portal.Events.Deliveries;
using Portal.Events.OutboundWebhooks;
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
    PortalDb db, OutboxStore outbox, RecipientStore recipients, ReadModelStore models, AnalyticsStore analytics, PersonalHash hash,
    AlertStore alerts, IEnumerable<IEventSubscriber> subscribers, ILogger<DispatchEvents> logger)
{
    private const int Tenants = 50;
    private const int Batch = 200;
    private const int AlertAtAttempt = 4;
    private static readonly TimeSpan LongestWait = TimeSpan.FromMinutes(15);

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
        await analytics.CountAsync(tx, tenant, events);
        foreach (var e in events)
        {
            foreach (var subscriber in subscribers)
            {
                await subscriber.ApplyAsync(tx, e);
            }
        }

        var notified = new List<Notified>();
        foreach (var (audience, some) in ByAudience(events, effects => effects.Notify))
        {
            notified.AddRange(await recipients.NotifyAsync(tx, tenant, audience, some));
        }

        await outbox.AddNotifiedAsync(tx, tenant, notified);
        foreach (var (audience, some) in ByAudience(events, effects => effects.Mail))
        {
            await recipients.MailAsync(tx, tenant, audience, some);
        }

        await recipients.DeliverAsync(tx, tenant, await OthersAsync(tx, tenant, events));
    }

    private static IEnumerable<(AudienceQuery Audience, IReadOnlyList<PortalEvent> Events)> ByAudience(
        IReadOnlyList<PortalEvent> events, Func<EventEffects, AudienceQuery?> pick) =>
        from e in events
        let audience = pick(EventEffects.Of(e.Type))
        where audience is not null
        group e by audience into same
        select (same.Key, (IReadOnlyList<PortalEvent>)[.. same]);

    private async Task<IReadOnlyList<(PortalEvent Event, string Channel, string Recipient)>> OthersAsync(
        Tx tx, TenantId tenant, IReadOnlyList<PortalEvent> events)
    {
        var others = new List<(PortalEvent Event, string Channel, string Recipient)>();
        var links = events.Where(e => EventEffects.Of(e.Type).MailGuests).ToList();
        if (links.Count > 0)
        {
            var guests = await RecipientStore.GuestsAsync(tx, tenant, [.. links.Select(e => e.AggregateId).Distinct()]);
            others.AddRange(
                from e in links
                from guest in guests[e.AggregateId].Select(hash.Of)
                where e.Texts("guests") is not { } named || named.Contains(guest)
                select (e, "email", $"guest:{guest}"));
        }

        others.AddRange(events.Where(e => EventEffects.Of(e.Type).MailContact).Select(e => (e, "email", "contact")));
        others.AddRange(
            from e in events.Where(e => EventEffects.Of(e.Type).MailOperators)
            from person in e.Texts("operators") ?? []
            select (e, "email", Delivery.ToOperator(person)));
        others.AddRange(
            events.Where(e => EventEffects.Of(e.Type).Page && e.Flag("page") is not false).Select(e => (e, "pagerduty", "platform")));
        var endpoints = await OutboundEndpointStore.SubscriptionsAsync(tx, tenant);
        others.AddRange(
            from e in events
            from endpoint in endpoints
            where endpoint.Wants(e)
            select (e, SendWebhook.ChannelName, endpoint.Recipient));
        return others;
    }

    private async Task RescheduleAsync(TenantId tenant, PortalEvent e, Exception why, CancellationToken ct)
    {
        Log.NotRouted(logger, why, e.EventId, e.Type);
        var attempts = await outbox.RescheduleAsync(tenant, e, why.Message, LongestWait, ct);
        if (attempts == AlertAtAttempt)
        {
            await alerts.AddAsync(
                new(
                    AlertKind.EventStuck, e.EventId.ToString(), $"Event {e.Type} could not be routed in {attempts} attempts.",
                    new { eventId = e.EventId }), ct);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(
            Level = LogLevel.Warning, Message = "A batch of events of tenant {TenantId} could not be routed; trying one by one")]
        public static partial void BatchFailed(ILogger logger, Exception e, Guid tenantId);

        [LoggerMessage(Level = LogLevel.Error, Message = "Event {EventId} ({Type}) could not be routed; it stays in the outbox")]
        public static partial void NotRouted(ILogger logger, Exception e, Guid eventId, string type);
    }
}
