-- A passphrase was right: what find_passphrase had counted for it at p_asked_at is taken back, for only wrong ones count. In the order
-- in which that counts, so that the two never wait for each other.
create or replace function portal.take_back_guess(p_share_link_id uuid, p_ip_hash bytea, p_asked_at timestamptz)
    returns void
    language plpgsql security definer
    set search_path = portal, pg_temp
as $$
declare
    v_key text;
begin
    foreach v_key in array array['unlock:' || p_share_link_id || ':' || encode(p_ip_hash, 'hex'), 'unlock-link:' || p_share_link_id] loop
        update portal.rate_windows w set hits = w.hits - 1
         where w.key = v_key and w.window_start <= p_asked_at and w.window_end > p_asked_at and w.hits > 0;
    end loop;
end
$$;

revoke all on function portal.take_back_guess(uuid,bytea,timestamp with time zone) from public;
grant execute on function portal.take_back_guess(uuid,bytea,timestamp with time zone) to portal_app;
