-- Before a passphrase is checked: its salt and hash, and two counts that slow guessing down. Both are taken before the answer is
-- known, so that a hundred guesses at once count as a hundred. by_link says how many this link has had in the hour.
create or replace function portal.find_passphrase(p_token_hash bytea, p_ip_hash bytea, p_now timestamptz, p_ip_limit integer,
p_link_limit integer)
    returns table (
        outcome text, retry_after integer, tenant_id uuid, share_link_id uuid, expires_at timestamptz,
        passphrase_hash bytea, passphrase_salt bytea, passphrase_iterations integer, passphrase_version integer, by_link integer)
    language plpgsql security definer
    set search_path = portal, pg_temp
as $$
#variable_conflict use_column
declare
    v_ip   record;
    v_hit  record;
    v_link portal.share_links;
begin
    -- Per address over all links: a stranger who tries tokens here is counted as well.
    select * into v_ip from portal.take_hit('unlock:' || encode(p_ip_hash, 'hex'), p_now, interval '15 minutes', p_ip_limit);
    select l.* into v_link from portal.share_links l where l.token_hash = p_token_hash;
    if not v_ip.allowed then
        outcome := 'limited';
        retry_after := v_ip.retry_after;
        tenant_id := v_link.tenant_id;
        share_link_id := v_link.id;
        return next;
        return;
    end if;
    if v_link.id is null then
        outcome := 'unknown';
        return next;
        return;
    end if;
    tenant_id := v_link.tenant_id;
    share_link_id := v_link.id;
    if v_link.status <> 'active' or v_link.expires_at <= p_now
       or not exists (select 1 from portal.tenants t where t.id = v_link.tenant_id and t.status = 'active') then
        outcome := 'unavailable';
        return next;
        return;
    end if;
    if v_link.passphrase_hash is null then
        outcome := 'open';
        return next;
        return;
    end if;
    select * into v_hit from portal.take_hit('unlock-link:' || v_link.id, p_now, interval '1 hour', p_link_limit);
    select w.hits into by_link from portal.rate_windows w
     where w.key = 'unlock-link:' || v_link.id
        and w.window_start = date_bin(interval '1 hour', p_now, timestamptz '2000-01-01 00:00:00+00');
    if not v_hit.allowed then
        outcome := 'limited';
        retry_after := v_hit.retry_after;
        return next;
        return;
    end if;
    outcome := 'ask';
    expires_at := v_link.expires_at;
    passphrase_hash := v_link.passphrase_hash;
    passphrase_salt := v_link.passphrase_salt;
    passphrase_iterations := v_link.passphrase_iterations;
    passphrase_version := v_link.passphrase_version;
    return next;
end
$$;

revoke all on function portal.find_passphrase(bytea,bytea,timestamp with time zone,integer,integer) from public;
grant execute on function portal.find_passphrase(bytea,bytea,timestamp with time zone,integer,integer) to portal_app;
