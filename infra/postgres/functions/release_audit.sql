-- Lets rows go that happened before that moment and lie in verified files, at most so many of each table; how many. Of the actions named,
-- or of all others. None while a legal hold is on the tenant. The owner does it: no role may delete from the log.
create or replace function portal.release_audit(
    p_tenant uuid, p_actions text[], p_others boolean, p_before timestamptz, p_limit integer) returns integer
    language plpgsql security definer
    set search_path = portal, pg_temp
    -- Of the two conditions on the action one is constant: planned with the values, the other finds its index.
    set plan_cache_mode = force_custom_plan
as $$
declare
    v_seal  record;
    v_log   integer;
    v_old   integer;
begin
    perform pg_advisory_xact_lock(hashtextextended('portal.release_audit', 0));
    select s.last_written_in, s.last_row_id into v_seal
      from portal.audit_archives f
      join portal.audit_seals s on s.tenant_id = f.tenant_id and s.number = f.last_seal
     where f.tenant_id = p_tenant and f.verified_at is not null order by f.last_seal desc limit 1;
    if not found or portal.is_held(p_tenant, null, null, null) then
        return 0;
    end if;
    delete from portal.audit_log where tenant_id = p_tenant and id = any (array(
        select r.id from portal.audit_log r
         where r.tenant_id = p_tenant and r.occurred_at < p_before
           and ((not p_others and r.action = any (p_actions)) or (p_others and r.action <> all (p_actions)))
           and (r.written_in, r.id) <= (v_seal.last_written_in, v_seal.last_row_id)
         order by r.occurred_at, r.id limit p_limit));
    get diagnostics v_log = row_count;
    delete from portal.audit_archive where tenant_id = p_tenant and id = any (array(
        select r.id from portal.audit_archive r
         where r.tenant_id = p_tenant and r.occurred_at < p_before
           and ((not p_others and r.action = any (p_actions)) or (p_others and r.action <> all (p_actions)))
           and (r.written_in, r.id) <= (v_seal.last_written_in, v_seal.last_row_id)
         order by r.written_in, r.id limit p_limit));
    get diagnostics v_old = row_count;
    return v_log + v_old;
end
$$;

revoke all on function portal.release_audit(uuid,text[],boolean,timestamp with time zone,integer) from public;
grant execute on function portal.release_audit(uuid,text[],boolean,timestamp with time zone,integer) to portal_system;
