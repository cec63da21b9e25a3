using Portal.Foundation.Audit;
using Portal.Foundation.Db;
using Portal.Foundation.Identity;
using Portal.Foundation.Paging;

namespace Portal.Foundation.Webhooks;

/// <summary>A stored webhook.</summary>
public sealed record StoredWebhook(string Provider, string EventId, string Type, string Body, string Status, int Attempts);

/// <summary>A stored webhook as on-call sees it: never its body, which may name people.</summary>
public sealed record WebhookNote(
    Guid Id, string Provider, string EventId, string Type, string Status, string? Outcome, int Attempts, string? LastError,
    DateTimeOffset NextAttemptAt,
    DateTimeOffset ReceivedAt, DateTimeOffset? ProcessedAt);

/// <summary>Which webhooks a list shows; null: all.</summary>
public sealed record WebhookFilter(string? Provider, string? Status, string? Type);

/// <summary>SQL of the webhook inbox: each event once, kept as it came, until handled. Not a tenant's table: who it is about is known only
/// after reading.</summary>
public sealed class WebhookInboxStore(PortalDb db, AuditWriter audit, TimeProvider clock)
{
    private const string Columns = "w.id, w.provider, w.event_id, w.type, w.status, w.outcome, w.attempts, w.last_error, "
        + "w.next_attempt_at, w.received_at, w.processed_at";

    private const string Listed = $"""
        select {Columns} from portal.webhook_inbox w
         where (@provider::text is null or w.provider = @provider) and (@status::text is null or w.status = @status)
           and (@type::text is null or w.type = @type)
        """;

    private static readonly PageQuery ByAge = PageQuery.Descending("w.received_at, w.id");

    /// <summary>True when the event is new. A repeat changes nothing.</summary>
    public async Task<bool> AddAsync(
        string provider, string eventId, string type, string body, TimeSpan firstRetryIn, CancellationToken ct) =>
        await db.RunAcrossTenantsAsync("""
            insert into portal.webhook_inbox (provider, event_id, type, body, next_attempt_at, received_at)
            values (@provider, @eventId, @type, @body, @retryAt, @now) on conflict do nothing
            """, new { provider, eventId, type, body, now = clock.GetUtcNow(), retryAt = clock.GetUtcNow() + firstRetryIn }, ct) == 1;

    /// <summary>Keeps an event that nobody looks at, as processed.</summary>
    public Task AddUnusedAsync(string provider, string eventId, string type, string body, CancellationToken ct) =>
        db.RunAcrossTenantsAsync("""
            insert into portal.webhook_inbox (provider, event_id, type, body, status, outcome, next_attempt_at, received_at, processed_at)
            values (@provider, @eventId, @type, @body, 'processed', 'not_used', @now, @now, @now) on conflict do nothing
            """, new { provider, eventId, type, body, now = clock.GetUtcNow() }, ct);

    /// <summary>
    /// received, retrying → processed. Not waited for until it is on disk: what a crash forgets here is handled once more, which changes
    /// nothing, and half of the waiting of an intake goes.
    /// </summary>
    public Task ProcessedAsync(string provider, string eventId, string outcome, CancellationToken ct) =>
        db.RunAcrossTenantsAsync("""
            select set_config('synchronous_commit', 'off', true);
            update portal.webhook_inbox set status = 'processed', outcome = @outcome, last_error = null, processed_at = @now
             where provider = @provider and event_id = @eventId and status in ('received', 'retrying')
            """, new { provider, eventId, outcome, now = clock.GetUtcNow() }, ct);

    /// <summary>received, retrying → retrying, or dead when the attempts are used up. True when it died.</summary>
    public Task<bool> RescheduleAsync(
        string provider, string eventId, string error, DateTimeOffset nextAttemptAt, int maxAttempts, CancellationToken ct) =>
        db.AcrossTenantsAsync(async tx =>
        {
            var moved = await tx.QueryOneAsync<WebhookNote>($"""
                update portal.webhook_inbox w
                   set attempts = attempts + 1, last_error = left(@error, 1000), next_attempt_at = @nextAttemptAt,
                       status = case when attempts + 1 >= @maxAttempts then 'dead' else 'retrying' end
                 where provider = @provider and event_id = @eventId and status in ('received', 'retrying')
                returning {Columns}
                """, new { provider, eventId, error, nextAttemptAt, maxAttempts });
            if (moved is not { Status: "dead" })
            {
                return false;
            }

            await audit.WriteAsync(tx, TenantId.Platform, Actor.System("ReceiveWebhook"), new AuditEntry("webhook_dead", "webhook",
                moved.Id,
                new { status = "retrying" }, new { status = "dead", provider, eventId, type = moved.Type, attempts = moved.Attempts }));
            return true;
        }, ct);

    /// <summary>Takes what is due, for one minute: a worker that dies leaves it to the next.</summary>
    public Task<IReadOnlyList<StoredWebhook>> TakeDueAsync(int limit, CancellationToken ct) =>
        db.AcrossTenantsAsync(tx => tx.QueryAsync<StoredWebhook>("""
            with due as materialized (
                select provider, event_id from portal.webhook_inbox where status in ('received', 'retrying') and next_attempt_at <= @now
                 order by next_attempt_at limit @limit for update skip locked)
            update portal.webhook_inbox w set next_attempt_at = @now + interval '1 minute' from due
             where w.provider = due.provider and w.event_id = due.event_id
            returning w.provider, w.event_id, w.type, w.body, w.status, w.attempts
            """, new { now = clock.GetUtcNow(), limit }), ct);

    /// <summary>What cannot be an id finds nothing.</summary>
    public Task<WebhookNote?> FindAsync(string provider, string eventId, CancellationToken ct) =>
        WebhookBody.Word(provider) is null || WebhookBody.Word(eventId) is null
            ? Task.FromResult<WebhookNote?>(null)
            : db.AcrossTenantsAsync(tx => tx.QueryOneAsync<WebhookNote>($"""
            select {Columns} from portal.webhook_inbox w where w.provider = @provider and w.event_id = @eventId
            """, new { provider, eventId }), ct);

    /// <summary>Newest first; one row more than the page holds.</summary>
    public Task<IReadOnlyList<WebhookNote>> ListAsync(WebhookFilter filter, Page page, CancellationToken ct) =>
        db.AcrossTenantsAsync(tx => tx.QueryPageAsync<WebhookNote>(ByAge, Listed, page, filter), ct);

    /// <summary>dead → received, due at once, with all its attempts before it. Null: it is not dead.</summary>
    public Task<WebhookNote?> ReplayAsync(Operator person, string provider, string eventId, string reason, CancellationToken ct) =>
        WebhookBody.Word(provider) is null || WebhookBody.Word(eventId) is null
            ? Task.FromResult<WebhookNote?>(null)
            : db.AcrossTenantsAsync(async tx =>
        {
            var moved = await tx.QueryOneAsync<WebhookNote>($"""
                update portal.webhook_inbox w set status = 'received', attempts = 0, last_error = null, next_attempt_at = @now
                 where w.provider = @provider and w.event_id = @eventId and w.status in ('dead')
                returning {Columns}
                """, new { provider, eventId, now = clock.GetUtcNow() });
            if (moved is not null)
            {
                await audit.WriteAsync(tx, TenantId.Platform, Actor.From(person), new AuditEntry("webhook_replayed", "webhook", moved.Id,
                    new { status = "dead" }, new { status = "received", provider, eventId, type = moved.Type, reason }));
            }

            return moved;
        }, ct);
}
