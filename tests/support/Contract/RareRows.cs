using Dapper;
using Npgsql;

namespace Portal.Tests.Support.Contract;

/// <summary>Rows of a full tenant that take days, failures or a passphrase to come by.</summary>
public static class RareRows
{
    /// <summary>To a tenant with an upload that is ready and a share link.</summary>
    public static Task AddAsync(NpgsqlConnection connection, Guid tenant, Guid person, DateTimeOffset now) => connection.ExecuteAsync("""
        insert into portal.digests (tenant_id, user_id, day, settled_at) values (@tenant, @person, '2026-01-01', @now);
        insert into portal.mail_suppressions (tenant_id, address_hash, reason, created_at)
        values (@tenant, repeat('0', 64), 'bounced', @now);
        insert into portal.notification_preferences (tenant_id, user_id, event_type, in_app, email)
        values (@tenant, @person, 'task_created', false, false) on conflict do nothing;
        insert into portal.vendor_review_reminders values (@tenant, 'mux', '2026-01-01', 'overdue', gen_random_uuid(), @now);
        insert into portal.usage_days (tenant_id, day, metric, quantity) values (@tenant, '2026-01-01', 'mails', 1);
        insert into portal.budget_notices values (@tenant, '2026-01-01', 50, 10, 5, @now);
        insert into portal.share_unlocks select @tenant, l.id, sha256('x'), 1, @now from portal.share_links l
         where l.tenant_id = @tenant limit 1;
        insert into portal.share_link_notices select @tenant, l.id, @now from portal.share_links l where l.tenant_id = @tenant limit 1
        on conflict do nothing;
        insert into portal.upload_attempts (tenant_id, job_id, attempt, outcome, ended_at)
        select @tenant, j.id, 1, 'failed', @now from portal.upload_jobs j where j.tenant_id = @tenant limit 1;
        insert into portal.mux_cleanups (mux_asset_id, tenant_id, job_id, reason, next_attempt_at, created_at)
        select j.mux_asset_id, @tenant, j.id, 'superseded', 'infinity', @now from portal.upload_jobs j
         where j.tenant_id = @tenant and j.mux_asset_id is not null limit 1;
        """, new { tenant, person, now });
}
