using Portal.Foundation.Audit;
using Portal.Foundation.Db;
using Portal.Foundation.Faults;
using Portal.Foundation.Identity;
using Portal.Foundation.Outbox;
using Portal.Foundation.Paging;

namespace Portal.Events.OutboundWebhooks;

/// <summary>
/// All SQL of endpoints of outbound webhooks, as Admins see and change them. In the audit log an endpoint is its host and a keyed hash of
/// its address: receivers keep secrets in paths and queries.
/// </summary>
public sealed class OutboundEndpointStore(
    PortalDb db, AuditWriter audit, PersonalHash hash, EndpointSecrets secrets, TimeProvider clock)
{
    public const int MostEndpoints = 10;

    /// <summary>As audit rows, events and notifications name it.</summary>
    public const string EntityType = "webhook_endpoint";

    private const string Columns = """
        w.id, w.url, w.description, w.event_types, w.enabled, w.disabled_reason, w.disabled_at, w.failing_since, w.last_success_at,
        w.secret_kid, w.secret_generation, w.secret_made_at, w.previous_kid, w.previous_until, w.created_by,
        (select u.name from portal.users u where u.tenant_id = w.tenant_id and u.id = w.created_by) as created_by_name,
        w.created_at, w.updated_at, w.version
        """;

    private const string Listed = $"""
        select {Columns} from portal.webhook_endpoints w
         where w.tenant_id = @tenant and (@enabled::boolean is null or w.enabled = @enabled)
        """;

    private const string Find = $"select {Columns} from portal.webhook_endpoints w where w.tenant_id = @tenant and w.id = @id";

    private static readonly PageQuery ByAge = PageQuery.Descending("w.created_at, w.id");

    public Task<IReadOnlyList<OutboundEndpoint>> ListAsync(TenantId tenant, bool? enabled, Page page, CancellationToken ct) =>
        db.ReadPageAsync<OutboundEndpoint>(tenant, ByAge, Listed, page, new { tenant, enabled }, ct);

    public Task<long> CountAsync(TenantId tenant, bool? enabled, CancellationToken ct) =>
        db.CountAsync(tenant, Listed, new { tenant, enabled }, ct);

    public Task<OutboundEndpoint?> FindAsync(TenantId tenant, Guid id, CancellationToken ct) =>
        db.ReadOneAsync<OutboundEndpoint>(tenant, Find, new { tenant, id }, ct);

    public Task<OutboundEndpoint?> FindAsync(Tx tx, TenantId tenant, Guid id) =>
        tx.QueryOneAsync<OutboundEndpoint>(Find, new { tenant, id });

    /// <summary>Null: there is none any more, or its tenant has left.</summary>
    public Task<OutboundEndpoint?> FindToSendAsync(TenantId tenant, Guid id, CancellationToken ct) =>
        db.ReadOneAsync<OutboundEndpoint>(tenant, $"""
            {Find} and exists (select 1 from portal.tenants t where t.id = w.tenant_id and t.status = 'active')
            """, new { tenant, id }, ct);

    /// <summary>
    /// Those that events may be for. One that was disabled because it kept failing still gets its events noted, unsent: they can be sent
    /// when it is back.
    /// </summary>
    public static Task<IReadOnlyList<EndpointSubscription>> SubscriptionsAsync(Tx tx, TenantId tenant) =>
        tx.QueryAsync<EndpointSubscription>("""
            select w.id, w.event_types, w.enabled or w.disabled_reason = 'failing' as takes
              from portal.webhook_endpoints w where w.tenant_id = @tenant order by w.id
            """, new { tenant });

    /// <summary>Refused (<c>too-many-endpoints</c>) beyond <see cref="MostEndpoints"/>.</summary>
    public async Task<Result<OutboundEndpoint>> CreateAsync(Tx tx, TenantId tenant, Caller caller, EndpointSettings settings)
    {
        var now = clock.GetUtcNow();
        await tx.ExecuteAsync("select pg_advisory_xact_lock(hashtextextended('portal.webhook_endpoints ' || @tenant::text, 0))", new
        {
            tenant,
        });
        if (await tx.GetAsync<long>("select count(*) from portal.webhook_endpoints where tenant_id = @tenant", new { tenant })
            >= MostEndpoints)
        {
            return new Refusal.Conflict(
                "too-many-endpoints", $"There are {MostEndpoints} webhook endpoints, which is as many as there may be. Delete one first.");
        }

        var id = Guid.CreateVersion7(now);
        await tx.ExecuteAsync("""
            insert into portal.webhook_endpoints (id, tenant_id, url, description, event_types, enabled, disabled_reason, disabled_at,
                   secret_kid, secret_made_at, created_by, created_at, updated_at)
            values (@id, @tenant, @Url, @Description, @eventTypes, @Enabled, case when not @Enabled then 'by_admin' end,
                   case when not @Enabled then @now::timestamptz end, @kid, @now, @by, @now, @now)
            """, new
        {
            id,
            tenant,
            settings.Url,
            settings.Description,
            eventTypes = settings.EventTypes.ToArray(),
            settings.Enabled,
            kid = secrets.CurrentKey,
            by = caller.User,
            now,
        });
        var made = (await FindAsync(tx, tenant, id))!;
        await WriteAsync(tx, tenant, caller, "webhook_endpoint_created", id, null, Snapshot(made));
        return made;
    }

    /// <summary>
    /// Changes what the caller decided. Enabled again, it begins afresh: failures before count no more.
    /// </summary>
    public async Task<Result<OutboundEndpoint>> UpdateAsync(
        Tx tx, TenantId tenant, Caller caller, OutboundEndpoint before, int version, EndpointSettings settings)
    {
        if (before.Version != version)
        {
            return new Refusal.Stale(before.Version);
        }

        if (settings.Url == before.Url && settings.Description == before.Description && settings.Enabled == before.Enabled
            && settings.EventTypes.SequenceEqual(before.EventTypes))
        {
            return before;
        }

        var changed = await tx.ExecuteAsync("""
            update portal.webhook_endpoints
               set url = @Url, description = @Description, event_types = @eventTypes, enabled = @Enabled,
                   disabled_reason = case when @Enabled then null else coalesce(disabled_reason, 'by_admin') end,
                   disabled_at = case when @Enabled then null else coalesce(disabled_at, @now) end,
                   failing_since = case when enabled and @Enabled and url = @Url then failing_since end,
                   updated_at = @now, version = version + 1
             where tenant_id = @tenant and id = @id and version = @version
            """, new
        {
            tenant,
            id = before.Id,
            version,
            settings.Url,
            settings.Description,
            eventTypes = settings.EventTypes.ToArray(),
            settings.Enabled,
            now = clock.GetUtcNow(),
        });
        var after = await FindAsync(tx, tenant, before.Id);
        if (changed == 0 || after is null)
        {
            return after is null ? new Refusal.NotFound("webhook endpoint") : new Refusal.Stale(after.Version);
        }

        await WriteAsync(tx, tenant, caller, "webhook_endpoint_updated", before.Id, Snapshot(before), Snapshot(after));
        return after;
    }

    /// <summary>With its log. What is on its way to it is not sent any more.</summary>
    public async Task<Result<OutboundEndpoint>> DeleteAsync(Tx tx, TenantId tenant, Caller caller, Guid id, int version)
    {
        if (await FindAsync(tx, tenant, id) is not { } before)
        {
            return new Refusal.NotFound("webhook endpoint");
        }

        var gone = await tx.ExecuteAsync(
            "delete from portal.webhook_endpoints where tenant_id = @tenant and id = @id and version = @version",
            new { tenant, id, version });
        if (gone == 0)
        {
            return new Refusal.Stale(before.Version);
        }

        await WriteAsync(tx, tenant, caller, "webhook_endpoint_deleted", id, Snapshot(before), null);
        return before;
    }

    /// <summary>A new secret; the one before signs beside it for a day. The one before that signs no more.</summary>
    public async Task<Result<OutboundEndpoint>> RotateSecretAsync(Tx tx, TenantId tenant, Caller caller, Guid id)
    {
        var now = clock.GetUtcNow();
        var rotated = await tx.ExecuteAsync("""
            update portal.webhook_endpoints
               set previous_kid = secret_kid, previous_until = @until, secret_kid = @kid, secret_generation = secret_generation + 1,
                   secret_made_at = @now, updated_at = @now, version = version + 1
             where tenant_id = @tenant and id = @id
            """, new { tenant, id, kid = secrets.CurrentKey, until = now + EndpointSecrets.Overlap, now });
        if (rotated == 0 || await FindAsync(tx, tenant, id) is not { } after)
        {
            return new Refusal.NotFound("webhook endpoint");
        }

        await WriteAsync(
            tx, tenant, caller, "webhook_secret_rotated", id, new { generation = after.SecretGeneration - 1 },
            new { generation = after.SecretGeneration, previousUntil = after.PreviousUntil });
        return after;
    }

    /// <summary>An event of its own that goes to this endpoint alone, disabled or not, once.</summary>
    public async Task<Result<OutboundEndpoint>> TestAsync(Tx tx, TenantId tenant, Caller caller, Guid id)
    {
        if (await FindAsync(tx, tenant, id) is not { } endpoint)
        {
            return new Refusal.NotFound("webhook endpoint");
        }

        await audit.WriteAsync(tx, tenant, Actor.From(caller), new AuditEntry(
            "webhook_endpoint_tested", EntityType, id, null, new { host = endpoint.Host }, EventType.WebhookEndpointTested));
        return endpoint;
    }

    private Task WriteAsync(Tx tx, TenantId tenant, Caller caller, string action, Guid id, object? old, object? now) =>
        audit.WriteAsync(tx, tenant, Actor.From(caller), new AuditEntry(action, EntityType, id, old, now));

    private object Snapshot(OutboundEndpoint e) =>
        new { host = e.Host, urlHash = hash.Of(e.Url), eventTypes = e.EventTypes, enabled = e.Enabled, version = e.Version };
}
