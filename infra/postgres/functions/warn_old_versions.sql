-- Notes the ready versions that retention is about to take and whose people have not been told: by the moments of archive_old_versions,
-- each so much later. Which they are.
create or replace function portal.warn_old_versions(
    p_tenant uuid, p_active_before timestamptz, p_inactive_before timestamptz, p_acted_since timestamptz, p_now timestamptz,
    p_limit integer)
    returns table (version_id uuid, asset_id uuid, project_id uuid, version_number integer, status text)
    language sql security definer
    set search_path = portal, pg_temp
as $$
    with due as (
        select v.id, a.project_id from portal.asset_versions v
          join portal.assets a on a.tenant_id = v.tenant_id and a.id = v.asset_id
         where v.tenant_id = p_tenant and v.status in ('ready', 'failed', 'cancelled') and v.expiry_warned_at is null
           and v.created_at < p_inactive_before
           and portal.version_is_old(v, a, p_active_before, p_inactive_before, p_acted_since, p_now)
         order by v.created_at limit p_limit
           for update of v skip locked)
    update portal.asset_versions v set expiry_warned_at = p_now from due
     where v.tenant_id = p_tenant and v.id = due.id
    returning v.id, v.asset_id, due.project_id, v.number, v.status
$$;

revoke all on function portal.warn_old_versions(uuid,timestamptz,timestamptz,timestamptz,timestamptz,integer) from public;
grant execute on function portal.warn_old_versions(uuid,timestamptz,timestamptz,timestamptz,timestamptz,integer) to portal_system;
