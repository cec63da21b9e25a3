-- What happened, twice: audit_log for people who must prove it, events for what follows from it.
-- Both are written in the transaction of the change itself. Neither holds personal values: people appear by id.

create table portal.audit_log (
    id              uuid primary key,
    tenant_id       uuid not null references portal.tenants (id),
    actor_kind      text not null check (actor_kind in ('user', 'guest', 'operator', 'vendor', 'system')),
    actor_id        text check (length(actor_id) <= 200),
    impersonator_id text check (length(impersonator_id) <= 200),
    action          text not null check (length(action) between 1 and 100),
    entity_type     text not null check (length(entity_type) between 1 and 50),
    entity_id       uuid not null,
    old_value       jsonb,
    new_value       jsonb,
    request_id      text check (length(request_id) <= 100),
    occurred_at     timestamptz not null,
    row_hash        bytea not null
);
create index audit_log_by_tenant on portal.audit_log (tenant_id, occurred_at desc, id desc);
create index audit_log_by_entity on portal.audit_log (tenant_id, entity_id, occurred_at desc);

-- Each row carries the hash of its own values, so that a later change shows even to somebody who holds only the row.
create function portal.hash_audit_row() returns trigger
    language plpgsql
    set search_path = pg_catalog, pg_temp
as $$
begin
    new.row_hash := sha256(convert_to(jsonb_build_array(
        new.id, new.tenant_id, new.actor_kind, new.actor_id, new.impersonator_id, new.action, new.entity_type,
        new.entity_id, new.old_value, new.new_value, new.request_id,
        to_char(new.occurred_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'))::text, 'UTF8'));
    return new;
end
$$;
create trigger audit_log_hash before insert on portal.audit_log for each row execute function portal.hash_audit_row();

create function portal.refuse_change() returns trigger
    language plpgsql
    set search_path = pg_catalog, pg_temp
as $$
begin
    raise exception '% is append-only', tg_table_name using errcode = 'insufficient_privilege';
end
$$;
create trigger audit_log_append_only before update or delete on portal.audit_log
    for each row execute function portal.refuse_change();
create trigger audit_log_no_truncate before truncate on portal.audit_log
    for each statement execute function portal.refuse_change();

-- The event store, and the outbox that deliveries are made from. `version` is the version of the payload's shape.
create table portal.events (
    event_id        uuid primary key,
    tenant_id       uuid not null references portal.tenants (id),
    aggregate_type  text not null check (length(aggregate_type) between 1 and 50),
    aggregate_id    uuid not null,
    type            text not null check (length(type) between 1 and 100),
    version         integer not null default 1,
    payload         jsonb not null,
    occurred_at     timestamptz not null
);
create index events_by_tenant on portal.events (tenant_id, occurred_at desc, event_id desc);
create index events_by_aggregate on portal.events (tenant_id, aggregate_id, occurred_at);
create trigger events_append_only before update or delete on portal.events
    for each row execute function portal.refuse_change();

alter table portal.audit_log enable row level security;
alter table portal.events enable row level security;
create policy own_tenant on portal.audit_log to portal_app
    using (tenant_id = (select portal.current_tenant())) with check (tenant_id = (select portal.current_tenant()));
create policy own_tenant on portal.events to portal_app
    using (tenant_id = (select portal.current_tenant())) with check (tenant_id = (select portal.current_tenant()));
create policy write_only on portal.audit_log for insert to portal_system with check (true);
create policy write_only on portal.events for insert to portal_system with check (true);

grant select, insert on portal.audit_log, portal.events to portal_app;
grant insert on portal.audit_log, portal.events to portal_system;

-- Alerts: what on-call must see. One open row per (kind, key); more of the same only counts up.
create table portal.alerts (
    id              uuid primary key,
    kind            text not null check (length(kind) between 1 and 100),
    dedup_key       text not null check (length(dedup_key) between 1 and 255),
    severity        text not null check (severity in ('critical', 'error', 'warning', 'info')),
    summary         text not null check (length(summary) between 1 and 1024),
    details         jsonb not null default '{}',
    times           bigint not null default 1,
    first_at        timestamptz not null,
    last_at         timestamptz not null,
    resolved_at     timestamptz
);
create unique index alerts_open on portal.alerts (kind, dedup_key) where resolved_at is null;
alter table portal.alerts enable row level security;
create policy platform on portal.alerts to portal_system using (true) with check (true);
grant select, insert, update on portal.alerts to portal_system;

-- Fixed windows for "at most N per window"; keys are hashes or ids. Losing it in a crash only forgets a minute: unlogged.
create unlogged table portal.rate_windows (
    key             text not null check (length(key) between 1 and 200),
    window_start    timestamptz not null,
    hits            integer not null,
    primary key (key, window_start)
);
create index rate_windows_by_age on portal.rate_windows (window_start);

-- Counts one hit and says whether it is still within the limit, with the seconds until the window ends.
create function portal.take_hit(p_key text, p_now timestamptz, p_window interval, p_limit integer)
    returns table (allowed boolean, retry_after integer)
    language plpgsql security definer
    set search_path = portal, pg_temp
as $$
declare
    v_start timestamptz := date_bin(p_window, p_now, timestamptz '2000-01-01 00:00:00+00');
    v_hits  integer;
begin
    insert into portal.rate_windows as w (key, window_start, hits) values (p_key, v_start, 1)
        on conflict (key, window_start) do update set hits = w.hits + 1
        returning w.hits into v_hits;
    return query select v_hits <= p_limit,
                        greatest(1, ceil(extract(epoch from (v_start + p_window - p_now))))::integer;
end
$$;
revoke all on function portal.take_hit(text, timestamptz, interval, integer) from public;
grant execute on function portal.take_hit(text, timestamptz, interval, integer) to portal_app;
grant select, delete on portal.rate_windows to portal_system;

-- A vendor's pace, shared by all workers: the next moment at which a call may start (Mux: one POST a second per account).
create table portal.vendor_pace (
    vendor          text primary key check (length(vendor) between 1 and 50),
    next_at         timestamptz not null
);
grant select, insert, update on portal.vendor_pace to portal_system;
