-- What waits, and what ended badly, across tenants: a number and the oldest of each, by what it is. Asked by a timer of the platform,
-- which learns no content and no tenant.
--   inbox     webhooks that are due, by vendor          outbox    events that are due
--   dead      webhooks that were given up, by vendor    failed    deliveries that failed since p_since, by channel
--   sending   deliveries that are not done, by channel
--   engine    orchestrations that were to go on by now: those of deliveries, of uploads. One that waits for its time does not count.
create or replace function portal.measure_backlog(p_now timestamptz, p_since timestamptz)
    returns table (what text, part text, depth bigint, oldest timestamptz)
    language sql stable security definer
    set search_path = portal, pg_temp
as $$
    select 'inbox', w.provider, count(*), min(w.next_attempt_at)
      from portal.webhook_inbox w where w.status in ('received', 'retrying') and w.next_attempt_at <= p_now group by w.provider
    union all
    select 'dead', w.provider, count(*), min(w.received_at) from portal.webhook_inbox w where w.status = 'dead' group by w.provider
    union all
    select 'outbox', 'events', count(*), min(greatest(e.occurred_at, o.next_attempt_at))
      from portal.outbox o join portal.events e on e.event_id = o.event_id
     where o.next_attempt_at <= p_now having count(*) > 0
    union all
    select 'failed', d.channel, count(*), min(d.done_at)
      from portal.deliveries d where d.status = 'failed' and d.done_at > p_since and d.channel <> 'webhook' group by d.channel
    union all
    select 'sending', d.channel, count(*), min(d.created_at)
      from portal.deliveries d where d.status in ('pending', 'sending') group by d.channel
    union all
    select 'engine', 'deliveries', count(*), min(greatest(d.taken_at, d.next_attempt_at))
      from portal.deliveries d
     where d.status = 'sending' and d.taken_at <= p_now and (d.next_attempt_at is null or d.next_attempt_at <= p_now)
    having count(*) > 0
    union all
    select 'engine', 'uploads', count(*), min(j.next_retry_at)
      from portal.upload_jobs j
     where j.status in ('waiting', 'processing') and j.attempts > 0 and j.next_retry_at <= p_now having count(*) > 0
$$;

revoke all on function portal.measure_backlog(timestamptz, timestamptz) from public;
grant execute on function portal.measure_backlog(timestamptz, timestamptz) to portal_system;
