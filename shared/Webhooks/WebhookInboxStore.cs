using Portal.Db;

namespace Portal.Webhooks;

/// <summary>A stored webhook.</summary>
public sealed record StoredWebhook(string Provider, string EventId, string Type, string Body, string Status, int Tries);

/// <summary>SQL of the webhook inbox: each event once, kept as it came, until handled.</summary>
public sealed class WebhookInboxStore(PortalDb db, TimeProvider clock)
{
    /// <summary>True when the event is new. A repeat changes nothing.</summary>
    public Task<bool> AddAsync(string provider, string eventId, string type, string body, TimeSpan firstRetryIn, CancellationToken ct) =>
        db.AcrossTenantsAsync(async tx => await tx.ExecuteAsync("""
            insert into portal.webhook_inbox (provider, event_id, type, body, next_try_at, received_at)
            values (@provider, @eventId, @type, @body, @retryAt, @now) on conflict do nothing
            """, new { provider, eventId, type, body, now = clock.GetUtcNow(), retryAt = clock.GetUtcNow() + firstRetryIn }) == 1, ct);

    /// <summary>received, retrying → processed.</summary>
    public Task ProcessedAsync(string provider, string eventId, string outcome, CancellationToken ct) =>
        db.AcrossTenantsAsync(tx => tx.ExecuteAsync("""
            update portal.webhook_inbox set status = 'processed', outcome = @outcome, last_error = null, processed_at = @now
             where provider = @provider and event_id = @eventId and status in ('received', 'retrying')
            """, new { provider, eventId, outcome, now = clock.GetUtcNow() }), ct);

    /// <summary>received, retrying → retrying, or dead when the tries are used up. True when it died.</summary>
    public Task<bool> PutOffAsync(string provider, string eventId, string error, DateTimeOffset nextTryAt, int maxTries, CancellationToken ct) =>
        db.AcrossTenantsAsync(async tx => await tx.QueryOneAsync<string>("""
            update portal.webhook_inbox
               set tries = tries + 1, last_error = left(@error, 1000), next_try_at = @nextTryAt,
                   status = case when tries + 1 >= @maxTries then 'dead' else 'retrying' end
             where provider = @provider and event_id = @eventId and status in ('received', 'retrying')
            returning status
            """, new { provider, eventId, error, nextTryAt, maxTries }) == "dead", ct);

    /// <summary>Takes what is due, for one minute: a worker that dies leaves it to the next.</summary>
    public Task<IReadOnlyList<StoredWebhook>> TakeDueAsync(int limit, CancellationToken ct) =>
        db.AcrossTenantsAsync(tx => tx.QueryAsync<StoredWebhook>("""
            update portal.webhook_inbox w set next_try_at = @now + interval '1 minute'
             where (w.provider, w.event_id) in (
                   select provider, event_id from portal.webhook_inbox where status in ('received', 'retrying') and next_try_at <= @now
                    order by next_try_at limit @limit for update skip locked)
            returning w.provider, w.event_id, w.type, w.body, w.status, w.tries
            """, new { now = clock.GetUtcNow(), limit }), ct);
}
