-- Deletes addresses that links were sent to which ended before that moment, at most so many; how many.
create or replace function portal.prune_guest_addresses(p_before timestamptz, p_limit integer) returns integer
    language sql security definer
    set search_path = portal, pg_temp
as $$
    with gone as (
        delete from portal.share_link_guests g where (g.share_link_id, g.email) in (
            select o.share_link_id, o.email from portal.share_link_guests o
              join portal.share_links l on l.tenant_id = o.tenant_id and l.id = o.share_link_id
             where l.status <> 'active' and least(l.revoked_at, l.expires_at) < p_before
           and not portal.is_held(l.tenant_id, null, l.asset_id, null) limit p_limit)
        returning 1)
    select count(*)::integer from gone
$$;

revoke all on function portal.prune_guest_addresses(timestamptz,integer) from public;
grant execute on function portal.prune_guest_addresses(timestamptz,integer) to portal_system;
