-- The last seal of the run of seals whose rows are all from before then; null: none.
create or replace function portal.last_seal_before(p_tenant uuid, p_before timestamptz) returns bigint
    language sql stable security definer
    set search_path = portal, pg_temp
begin atomic
    select max(s.number) from portal.audit_seals s
     where s.tenant_id = p_tenant and s.last_at < p_before
       and s.number < coalesce((select min(y.number) from portal.audit_seals y where y.tenant_id = p_tenant and y.last_at >= p_before),
                               9223372036854775807);
end;

revoke all on function portal.last_seal_before(uuid,timestamp with time zone) from public;
grant execute on function portal.last_seal_before(uuid,timestamp with time zone) to portal_system;
