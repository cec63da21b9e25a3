-- Open alerts whose cause is gone, read off the rows that had it. One line a kind; kinds that no row tells of, or that whoever raises them
-- closes, have none. Asked by a timer of the platform: answers ids of alerts, no content.
create or replace function portal.alerts_over(p_now timestamptz)
    returns table (id uuid)
    language sql stable security definer
    set search_path = portal, pg_temp
as $$
    select a.id
      from portal.alerts a
     -- Most keys are ids; as such they find their row by its index.
     cross join lateral (select case when a.dedup_key ~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' then a.dedup_key::uuid end as id) k
     where a.resolved_at is null
       and case a.kind
           when 'mux_revoke_stuck' then not exists (
                select 1 from portal.mux_tasks t where t.id = k.id and t.done_at is null)
           when 'mux_task_stuck' then not exists (
                select 1 from portal.mux_tasks t where t.id = k.id and t.done_at is null)
           when 'mux_cleanup_stuck' then not exists (
                select 1 from portal.mux_cleanups c where c.mux_asset_id = a.dedup_key and c.done_at is null)
           when 'mux_rendition_failed' then not exists (
                select 1 from portal.asset_versions v
                 where v.id = k.id and v.status = 'ready' and v.download_name is null)
           when 'operator_deleted' then not exists (select 1 from portal.operators o where o.clerk_user_id = a.dedup_key)
           when 'upload_retrying' then not exists (
                select 1 from portal.upload_jobs j
                 where j.id = (a.details ->> 'jobId')::uuid and j.attempt = (a.details ->> 'attempt')::integer
                   and j.status in ('waiting', 'processing') and j.next_retry_at is not null)
           when 'upload_failed' then not exists (
                select 1 from portal.upload_jobs j where j.id = (a.details ->> 'jobId')::uuid and j.status = 'failed')
           when 'errored_after_ready' then not exists (
                select 1 from portal.upload_jobs j join portal.asset_versions v on v.id = j.asset_version_id
                 where j.id = (a.details ->> 'jobId')::uuid and j.status = 'ready' and v.status = 'ready')
           when 'webhook_retrying' then not exists (
                select 1 from portal.webhook_inbox w
                 where w.provider = a.details ->> 'provider' and w.event_id = a.details ->> 'eventId' and w.status = 'retrying')
           when 'webhook_dead' then not exists (
                select 1 from portal.webhook_inbox w
                 where w.provider = a.details ->> 'provider' and w.event_id = a.details ->> 'eventId' and w.status = 'dead')
           when 'delivery_blocked' then not exists (
                select 1 from portal.deliveries d
                 where d.channel = a.dedup_key and d.status = 'sending' and d.taken_at <= a.last_at)
           when 'delivery_retrying' then not exists (
                select 1 from portal.deliveries d
                 where d.id = (a.details ->> 'deliveryId')::uuid and d.status = 'sending'
                   and a.dedup_key = 'deliver-' || d.id || '-' || d.attempt)
           when 'delivery_failed' then not exists (
                select 1 from portal.deliveries d
                 where d.id = (a.details ->> 'deliveryId')::uuid and d.status = 'failed'
                   and a.dedup_key = 'deliver-' || d.id || '-' || d.attempt)
           when 'webhook_endpoint_disabled' then not exists (
                select 1 from portal.webhook_endpoints e
                 where e.id = k.id and e.disabled_reason in ('gone', 'failing'))
           when 'event_stuck' then not exists (select 1 from portal.outbox o where o.event_id = k.id)
           when 'invites_stuck' then not exists (
                select 1 from portal.invites i where i.clerk_state in ('wanted', 'unwanted') and i.clerk_attempts >= 5)
           when 'tenant_without_admin' then not exists (
                    select 1 from portal.tenants t where t.id = k.id and t.status = 'active')
                or exists (
                    select 1 from portal.users u
                     where u.tenant_id = k.id and u.role = 'admin' and u.status = 'active')
           when 'tenant_budget_reached' then (p_now at time zone 'UTC')::date >= (a.details ->> 'month')::date + interval '1 month'
                or not exists (
                    select 1 from portal.tenants t
                     where t.id = k.id and t.status = 'active' and t.monthly_budget_usd <= (a.details ->> 'budgetUsd')::integer)
           when 'erasure_late' then not exists (
                select 1 from portal.erasure_requests r
                 where r.id = (a.details ->> 'erasureId')::uuid and r.due_at > p_now
                   and r.status in ('requested', 'running', 'failed'))
           when 'erasure_overdue' then not exists (
                select 1 from portal.erasure_requests r
                 where r.id = (a.details ->> 'erasureId')::uuid and r.status in ('requested', 'running', 'failed'))
           when 'erasure_failed' then not exists (
                select 1 from portal.erasure_requests r
                 where r.id = k.id and r.status in ('requested', 'running', 'failed'))
           when 'export_failed' then not exists (
                select 1 from portal.exports e where e.id = k.id and e.status in ('requested', 'running', 'failed'))
           when 'timer_failed' then coalesce((
                select r.error is null from portal.timer_runs r
                 where r.timer = a.dedup_key and r.ended_at is not null order by r.started_at desc, r.id desc limit 1), true)
           else false
           end
$$;

revoke all on function portal.alerts_over(timestamptz) from public;
grant execute on function portal.alerts_over(timestamptz) to portal_system;
