-- Before a passphrase is checked: its salt and hash, and two counts that slow guessing down: of this address at this link in a quarter
-- of an hour, and of all at this link in an hour. Both are taken before the answer is known, so that a hundred guesses at once count as
-- a hundred; a right one is taken back (take_back_guess). guesses says how many the link has had in its hour.
-- p_request_limit is as p_ip_limit of open_share_link.
-- outcome  limited, unknown, unavailable, open (no passphrase is asked for): as open_share_link
--          guessed_too_often  too many wrong ones; retry_after seconds
--          ask                here is what it is held against
drop function if exists portal.find_passphrase(bytea,bytea,timestamp with time zone,integer,integer);
create or replace function portal.find_passphrase(
    p_token_hash bytea, p_ip_hash bytea, p_now timestamptz, p_request_limit integer, p_address_limit integer, p_link_limit integer)
    returns table (
        outcome text, retry_after integer, tenant_id uuid, share_link_id uuid, expires_at timestamptz,
        passphrase_hash bytea, passphrase_salt bytea, passphrase_iterations integer, passphrase_version integer, guesses integer)
    language plpgsql security definer
    set search_path = portal, pg_temp
as $$
#variable_conflict use_column
declare
    v_hit  record;
    v_link portal.share_links;
begin
    if p_request_limit is not null then
        select * into v_hit from portal.take_playback_hit(p_ip_hash, p_now, p_request_limit);
        if not v_hit.allowed then
            outcome := 'limited';
            retry_after := v_hit.retry_after;
            return next;
            return;
        end if;
    end if;
    select l.* into v_link from portal.share_links l where l.token_hash = p_token_hash;
    if not found then
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
    select * into v_hit from portal.take_hit(
        'unlock:' || v_link.id || ':' || encode(p_ip_hash, 'hex'), p_now, interval '15 minutes', p_address_limit);
    if v_hit.allowed then
        select * into v_hit from portal.take_hit('unlock-link:' || v_link.id, p_now, interval '1 hour', p_link_limit);
        guesses := v_hit.hits;
    end if;
    if not v_hit.allowed then
        outcome := 'guessed_too_often';
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

revoke all on function portal.find_passphrase(bytea,bytea,timestamp with time zone,integer,integer,integer) from public;
grant execute on function portal.find_passphrase(bytea,bytea,timestamp with time zone,integer,integer,integer) to portal_app;
