-- From an event to what follows of it. The outbox says which events nobody has looked at yet; looking at one writes, in one
-- transaction, the notifications, the analytics, the read models and a delivery for every effect outside the database.

-- A row for every event, written by whatever writes the event, gone when the event was routed. seq is the order of one aggregate:
-- its writers hold its row, so the second one's number is the higher one.
create table portal.outbox (
    seq             bigint generated always as identity primary key,
    event_id        uuid not null unique references portal.events (event_id),
    tenant_id       uuid not null references portal.tenants (id),
    tries           integer not null default 0,
    next_try_at     timestamptz not null default '-infinity',
    last_error      text check (length(last_error) <= 1000)
);
create index outbox_by_tenant on portal.outbox (tenant_id, seq);

create function portal.put_into_outbox() returns trigger
    language plpgsql security definer
    set search_path = portal, pg_temp
as $$
begin
    insert into portal.outbox (event_id, tenant_id) values (new.event_id, new.tenant_id);
    return null;
end
$$;
revoke all on function portal.put_into_outbox() from public;
create trigger events_to_outbox after insert on portal.events for each row execute function portal.put_into_outbox();

-- One effect outside the database: unique per (event, channel, recipient), and its id is the vendor's idempotency key. The recipient
-- is never an address: user:{id}, guest:{keyed hash of the address}, contact (the tenant's residency contact), platform.
--   pending → sending → sent | skipped (the reason says why) | failed (tries used up, or refused)
create table portal.deliveries (
    id              uuid primary key,
    tenant_id       uuid not null references portal.tenants (id),
    event_id        uuid not null references portal.events (event_id),
    event_type      text not null check (length(event_type) between 1 and 100),
    aggregate_id    uuid not null,
    seq             bigint not null,
    channel         text not null check (channel in ('email', 'pagerduty')),
    recipient       text not null check (length(recipient) between 1 and 200),
    status          text not null default 'pending' check (status in ('pending', 'sending', 'sent', 'skipped', 'failed')),
    attempt         integer not null default 1 check (attempt >= 1),
    reason          text check (length(reason) <= 200),
    tries           integer not null default 0,
    last_error      text check (length(last_error) <= 1000),
    next_try_at     timestamptz,
    started_at      timestamptz,
    done_at         timestamptz,
    -- What became of a mail after the vendor took it: Resend's id, and what its webhooks said last.
    vendor_id       text check (length(vendor_id) between 1 and 200),
    mail_state      text check (mail_state in ('accepted', 'delivered', 'bounced', 'complained', 'failed', 'suppressed')),
    mail_state_at   timestamptz,
    created_at      timestamptz not null,
    unique (event_id, channel, recipient),
    check ((status in ('sent', 'skipped', 'failed')) = (done_at is not null)),
    check ((status = 'skipped') <= (reason is not null))
);
-- What is to be started, and what is in the way of it: an earlier one of the same aggregate to the same person.
create index deliveries_open on portal.deliveries (tenant_id, aggregate_id, channel, recipient, seq) where status in ('pending', 'sending');
create index deliveries_pending on portal.deliveries (created_at, id) where status = 'pending';
create index deliveries_sending on portal.deliveries (started_at) where status = 'sending';
create unique index deliveries_by_vendor_id on portal.deliveries (vendor_id);
create index deliveries_by_age on portal.deliveries (created_at);

-- Raw analytics: one row per event and metric; rolled up by the hour, and pruned. No people in it.
create table portal.analytics_raw (
    tenant_id       uuid not null references portal.tenants (id),
    event_id        uuid not null,
    metric          text not null check (length(metric) between 1 and 50),
    project_id      uuid,
    amount          double precision not null default 1,
    occurred_at     timestamptz not null,
    recorded_at     timestamptz not null,
    primary key (event_id, metric)
);
create index analytics_raw_by_time on portal.analytics_raw (tenant_id, occurred_at);
create index analytics_raw_by_arrival on portal.analytics_raw (recorded_at);

-- Read models, kept up while events are routed and made again from nothing by `portal events rebuild`.
create table portal.project_progress (
    tenant_id       uuid not null,
    project_id      uuid not null,
    tasks           integer not null,
    done            integer not null,
    primary key (tenant_id, project_id),
    foreign key (tenant_id, project_id) references portal.projects (tenant_id, id)
);
create table portal.unread_counts (
    tenant_id       uuid not null,
    user_id         uuid not null,
    unread          integer not null,
    primary key (tenant_id, user_id),
    foreign key (tenant_id, user_id) references portal.users (tenant_id, id)
);

-- Links whose opens a person is told of once in ten minutes or once a day.
create table portal.share_link_notices (
    tenant_id       uuid not null,
    share_link_id   uuid not null,
    noticed_at      timestamptz not null,
    primary key (share_link_id),
    foreign key (tenant_id, share_link_id) references portal.share_links (tenant_id, id)
);

alter table portal.outbox enable row level security;
alter table portal.deliveries enable row level security;
alter table portal.analytics_raw enable row level security;
alter table portal.project_progress enable row level security;
alter table portal.unread_counts enable row level security;
alter table portal.share_link_notices enable row level security;
create policy own_tenant on portal.outbox to portal_app
    using (tenant_id = (select portal.current_tenant())) with check (tenant_id = (select portal.current_tenant()));
create policy own_tenant on portal.deliveries to portal_app
    using (tenant_id = (select portal.current_tenant())) with check (tenant_id = (select portal.current_tenant()));
create policy own_tenant on portal.analytics_raw to portal_app
    using (tenant_id = (select portal.current_tenant())) with check (tenant_id = (select portal.current_tenant()));
create policy own_tenant on portal.project_progress to portal_app
    using (tenant_id = (select portal.current_tenant())) with check (tenant_id = (select portal.current_tenant()));
create policy own_tenant on portal.unread_counts to portal_app
    using (tenant_id = (select portal.current_tenant())) with check (tenant_id = (select portal.current_tenant()));
create policy own_tenant on portal.share_link_notices to portal_app
    using (tenant_id = (select portal.current_tenant())) with check (tenant_id = (select portal.current_tenant()));
-- The sweep looks across tenants for what waits, and routes it as portal_app of the tenant; webhooks know a mail by its vendor's id only.
create policy sweep on portal.outbox for select to portal_system using (true);
create policy all_tenants on portal.deliveries to portal_system using (true) with check (true);
create policy all_tenants on portal.analytics_raw to portal_system using (true) with check (true);
grant select, update, delete on portal.outbox to portal_app;
grant select on portal.outbox to portal_system;
grant select, insert, update on portal.deliveries to portal_app;
grant select, update, delete on portal.deliveries to portal_system;
grant select, insert on portal.analytics_raw to portal_app;
grant select, delete on portal.analytics_raw to portal_system;
grant select, insert, update, delete on portal.project_progress, portal.unread_counts, portal.share_link_notices to portal_app;

-- Events that were written before this migration have had their day: they are not delivered now.
