-- What on-call works on: incidents, whether changes are frozen, and tests of restoring a backup. Of the platform, not of a tenant; an
-- incident may name the tenant it came up in.

-- One open incident for one trouble (kind and key); more of the same only counts up. No personal values: ids and states.
--   open → acknowledged → resolved; open → resolved
create table portal.incidents (
    id              uuid primary key,
    kind            text not null check (kind in ('error_budget_breach', 'restore_test_failed', 'upload_failed', 'alert')),
    dedup_key       text not null check (length(dedup_key) between 1 and 400),
    severity        text not null check (severity in ('critical', 'error', 'warning', 'info')),
    summary         text not null check (length(summary) between 1 and 500),
    tenant_id       uuid references portal.tenants (id),
    -- Whether PagerDuty is told of it and of its moves.
    pages           boolean not null,
    status          text not null default 'open' check (status in ('open', 'acknowledged', 'resolved')),
    times           bigint not null default 1,
    opened_at       timestamptz not null,
    last_at         timestamptz not null,
    acknowledged_at timestamptz,
    acknowledged_by text check (length(acknowledged_by) between 1 and 200),
    resolved_at     timestamptz,
    -- Null while it is resolved: the trouble went away by itself (an upload was replayed and is ready).
    resolved_by     text check (length(resolved_by) between 1 and 200),
    version         integer not null default 1,
    check ((acknowledged_at is null) = (acknowledged_by is null)),
    check ((status = 'resolved') = (resolved_at is not null)),
    check (resolved_by is null or resolved_at is not null),
    check (status <> 'acknowledged' or acknowledged_at is not null),
    check (last_at >= opened_at)
);
create unique index incidents_open on portal.incidents (kind, dedup_key) where status <> 'resolved';
-- The lists of on-call: all, of one status, of one kind.
create index incidents_by_time on portal.incidents (opened_at desc, id desc);
create index incidents_by_status on portal.incidents (status, opened_at desc, id desc);
create index incidents_by_kind on portal.incidents (kind, opened_at desc, id desc);

-- Reports of monitoring that an incident was opened or counted up by, by the report's own id: handled again, it counts once.
create table portal.incident_reports (
    report_id       text primary key check (length(report_id) between 1 and 200),
    incident_id     uuid not null references portal.incidents (id),
    reported_at     timestamptz not null
);
create index incident_reports_by_age on portal.incident_reports (reported_at);

-- One row: whether changes are frozen. Pipelines that deploy ask for it.
create table portal.change_freeze (
    only_row        boolean primary key default true check (only_row),
    is_on           boolean not null,
    since           timestamptz not null,
    reason          text not null check (length(reason) between 1 and 500),
    -- The breach that switched it on, if one did; else the Operator.
    incident_id     uuid references portal.incidents (id),
    changed_by      text check (length(changed_by) between 1 and 200),
    version         integer not null default 1
);
insert into portal.change_freeze (is_on, since, reason) values (false, '2026-01-01T00:00:00Z', 'Never frozen yet.');

-- A run is known by its time: recording it twice records it once.
create table portal.restore_tests (
    id              uuid primary key,
    ran_at          timestamptz not null unique,
    backup_taken_at timestamptz not null check (backup_taken_at <= ran_at),
    succeeded       boolean not null,
    duration_s      integer not null check (duration_s between 0 and 604800),
    notes           text not null default '' check (length(notes) <= 2000),
    -- An Operator's Clerk id, or null: monitoring told of it.
    recorded_by     text check (length(recorded_by) between 1 and 200),
    recorded_at     timestamptz not null,
    incident_id     uuid references portal.incidents (id),
    check (not succeeded or incident_id is null)
);
create index restore_tests_by_time on portal.restore_tests (ran_at desc, id desc);

alter table portal.incidents enable row level security;
alter table portal.incident_reports enable row level security;
alter table portal.change_freeze enable row level security;
alter table portal.restore_tests enable row level security;
create policy platform on portal.incidents to portal_system using (true) with check (true);
create policy platform on portal.incident_reports to portal_system using (true) with check (true);
create policy platform on portal.change_freeze to portal_system using (true) with check (true);
create policy platform on portal.restore_tests to portal_system using (true) with check (true);
grant select, insert, update on portal.incidents to portal_system;
grant select, insert, delete on portal.incident_reports to portal_system;
grant select, update on portal.change_freeze to portal_system;
grant select, insert on portal.restore_tests to portal_system;

