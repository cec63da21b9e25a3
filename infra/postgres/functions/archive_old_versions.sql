-- ready, failed, cancelled → archived, for versions past their tenant's retention: older than the long number of days; or than the
-- short one, when who made the asset is gone or has left no trace in the audit log since p_acted_since. What an active link plays stays
-- until the link ends, what a legal hold covers as long as it does. First the asset rows are locked, as everybody does who makes a link;
-- only then it is looked at who links.
create or replace function portal.archive_old_versions(
    p_tenant uuid, p_active_before timestamptz, p_inactive_before timestamptz, p_acted_since timestamptz, p_now timestamptz,
    p_limit integer)
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
               and not portal.is_held(p_tenant, null, a.id, null)
               and (v.created_at < p_active_before or not exists (
                       select 1 from portal.users u
                        where u.tenant_id = p_tenant and u.id = a.created_by and u.status = 'active'
                          and exists (select 1 from portal.audit_log l
                                       where l.tenant_id = p_tenant and l.actor_id = u.id::text and l.actor_kind = 'user'
                                          and l.occurred_at >= p_acted_since)))
               and not exists (
                       select 1 from portal.share_links s
                        where s.tenant_id = p_tenant and s.asset_id = v.asset_id and s.status = 'active' and s.expires_at > p_now
                          and coalesce(s.asset_version_id, v.id) = v.id)
             order by v.created_at limit p_limit
               for update of a skip locked) held;
    return query
        with was as (select v.id, v.status from portal.asset_versions v where v.tenant_id = p_tenant and v.id = any (v_ids))
        update portal.asset_versions v set status = 'archived', archived_at = p_now, updated_at = p_now
          from was, portal.assets a
         where v.tenant_id = p_tenant and v.id = was.id and v.status in ('ready', 'failed', 'cancelled')
           and a.tenant_id = p_tenant and a.id = v.asset_id
           and not exists (
                   select 1 from portal.share_links s
                    where s.tenant_id = p_tenant and s.asset_id = v.asset_id and s.status = 'active' and s.expires_at > p_now
                      and coalesce(s.asset_version_id, v.id) = v.id)
        returning v.id, v.asset_id, a.project_id, v.number, was.status;
end
$$;

revoke all on function portal.archive_old_versions(uuid,timestamp with time zone,timestamp with time zone,timestamp with time zone,
    timestamp with time zone,integer) from public;
grant execute on function portal.archive_old_versions(uuid,timestamp with time zone,timestamp with time zone,timestamp with time zone,
    timestamp with time zone,integer) to portal_system;
