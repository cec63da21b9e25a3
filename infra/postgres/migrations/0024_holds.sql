-- A legal hold: what it names is neither deleted by retention nor erased until Compliance lifts it.
create table portal.holds (
    id              uuid primary key,
    tenant_id       uuid not null references portal.tenants (id),
    kind            text not null check (kind in ('tenant', 'project', 'asset', 'person')),
    subject_id      uuid not null,
    reason          text not null check (length(reason) between 1 and 1000),
    review_on       date not null,
    placed_by       uuid not null,
    placed_at       timestamptz not null,
    lifted_by       uuid,
    lifted_at       timestamptz,
    lift_reason     text check (length(lift_reason) between 1 and 1000),
    version         integer not null default 1,
    unique (tenant_id, id),
    check ((lifted_at is null) = (lifted_by is null) and (lifted_at is null) = (lift_reason is null)),
    foreign key (tenant_id, placed_by) references portal.users (tenant_id, id),
    foreign key (tenant_id, lifted_by) references portal.users (tenant_id, id)
);
create unique index holds_in_force on portal.holds (tenant_id, kind, subject_id) where lifted_at is null;
create index holds_by_age on portal.holds (tenant_id, placed_at desc, id desc);

alter table portal.holds enable row level security;
create policy own_tenant on portal.holds to portal_app
    using (tenant_id = (select portal.current_tenant())) with check (tenant_id = (select portal.current_tenant()));
grant select, insert, update on portal.holds to portal_app;

alter table portal.erasure_requests
    drop constraint erasure_requests_status_check,
    add constraint erasure_requests_status_check
        check (status in ('requested', 'running', 'completed', 'failed', 'held', 'cancelled'));
drop index portal.erasure_requests_open;
create unique index erasure_requests_open on portal.erasure_requests (tenant_id, kind, coalesce(subject_id::text, address_hash))
    where status in ('requested', 'running', 'failed', 'held');
