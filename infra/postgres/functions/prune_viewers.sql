-- Forgets who opened links that ended before that moment, and the names they gave, at most of so many viewers; of how many.
create or replace function portal.prune_viewers(p_before timestamptz, p_limit integer) returns integer
    language sql security definer
    set search_path = portal, pg_temp
as $$
    with due as (
        select v.id from portal.share_viewers v
          join portal.share_links l on l.tenant_id = v.tenant_id and l.id = v.share_link_id
         where l.status <> 'active' and least(l.revoked_at, l.expires_at) < p_before
           and not portal.is_held(l.tenant_id, null, l.asset_id, null) and v.ip_hash <> '\x' limit p_limit),
    named as (
        update portal.comments c set guest_name = 'Guest' where c.viewer_id in (select d.id from due d)
           and c.guest_name not in ('Guest', 'Deleted person'))
    select portal.forget_viewers(array(select d.id from due d))::integer
$$;

revoke all on function portal.prune_viewers(timestamptz,integer) from public;
grant execute on function portal.prune_viewers(timestamptz,integer) to portal_system;
