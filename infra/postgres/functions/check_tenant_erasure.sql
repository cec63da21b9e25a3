-- Refuses unless an erasure of the transaction's own tenant is under way: what those functions do that ask this, nothing else may do.
create or replace function portal.check_tenant_erasure(p_tenant uuid) returns void
    language plpgsql stable security definer
    set search_path = portal, pg_temp
as $$
begin
    if p_tenant is distinct from portal.current_tenant() or not exists (
        select 1 from portal.tenants t join portal.erasure_requests e on e.tenant_id = t.id
         where t.id = p_tenant and t.status = 'erased' and e.kind = 'tenant' and e.status = 'running') then
        raise exception 'no erasure of this tenant is under way' using errcode = 'insufficient_privilege';
    end if;
end
$$;

-- Called by other functions only.
revoke all on function portal.check_tenant_erasure(uuid) from public;
