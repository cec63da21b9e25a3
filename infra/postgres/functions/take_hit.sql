create or replace function portal.take_hit(p_key text, p_now timestamptz, p_window interval, p_limit integer)
    returns table (allowed boolean, retry_after integer, hits integer)
    language plpgsql security definer
    set search_path = portal, pg_temp
as $$
#variable_conflict use_column
declare
    v_start timestamptz := date_bin(p_window, p_now, timestamptz '2000-01-01 00:00:00+00');
    v_hits  integer;
begin
    insert into portal.rate_windows as w (key, window_start, window_end, hits) values (p_key, v_start, v_start + p_window, 1)
        on conflict (key, window_start) do update set hits = w.hits + 1
        returning w.hits into v_hits;
    return query select v_hits <= p_limit,
                        greatest(1, ceil(extract(epoch from (v_start + p_window - p_now))))::integer,
                        v_hits;
end
$$;

revoke all on function portal.take_hit(text,timestamp with time zone,interval,integer) from public;
grant execute on function portal.take_hit(text,timestamp with time zone,interval,integer) to portal_app;
