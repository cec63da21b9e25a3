-- Counts a minute, of what objectives are measured by in rows of tenants: how many were good, of how many, and nothing else of them. Each
-- is counted in the minute in which it was known to be good or bad, so that what is counted stays so.
-- p_probe_link, p_probe_viewer: the link and the viewer's hash of the synthetic probe, whose opens are nobody's; null without one.
drop function if exists portal.count_objectives(timestamp with time zone,timestamp with time zone,text[]);
create or replace function portal.count_objectives(
    p_from timestamptz, p_until timestamptz, p_minting text[], p_probe_link uuid default null, p_probe_viewer bytea default null)
    returns table (objective text, minute timestamptz, good bigint, total bigint)
    language sql stable security definer
    set search_path = portal, pg_temp
begin atomic
    select c.objective, date_trunc('minute', c.at), coalesce(sum(c.times) filter (where c.good), 0)::bigint, sum(c.times)::bigint
      from (
        -- A webhook was handled, or has used up its attempts.
        select 'webhook_success' as objective, w.processed_at as at, true as good, 1::bigint as times
          from portal.webhook_inbox w
         where w.status = 'processed' and w.processed_at >= p_from and w.processed_at < p_until
        union all
        select 'webhook_success', a.occurred_at, false, 1
          from portal.tenants t
          join portal.audit_log a on a.tenant_id = t.id and a.action = 'webhook_dead'
               and a.occurred_at >= p_from and a.occurred_at < p_until
         where t.clerk_org_id = 'platform'
        union all
        -- Somebody who asked for a video has got it, or we failed.
        select 'playback_success', p.minted_at, true, 1
          from portal.playback_audit p
         where p.minted_at >= p_from and p.minted_at < p_until
           and not coalesce(p.viewer_id = (
               select w.id from portal.share_viewers w where w.share_link_id = p_probe_link and w.viewer_hash = p_probe_viewer), false)
        union all
        select 'playback_success', f.minute, false, f.requests
          from portal.request_figures f
         where f.minute >= p_from and f.minute < p_until and f.outcome = 'failed' and f.function = any(p_minting)
        union all
        -- A player says that a playback started, or failed: one that starts and then fails is one of each.
        select 'playback_errors', e.minute, e.type = 'started', 1
          from portal.playback_events e
         where e.minute >= p_from and e.minute < p_until and e.type in ('started', 'failed')
        union all
        -- The probe has played, or has not; one without an end is lost after two minutes.
        select 'synthetic_playback', r.minute, coalesce(r.outcome = 'played', false), 1
          from portal.probe_runs r
         where r.minute >= p_from and r.minute < p_until
           and (r.outcome is not null or r.started_at < p_until - interval '2 minutes')
        union all
        -- A quarter of an hour after a link was revoked no token of it lives; after a hard revoke its playback ID is gone at Mux.
        select 'revocation', l.revoked_at + interval '15 minutes', not exists (
               select 1 from portal.playback_audit p
                where p.tenant_id = l.tenant_id and p.share_link_id = l.id
                  and p.token_expires_at > l.revoked_at + interval '15 minutes'), 1
          from portal.share_links l
         where l.status = 'revoked' and l.revoked_at >= p_from - interval '15 minutes' and l.revoked_at < p_until - interval '15 minutes'
        union all
        select 'revocation', m.created_at + interval '15 minutes',
               m.done_at is not null and m.done_at <= m.created_at + interval '15 minutes', 1
          from portal.mux_tasks m
         where m.kind = 'replace_playback_id'
           and m.created_at >= p_from - interval '15 minutes' and m.created_at < p_until - interval '15 minutes'
        union all
        -- An erasure was done in time, or its time is over. What a legal hold keeps is not late.
        select 'erasure', e.ended_at, true, 1
          from portal.erasure_requests e
         where e.status = 'completed' and e.ended_at <= e.due_at and e.ended_at >= p_from and e.ended_at < p_until
        union all
        select 'erasure', e.due_at, false, 1
          from portal.erasure_requests e
         where e.status in ('requested', 'running', 'failed', 'completed') and coalesce(e.ended_at > e.due_at, true)
           and e.due_at >= p_from and e.due_at < p_until
        union all
        -- Another try of an upload is a bad thing, however it ends.
        select 'retries', a.occurred_at, false, 1
          from portal.tenants t
          join portal.audit_log a on a.tenant_id = t.id and a.action = 'upload_replayed'
               and a.occurred_at >= p_from and a.occurred_at < p_until) c
     group by c.objective, date_trunc('minute', c.at);
end;

revoke all on function portal.count_objectives(timestamp with time zone,timestamp with time zone,text[],uuid,bytea) from public;
grant execute on function portal.count_objectives(timestamp with time zone,timestamp with time zone,text[],uuid,bytea) to portal_system;
