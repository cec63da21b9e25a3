-- Events are routed as portal_app of their tenant, which sees no incident. These two do what follows of an upload's end, for a job of the
-- session's own tenant and nothing else, in the transaction that takes the event out of the outbox. Audit and event are the platform's.
create or replace function portal.open_upload_incident(
        p_job uuid, p_attempt integer, p_code text, p_incident uuid, p_audit uuid, p_event uuid, p_now timestamptz)
    returns uuid
    language plpgsql security definer
    set search_path = portal, pg_temp
as $$
declare
    c_platform constant uuid := '00000000-0000-7000-8000-000000000000';
    v_incident portal.incidents;
    v_values   jsonb;
begin
    if not exists (select 1 from portal.upload_jobs j where j.id = p_job and j.tenant_id = portal.current_tenant()) then
        return null;
    end if;
    insert into portal.incidents as i (id, kind, dedup_key, severity, summary, tenant_id, pages, opened_at, last_at)
    values (p_incident, 'upload_failed', p_job::text, 'error', format('Upload %s failed: %s.', p_job, p_code), portal.current_tenant(),
    false, p_now, p_now)
    on conflict (kind, dedup_key) where status <> 'resolved'
    do update set times = i.times + 1, last_at = greatest(i.last_at, excluded.last_at), summary = excluded.summary,
                  again_at = coalesce(i.again_at, excluded.last_at)
    returning * into v_incident;
    if v_incident.id = p_incident then
        v_values := jsonb_build_object('status', 'open', 'kind', 'upload_failed', 'severity', 'error', 'page', false,
                                       'tenantId', v_incident.tenant_id, 'jobId', p_job, 'attempt', p_attempt, 'code', p_code);
        insert into portal.audit_log (id, tenant_id, actor_kind, actor_id, action, entity_type, entity_id, new_value, occurred_at)
        values (p_audit, c_platform, 'system', 'events', 'incident_opened', 'incident', p_incident, v_values, p_now);
        insert into portal.events (event_id, tenant_id, aggregate_type, aggregate_id, type, payload, occurred_at)
        values (p_event, c_platform, 'incident', p_incident, 'incident_opened', v_values, p_now);
    end if;
    return v_incident.id;
end
$$;

revoke all on function portal.open_upload_incident(uuid,integer,text,uuid,uuid,uuid,timestamp with time zone) from public;
grant execute on function portal.open_upload_incident(uuid,integer,text,uuid,uuid,uuid,timestamp with time zone) to portal_app;
