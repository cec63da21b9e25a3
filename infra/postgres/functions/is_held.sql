-- Whether a legal hold covers it: one on the tenant covers all, one on a project its assets too. Null: nothing of that kind; of an asset
-- its project need not be named.
create or replace function portal.is_held(p_tenant uuid, p_project uuid, p_asset uuid, p_person uuid) returns boolean
    language sql stable security definer
    set search_path = portal, pg_temp
as $$
    select exists (
        select 1 from portal.holds h
         where h.tenant_id = p_tenant and h.lifted_at is null
           and (h.kind = 'tenant' or (h.kind = 'asset' and h.subject_id = p_asset) or (h.kind = 'person' and h.subject_id = p_person)
                or (h.kind = 'project' and (h.subject_id = p_project or exists (
                    select 1 from portal.assets a where a.tenant_id = p_tenant and a.id = p_asset and a.project_id = h.subject_id)))))
$$;

revoke all on function portal.is_held(uuid,uuid,uuid,uuid) from public;
grant execute on function portal.is_held(uuid,uuid,uuid,uuid) to portal_app, portal_system;
