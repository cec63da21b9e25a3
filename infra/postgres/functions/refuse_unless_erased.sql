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

create or replace trigger residency_reports_leave_with_the_tenant before delete on portal.residency_reports
    for each row execute function portal.refuse_unless_erased();
create or replace trigger vendor_reviews_leave_with_the_tenant before delete on portal.vendor_reviews
    for each row execute function portal.refuse_unless_erased();
