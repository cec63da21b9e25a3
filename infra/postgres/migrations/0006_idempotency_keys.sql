-- Answers to POST requests that carried an Idempotency-Key, kept for 24 hours so that a repeated request does nothing twice.
-- One space of keys for each person (or guest) of a tenant. Bodies hold no secrets: those are made again.
create table portal.idempotency_keys (
    tenant_id       uuid not null references portal.tenants (id),
    actor_id        uuid not null,
    key             text not null check (length(key) between 1 and 255),
    request_hash    bytea not null check (length(request_hash) = 32),
    status          integer not null check (status between 200 and 499),
    body            text check (length(body) <= 1048576),
    location        text check (length(location) <= 1000),
    entity_version  integer,
    created_at      timestamptz not null,
    primary key (tenant_id, actor_id, key)
);
create index idempotency_keys_by_age on portal.idempotency_keys (tenant_id, actor_id, created_at);

alter table portal.idempotency_keys enable row level security;
create policy own_tenant on portal.idempotency_keys to portal_app
    using (tenant_id = (select portal.current_tenant())) with check (tenant_id = (select portal.current_tenant()));
grant select, insert, delete on portal.idempotency_keys to portal_app;
