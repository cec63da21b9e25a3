-- ready, failed, cancelled → archived, for versions past their tenant's retention (portal.version_is_old) whose people were told before
-- p_warned_before. First the asset rows are locked, as everybody does who makes a link; only then it is looked at who links.
drop function if exists portal.archive_old_versions(uuid,timestamptz,timestamptz,timestamptz,timestamptz,integer);
create or replace function portal.archive_old_versions(
    p_tenant uuid, p_active_before timestamptz, p_inactive_before timestamptz, p_acted_since timestamptz, p_warned_before timestamptz,
    p_now timestamptz, p_limit integer)
    returns table (version_id uuid, asset_id uuid, project_id uuid, version_number integer, status text)
    language plpgsql security definer
    set search_path = portal, pg_temp
as $$
#variable_conflict use_column
declare
    v_ids uuid[];
begin
    select array_agg(held.id) into v_ids
      from (select v.id
              from portal.asset_versions v
              join portal.assets a on a.tenant_id = v.tenant_id and a.id = v.asset_id
             where v.tenant_id = p_tenant and v.status in ('ready', 'failed', 'cancelled') and v.created_at < p_inactive_before
               and v.expiry_warned_at <= p_warned_before
               and portal.version_is_old(v, a, p_active_before, p_inactive_before, p_acted_since, p_now)
             order by v.created_at limit p_limit
               for update of a skip locked) held;
    return query
        with was as (select v.id, v.status from portal.asset_versions v where v.tenant_id = p_tenant and v.id = any (v_ids))
        update portal.asset_versions v set status = 'archived', archived_at = p_now, updated_at = p_now
          from was, portal.assets a
         where v.tenant_id = p_tenant and v.id = was.id and a.tenant_id = p_tenant and a.id = v.asset_id
           and portal.version_is_old(v, a, p_active_before, p_inactive_before, p_acted_since, p_now)
        returning v.id, v.asset_id, a.project_id, v.number, was.status;
end
$$;

revoke all on function portal.archive_old_versions(uuid,timestamptz,timestamptz,timestamptz,timestamptz,timestamptz,integer) from public;
grant execute on function portal.archive_old_versions(uuid,timestamptz,timestamptz,timestamptz,timestamptz,timestamptz,integer)
    to portal_system;
