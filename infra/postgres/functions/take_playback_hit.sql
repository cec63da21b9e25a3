-- Share, guest and playback requests of one address: one bucket, at most p_limit in any minute. The minute slides: a row holds the hits
-- of up to a second and counts until a minute after its last one (window_end), so a place is free again no earlier than a minute after
-- the request that took it, and a second later at most. What is refused is not counted, or whoever asks on would never get in again.
create or replace function portal.take_playback_hit(p_ip_hash bytea, p_now timestamptz, p_limit integer)
    returns table (allowed boolean, retry_after integer, hits integer)
    language plpgsql security definer
    set search_path = portal, pg_temp
as $$
#variable_conflict use_column
declare
    v_key    constant text := 'playback:' || encode(p_ip_hash, 'hex');
    v_minute constant interval := interval '1 minute';
    v_second constant interval := interval '1 second';
    v_hits   integer;
    v_free   timestamptz;
    v_newest timestamptz;
begin
    -- Those of one address take turns, as they would on one row.
    perform pg_advisory_xact_lock(hashtextextended(v_key, 0));
    select coalesce(sum(w.hits), 0), min(w.window_end), max(w.window_start) into v_hits, v_free, v_newest
      from portal.rate_windows w
     where w.key = v_key and w.window_start > p_now - v_minute - v_second and w.window_end > p_now;
    if v_hits < p_limit then
        v_hits := v_hits + 1;
        insert into portal.rate_windows as w (key, window_start, window_end, hits)
        values (v_key, case when v_newest > p_now - v_second then v_newest else p_now end, p_now + v_minute, 1)
            on conflict (key, window_start) do update set hits = w.hits + 1, window_end = greatest(w.window_end, excluded.window_end);
        return query select true, 0, v_hits;
        return;
    end if;
    return query select false, greatest(1, ceil(extract(epoch from (v_free - p_now))))::integer, v_hits;
end
$$;

revoke all on function portal.take_playback_hit(bytea,timestamp with time zone,integer) from public;
grant execute on function portal.take_playback_hit(bytea,timestamp with time zone,integer) to portal_app;
