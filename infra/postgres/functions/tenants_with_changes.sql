-- Which of these tenants have changes to tell that could not be told yet at the horizon p_after? Asked by the one reader of an instance
-- for all who wait there: ids of tenants that it names itself, no content.
create or replace function portal.tenants_with_changes(p_tenants uuid[], p_after bigint)
    returns table (horizon bigint, tenant_ids uuid[])
    language sql stable security definer
    set search_path = portal, pg_temp
begin atomic
    select h.horizon,
           array(select t.id from unnest(p_tenants) as t (id)
                  where exists (select 1 from portal.events e
                                 where e.tenant_id = t.id and e.safe_from > p_after and e.safe_from <= h.horizon))
      from (select pg_snapshot_xmin(pg_current_snapshot())::text::bigint + portal.xid_offset() as horizon) h;
end;

revoke all on function portal.tenants_with_changes(uuid[],bigint) from public;
grant execute on function portal.tenants_with_changes(uuid[],bigint) to portal_system;
