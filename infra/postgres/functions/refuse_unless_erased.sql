-- A row leaves only with its tenant.
create or replace function portal.refuse_unless_erased() returns trigger
    language plpgsql
    set search_path = portal, pg_temp
as $$
begin
    if not exists (select 1 from portal.tenants t where t.id = old.tenant_id and t.status = 'erased') then
        raise exception '% is append-only', tg_table_name using errcode = 'insufficient_privilege';
    end if;
    return old;
end
$$;
