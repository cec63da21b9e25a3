-- Replaces what the row of a tenant that is being erased says of it; the row stays, since audit, events and certificates refer to it. The
-- organization at Clerk may have a portal again. How many were not replaced before.
create or replace function portal.forget_tenant(p_tenant uuid, p_now timestamptz) returns bigint
    language plpgsql security definer
    set search_path = portal, pg_temp
as $$
declare
    v_count bigint;
begin
    perform portal.check_tenant_erasure(p_tenant);
    update portal.tenants t set clerk_org_id = 'erased_' || t.id, name = 'Erased portal', time_zone = 'UTC', digest_hour = 8,
           logo_url = null, accent_color = null, sender_name = null, residency_contact = null, residency = 'any',
           keep_notification_days = null, keep_upload_job_days = null, keep_active_video_days = null, keep_inactive_video_days = null,
           keep_raw_analytics_days = null, monthly_budget_usd = null, version = t.version + 1, updated_at = p_now
     where t.id = p_tenant and t.clerk_org_id <> 'erased_' || t.id;
    get diagnostics v_count = row_count;
    return v_count;
end
$$;

revoke all on function portal.forget_tenant(uuid,timestamp with time zone) from public;
grant execute on function portal.forget_tenant(uuid,timestamp with time zone) to portal_app;
