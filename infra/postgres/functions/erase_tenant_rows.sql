-- Deletes rows of a tenant that is being erased, at most so many, table after table: what refers to others goes before them, so a table
-- is begun only when those above it are empty. How many rows, by table; fewer than the limit in all: none is left.
create or replace function portal.erase_tenant_rows(p_tenant uuid, p_limit integer) returns table (what text, count bigint)
    language plpgsql security definer
    set search_path = portal, pg_temp
as $$
declare
    v_tables constant text[] := array[
        'notifications', 'notification_preferences', 'unread_counts', 'digests', 'webhook_attempts', 'webhook_endpoints',
        'deliveries', 'outbox', 'idempotency_keys', 'mail_suppressions', 'analytics_raw', 'analytics_rollups',
        'usage_days', 'budget_notices',
        'consents', 'comment_mentions', 'comments', 'share_unlocks',
        'share_link_notices', 'share_link_guests', 'share_viewers', 'share_links', 'mux_tasks', 'mux_cleanups', 'upload_attempts',
        'upload_jobs', 'playback_events', 'asset_versions', 'assets', 'task_assignees', 'task_watchers', 'task_dependencies', 'tasks',
        'milestones', 'template_applications', 'milestone_template_versions', 'milestone_templates', 'project_mutes', 'project_members',
        'project_progress', 'projects', 'vendor_review_reminders', 'vendor_reviews', 'residency_reports', 'exports', 'holds', 'invites',
        'users'];
    v_left integer := p_limit;
begin
    perform portal.check_tenant_erasure(p_tenant);
    foreach what in array v_tables loop
        exit when v_left <= 0;
        -- Of comments, replies before what they reply to.
        execute format(
            'with gone as (delete from portal.%1$I where ctid = any (array(
                 select t.ctid from portal.%1$I t where t.tenant_id = $1 %2$s limit $2)) returning 1) select count(*) from gone',
            what, case what when 'comments' then 'order by t.parent_id is null' else '' end)
            into count using p_tenant, v_left;
        v_left := v_left - count;
        if count > 0 then
            return next;
        end if;
    end loop;
end
$$;

revoke all on function portal.erase_tenant_rows(uuid,integer) from public;
grant execute on function portal.erase_tenant_rows(uuid,integer) to portal_app;
