-- Moves rows of seals up to that one, at most so many; how many. The owner does it: no role may delete from the log.
create or replace function portal.archive_audit(p_tenant uuid, p_through bigint, p_limit integer) returns integer
    language plpgsql security definer
    set search_path = portal, pg_temp
as $$
declare
    v_seal portal.audit_seals;
    v_ids  uuid[];
begin
    perform pg_advisory_xact_lock(hashtextextended('portal.archive_audit', 0));
    select s.* into v_seal from portal.audit_seals s where s.tenant_id = p_tenant and s.number = p_through;
    if not found then
        return 0;
    end if;
    with moved as (
        insert into portal.audit_archive
        select r.id, r.tenant_id, r.actor_kind, r.actor_id, r.impersonator_id, r.action, r.entity_type, r.entity_id, r.old_value,
           r.new_value,
               r.request_id, r.occurred_at, r.row_hash, r.written_in
          from portal.audit_log r
         where r.tenant_id = p_tenant and (r.written_in, r.id) <= (v_seal.last_written_in, v_seal.last_row_id)
         order by r.written_in, r.id limit p_limit
        returning id)
    select array_agg(m.id) into v_ids from moved m;
    delete from portal.audit_log r where r.tenant_id = p_tenant and r.id = any (v_ids);
    return coalesce(cardinality(v_ids), 0);
end
$$;

revoke all on function portal.archive_audit(uuid,bigint,integer) from public;
grant execute on function portal.archive_audit(uuid,bigint,integer) to portal_system;
