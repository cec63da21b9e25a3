-- Forgets who viewers of share links are: hashes of their cookies and network addresses, what they used, and what they consented to. That
-- somebody opened the link stays, by id. How many were not forgotten before.
create or replace function portal.forget_viewers(p_ids uuid[]) returns bigint
    language sql security definer
    set search_path = portal, pg_temp
as $$
    with decided as (
        delete from portal.consents c where c.viewer_id = any (p_ids)),
    gone as (
        update portal.share_viewers v set ip_hash = '\x', agent_family = '', viewer_hash = sha256(convert_to(v.id::text, 'UTF8'))
         where v.id = any (p_ids) and v.ip_hash <> '\x' returning 1)
    select count(*) from gone
$$;

revoke all on function portal.forget_viewers(uuid[]) from public;
