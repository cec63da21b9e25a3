using System.Text.Json;
using Portal.Events.Deliveries;
using Portal.Foundation.Audit;
using Portal.Foundation.Db;
using Portal.Foundation.Faults;
using Portal.Foundation.Identity;
using Portal.Foundation.Outbox;
using Portal.Foundation.Paging;

namespace Portal.Events.OutboundWebhooks;

/// <summary>One time that an endpoint was asked, and what it said.</summary>
public sealed record LoggedAttempt(
    int Attempt, int Number, DateTimeOffset SentAt, string Url, int? Status, string? Error, int DurationMs, string? ResponseType,
    string ResponseBody);

/// <summary>An event on its way to an endpoint, with the latest attempts, oldest first.</summary>
public sealed record LoggedWebhook(
    Guid Id, string Status, string? Reason, int Attempt, DateTimeOffset? NextAttemptAt, DateTimeOffset CreatedAt, DateTimeOffset? DoneAt,
    PortalEvent Event, IReadOnlyList<LoggedAttempt> Attempts);

/// <summary>What is to be sent again: one delivery, or those since a time.</summary>
/// <param name="EvenSent">Those that were taken too.</param>
public sealed record RedeliveryRequest(Guid? DeliveryId, DateTimeOffset? Since, bool EvenSent);

/// <param name="Redelivered">How many are sent again.</param>
/// <param name="NextSince">There are more: those since that time.</param>
public sealed record Redelivery(int Redelivered, DateTimeOffset? NextSince);

/// <summary>SQL of what was sent to an endpoint, and of sending it again.</summary>
public sealed class WebhookLogStore(PortalDb db, OutboundEndpointStore endpoints, AuditWriter audit)
{
    public const int MostRedelivered = 1000;

    /// <summary>Of a delivery, in the log.</summary>
    private const int MostAttempts = 16;

    private const string Listed = """
        select d.id, d.status, d.reason, d.attempt, d.next_attempt_at, d.created_at, d.done_at, d.seq, e.event_id, e.aggregate_type,
               e.aggregate_id, e.type, e.payload::text as payload, e.actor_id, e.occurred_at,
               coalesce((select jsonb_agg(to_jsonb(x) order by x.attempt, x.number) from (
                   select a.attempt, a.number, a.sent_at as "sentAt", a.url, a.status, a.error, a.duration_ms as "durationMs",
                          a.response_type as "responseType", a.response_body as "responseBody"
                     from portal.webhook_attempts a where a.tenant_id = d.tenant_id and a.delivery_id = d.id
                    order by a.attempt desc, a.number desc limit @most) x), '[]')::text as attempts
          from portal.deliveries d join portal.events e on e.tenant_id = d.tenant_id and e.event_id = d.event_id
         where d.tenant_id = @tenant and d.channel = 'webhook' and d.recipient = @recipient
           and (@status::text is null or d.status = @status)
        """;

    private static readonly PageQuery ByAge = PageQuery.Descending("d.created_at, d.id");

    /// <summary>Newest first; one row more than the page holds.</summary>
    public async Task<IReadOnlyList<LoggedWebhook>> ListAsync(
        TenantId tenant, Guid endpoint, string? status, Page page, CancellationToken ct) =>
        [.. (await db.ReadPageAsync<Row>(tenant, ByAge, Listed, page, new
        {
            tenant,
            recipient = EndpointSubscription.RecipientOf(endpoint),
            status,
            most = MostAttempts,
        }, ct)).Select(row => row.Read(tenant))];

    /// <summary>
    /// Settled deliveries → pending, as a new attempt, oldest first and in the order that they were in. Refused while the endpoint is
    /// disabled, and for one that is still under way.
    /// </summary>
    public async Task<Result<Redelivery>> RedeliverAsync(Tx tx, TenantId tenant, Caller caller, Guid endpoint, RedeliveryRequest wanted)
    {
        if (await endpoints.FindAsync(tx, tenant, endpoint) is not { } found)
        {
            return new Refusal.NotFound("webhook endpoint");
        }

        if (!found.Enabled)
        {
            return new Refusal.Conflict("endpoint-disabled", "The webhook endpoint is disabled. Enable it first.");
        }

        var again = await tx.QueryAsync<Again>($"""
            with picked as materialized (
                select d.id, d.created_at from portal.deliveries d
                 where d.tenant_id = @tenant and d.channel = 'webhook' and d.recipient = @recipient
                   and (@DeliveryId::uuid is null or d.id = @DeliveryId) and (@Since::timestamptz is null or d.created_at >= @Since)
                   and (d.status in ('failed', 'skipped') or (d.status = 'sent' and (@EvenSent or @DeliveryId::uuid is not null)))
                 order by d.created_at, d.id limit @most for update)
            update portal.deliveries d set {DeliveryStore.AsNewAttempt}
              from picked p where d.tenant_id = @tenant and d.id = p.id
            returning d.id, d.created_at
            """, new
        {
            tenant,
            recipient = EndpointSubscription.RecipientOf(endpoint),
            wanted.DeliveryId,
            wanted.Since,
            wanted.EvenSent,
            most = MostRedelivered,
        });
        if (wanted.DeliveryId is { } one && again.Count == 0)
        {
            return await IsOpenAsync(tx, tenant, endpoint, one)
                ? new Refusal.Conflict("delivery-under-way", "The delivery is under way: it is sent anyhow.")
                : new Refusal.NotFound("delivery");
        }

        if (again.Count > 0)
        {
            await audit.WriteAsync(tx, tenant, Actor.From(caller), new AuditEntry(
                "webhooks_redelivered", OutboundEndpointStore.EntityType, endpoint, null,
                new { deliveries = again.Count, deliveryId = wanted.DeliveryId, since = wanted.Since, evenSent = wanted.EvenSent }));
        }

        return new Redelivery(again.Count, again.Count == MostRedelivered ? again.Max(row => row.CreatedAt) : null);
    }

    private static Task<bool> IsOpenAsync(Tx tx, TenantId tenant, Guid endpoint, Guid delivery) => tx.GetAsync<bool>("""
        select exists (select 1 from portal.deliveries d where d.tenant_id = @tenant and d.id = @delivery and d.channel = 'webhook'
           and d.recipient = @recipient and d.status in ('pending', 'sending'))
        """, new { tenant, delivery, recipient = EndpointSubscription.RecipientOf(endpoint) });

    private sealed record Again(Guid Id, DateTimeOffset CreatedAt);

    private sealed record Row(
        Guid Id, string Status, string? Reason, int Attempt, DateTimeOffset? NextAttemptAt, DateTimeOffset CreatedAt,
        DateTimeOffset? DoneAt, long Seq, Guid EventId, string AggregateType, Guid AggregateId, string Type, string Payload,
        Guid? ActorId, DateTimeOffset OccurredAt, string Attempts)
    {
        public LoggedWebhook Read(TenantId tenant) => new(
            Id, Status, Reason, Attempt, NextAttemptAt, CreatedAt, DoneAt,
            new(Seq, EventId, tenant, AggregateType, AggregateId, Type, Payload, ActorId, OccurredAt),
            JsonSerializer.Deserialize<IReadOnlyList<LoggedAttempt>>(Attempts, JsonSerializerOptions.Web)!);
    }
}