-- Events are routed as portal_app of their tenant, which sees no incident. These two do what follows of an upload's end, for a job of the
-- session's own tenant and nothing else, in the transaction that takes the event out of the outbox. Audit and event are the platform's.
create function portal.open_upload_incident(
        p_job uuid, p_attempt integer, p_code text, p_platform uuid, p_incident uuid, p_audit uuid, p_event uuid, p_now timestamptz)
    returns uuid
    language plpgsql security definer
    set search_path = portal, pg_temp
as $$
declare
    v_incident portal.incidents;
    v_values   jsonb;
begin
    if not exists (select 1 from portal.upload_jobs j where j.id = p_job and j.tenant_id = portal.current_tenant()) then
        return null;
    end if;
    insert into portal.incidents as i (id, kind, dedup_key, severity, summary, tenant_id, pages, opened_at, last_at)
    values (p_incident, 'upload_failed', p_job::text, 'error', format('Upload %s failed: %s.', p_job, p_code), portal.current_tenant(), false, p_now, p_now)
    on conflict (kind, dedup_key) where status <> 'resolved'
    do update set times = i.times + 1, last_at = greatest(i.last_at, excluded.last_at), summary = excluded.summary
    returning * into v_incident;
    if v_incident.id = p_incident then
        v_values := jsonb_build_object('status', 'open', 'kind', 'upload_failed', 'severity', 'error', 'page', false,
                                       'tenantId', v_incident.tenant_id, 'jobId', p_job, 'attempt', p_attempt, 'code', p_code);
        insert into portal.audit_log (id, tenant_id, actor_kind, actor_id, action, entity_type, entity_id, new_value, occurred_at)
        values (p_audit, p_platform, 'system', 'events', 'incident_opened', 'incident', p_incident, v_values, p_now);
        insert into portal.events (event_id, tenant_id, aggregate_type, aggregate_id, type, payload, occurred_at)
        values (p_event, p_platform, 'incident', p_incident, 'incident_opened', v_values, p_now);
    end if;
    return v_incident.id;
end
$$;

create function portal.resolve_upload_incident(p_job uuid, p_platform uuid, p_audit uuid, p_event uuid, p_now timestamptz)
    returns uuid
    language plpgsql security definer
    set search_path = portal, pg_temp
as $$
declare
    v_id     uuid;
    v_old    text;
    v_values jsonb;
begin
    select i.id, i.status into v_id, v_old from portal.incidents i
     where i.kind = 'upload_failed' and i.dedup_key = p_job::text and i.status <> 'resolved' and i.tenant_id = portal.current_tenant() for update;
    if v_id is null then
        return null;
    end if;
    update portal.incidents set status = 'resolved', resolved_at = p_now, version = version + 1 where id = v_id;
    v_values := jsonb_build_object('status', 'resolved', 'kind', 'upload_failed', 'page', false, 'jobId', p_job);
    insert into portal.audit_log (id, tenant_id, actor_kind, actor_id, action, entity_type, entity_id, old_value, new_value, occurred_at)
    values (p_audit, p_platform, 'system', 'events', 'incident_resolved', 'incident', v_id, jsonb_build_object('status', v_old), v_values, p_now);
    insert into portal.events (event_id, tenant_id, aggregate_type, aggregate_id, type, payload, occurred_at)
    values (p_event, p_platform, 'incident', v_id, 'incident_resolved', v_values, p_now);
    return v_id;
end
$$;
revoke all on function portal.open_upload_incident(uuid, integer, text, uuid, uuid, uuid, uuid, timestamptz) from public;
revoke all on function portal.resolve_upload_incident(uuid, uuid, uuid, uuid, timestamptz) from public;
grant execute on function portal.open_upload_incident(uuid, integer, text, uuid, uuid, uuid, uuid, timestamptz) to portal_app;
grant execute on function portal.resolve_upload_incident(uuid, uuid, uuid, uuid, timestamptz) to portal_app;

-- Monitoring's signed alerts come in by the path of all webhooks.
alter table portal.webhook_inbox drop constraint webhook_inbox_provider_check;
alter table portal.webhook_inbox add constraint webhook_inbox_provider_check check (provider in ('mux', 'clerk', 'resend', 'blob', 'alerts'));
