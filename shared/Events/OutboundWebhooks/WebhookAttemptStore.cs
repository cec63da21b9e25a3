using Portal.Events.Deliveries;
using Portal.Foundation.Audit;
using Portal.Foundation.Db;
using Portal.Foundation.Identity;
using Portal.Foundation.Outbox;

namespace Portal.Events.OutboundWebhooks;

/// <summary>An attempt as it goes into the log: cut, and without secrets.</summary>
public sealed record SentWebhook(
    string Url, int? Status, string? Error, int DurationMs, string? ResponseType, string ResponseBody, bool IsTest, bool IsGone);

/// <summary>What noting an attempt came to.</summary>
/// <param name="Number">How many there have been of this delivery's attempt, this one too.</param>
/// <param name="Disabled">The endpoint was disabled by it.</param>
public sealed record NotedWebhook(int Number, bool Disabled);

/// <summary>
/// Notes attempts, and by them how an endpoint is. It is disabled when it answers 410, and when nothing but failures has come of it for
/// five days: with its audit row and the event that tells its Admins, in the same transaction. A test says nothing about its health.
/// </summary>
public sealed class WebhookAttemptStore(PortalDb db, AuditWriter audit, TimeProvider clock)
{
    private static readonly Actor By = Actor.System("webhooks");

    public Task<NotedWebhook> NoteAsync(DeliveryRef delivery, Guid endpoint, SentWebhook sent, CancellationToken ct) =>
        db.InTenantAsync(delivery.Tenant, async tx =>
        {
            var tenant = delivery.Tenant;
            var now = clock.GetUtcNow();

            // The endpoint's row first: two attempts that end at once are noted one after the other.
            var there = await tx.QueryOneAsync<Guid?>(
                "select id from portal.webhook_endpoints where tenant_id = @tenant and id = @endpoint for no key update",
                new { tenant, endpoint });
            if (there is null)
            {
                return new NotedWebhook(1, false);
            }

            var number = await tx.GetAsync<int>("""
                insert into portal.webhook_attempts (delivery_id, attempt, number, tenant_id, endpoint_id, sent_at, url, status, error,
                       duration_ms, response_type, response_body)
                select @DeliveryId, @Attempt, 1 + count(*), @tenant, @endpoint, @now, @Url, @Status, @Error, @DurationMs, @ResponseType,
                       @ResponseBody
                  from portal.webhook_attempts a where a.tenant_id = @tenant and a.delivery_id = @DeliveryId and a.attempt = @Attempt
                returning number
                """, new
            {
                tenant,
                endpoint,
                delivery.DeliveryId,
                delivery.Attempt,
                now,
                sent.Url,
                sent.Status,
                sent.Error,
                sent.DurationMs,
                sent.ResponseType,
                sent.ResponseBody,
            });
            if (sent.Error is null)
            {
                await tx.ExecuteAsync("""
                    update portal.webhook_endpoints set failing_since = null, last_success_at = @now
                     where tenant_id = @tenant and id = @endpoint and not @IsTest
                    """, new { tenant, endpoint, now, sent.IsTest });
                return new NotedWebhook(number, false);
            }

            return new NotedWebhook(number, await FailedAsync(tx, tenant, endpoint, sent, now));
        }, ct);

    private async Task<bool> FailedAsync(Tx tx, TenantId tenant, Guid endpoint, SentWebhook sent, DateTimeOffset now)
    {
        var disabled = await tx.QueryOneAsync<Disabled>("""
            with failed as (
                select w.id, coalesce(w.failing_since, @now) as since,
                       @IsGone or (not @IsTest and coalesce(w.failing_since, @now) <= @failingBefore) as ended
                  from portal.webhook_endpoints w where w.tenant_id = @tenant and w.id = @endpoint and w.enabled)
            update portal.webhook_endpoints w
               set failing_since = case when @IsTest then w.failing_since else f.since end,
                   enabled = not f.ended,
                   disabled_reason = case when f.ended then case when @IsGone then 'gone' else 'failing' end end,
                   disabled_at = case when f.ended then @now end,
                   updated_at = case when f.ended then @now else w.updated_at end,
                   version = w.version + case when f.ended then 1 else 0 end
              from failed f where w.tenant_id = @tenant and w.id = f.id
            returning f.ended, w.disabled_reason as reason, w.failing_since
            """, new { tenant, endpoint, now, sent.IsTest, sent.IsGone, failingBefore = now - WebhookSchedule.FailingLimit });
        if (disabled is not { Ended: true })
        {
            return false;
        }

        await audit.WriteAsync(tx, tenant, By, new AuditEntry(
            "webhook_endpoint_disabled", OutboundEndpointStore.EntityType, endpoint, new { enabled = true },
            new { reason = disabled.Reason, failingSince = disabled.FailingSince }, EventType.WebhookEndpointDisabled));
        return true;
    }

    private sealed record Disabled(bool Ended, string? Reason, DateTimeOffset? FailingSince);
}
