create or replace function portal.resolve_upload_incident(p_job uuid, p_audit uuid, p_event uuid, p_now timestamptz)
    returns uuid
    language plpgsql security definer
    set search_path = portal, pg_temp
as $$
declare
    c_platform constant uuid := '00000000-0000-7000-8000-000000000000';
    v_id     uuid;
    v_old    text;
    v_values jsonb;
begin
    select i.id, i.status into v_id, v_old from portal.incidents i
     where i.kind = 'upload_failed' and i.dedup_key = p_job::text and i.status <> 'resolved' and i.tenant_id = portal.current_tenant()
        for update;
    if v_id is null then
        return null;
    end if;
    update portal.incidents set status = 'resolved', resolved_at = p_now, version = version + 1 where id = v_id;
    v_values := jsonb_build_object('status', 'resolved', 'kind', 'upload_failed', 'page', false, 'jobId', p_job);
    insert into portal.audit_log (id, tenant_id, actor_kind, actor_id, action, entity_type, entity_id, old_value, new_value, occurred_at)
    values (p_audit, c_platform, 'system', 'events', 'incident_resolved', 'incident', v_id, jsonb_build_object('status', v_old), v_values,
    p_now);
    insert into portal.events (event_id, tenant_id, aggregate_type, aggregate_id, type, payload, occurred_at)
    values (p_event, c_platform, 'incident', v_id, 'incident_resolved', v_values, p_now);
    return v_id;
end
$$;

revoke all on function portal.resolve_upload_incident(uuid,uuid,uuid,timestamp with time zone) from public;
grant execute on function portal.resolve_upload_incident(uuid,uuid,uuid,timestamp with time zone) to portal_app;
