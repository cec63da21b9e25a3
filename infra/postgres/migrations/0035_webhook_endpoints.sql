-- Outbound webhooks: where a tenant wants its events sent. A secret is made from the endpoint's id and generation under a key of ours
-- and is stored nowhere; for a day after it was made anew the one before signs too.
create table portal.webhook_endpoints (
    id                uuid primary key,
    tenant_id         uuid not null references portal.tenants (id),
    url               text not null check (length(url) between 1 and 500),
    description       text not null check (length(description) <= 200),
    -- None: every type, those to come too.
    event_types       text[] not null check (cardinality(event_types) <= 200),
    enabled           boolean not null default true,
    disabled_reason   text check (disabled_reason in ('by_admin', 'gone', 'failing')),
    disabled_at       timestamptz,
    -- The first attempt that failed since one succeeded.
    failing_since     timestamptz,
    last_success_at   timestamptz,
    secret_kid        text not null check (length(secret_kid) between 1 and 50),
    secret_generation integer not null default 1 check (secret_generation >= 1),
    secret_made_at    timestamptz not null,
    previous_kid      text check (length(previous_kid) between 1 and 50),
    previous_until    timestamptz,
    created_by        uuid not null,
    created_at        timestamptz not null,
    updated_at        timestamptz not null,
    version           integer not null default 1,
    constraint webhook_endpoints_tenant_id_key unique (tenant_id, id),
    constraint webhook_endpoints_created_by_fkey foreign key (tenant_id, created_by) references portal.users (tenant_id, id),
    constraint webhook_endpoints_disabled_check check (
        enabled = (disabled_reason is null) and enabled = (disabled_at is null)),
    constraint webhook_endpoints_previous_check check ((previous_kid is null) = (previous_until is null))
);
create index webhook_endpoints_by_age on portal.webhook_endpoints (tenant_id, created_at, id);

alter table portal.deliveries
    drop constraint deliveries_channel_check,
    add constraint deliveries_channel_check check (channel in ('email', 'pagerduty', 'webhook'));
create index deliveries_by_endpoint on portal.deliveries (tenant_id, recipient, created_at, id) where channel = 'webhook';

-- Every time that an endpoint was asked, and what it said. What it was sent is the event. attempt is the delivery's: one more each time
-- that it is sent again.
create table portal.webhook_attempts (
    delivery_id     uuid not null references portal.deliveries (id) on delete cascade,
    attempt         integer not null check (attempt >= 1),
    number          integer not null check (number >= 1),
    tenant_id       uuid not null references portal.tenants (id),
    endpoint_id     uuid not null,
    sent_at         timestamptz not null,
    -- Without its query, where receivers keep secrets.
    url             text not null check (length(url) between 1 and 500),
    status          integer check (status between 100 and 999),
    error           text check (length(error) <= 500),
    duration_ms     integer not null check (duration_ms >= 0),
    response_type   text check (length(response_type) <= 200),
    response_body   text not null check (length(response_body) <= 2000),
    primary key (delivery_id, attempt, number),
    constraint webhook_attempts_endpoint_fkey foreign key (tenant_id, endpoint_id)
        references portal.webhook_endpoints (tenant_id, id) on delete cascade
);
create index webhook_attempts_by_endpoint on portal.webhook_attempts (tenant_id, endpoint_id);
create index webhook_attempts_by_age on portal.webhook_attempts (sent_at);

alter table portal.webhook_endpoints enable row level security;
alter table portal.webhook_attempts enable row level security;
create policy own_tenant on portal.webhook_endpoints to portal_app
    using (tenant_id = (select portal.current_tenant())) with check (tenant_id = (select portal.current_tenant()));
create policy own_tenant on portal.webhook_attempts to portal_app
    using (tenant_id = (select portal.current_tenant())) with check (tenant_id = (select portal.current_tenant()));
create policy all_tenants on portal.webhook_attempts to portal_system using (true) with check (true);
grant select, insert, update, delete on portal.webhook_endpoints to portal_app;
grant select, insert on portal.webhook_attempts to portal_app;
grant select, delete on portal.webhook_attempts to portal_system;
