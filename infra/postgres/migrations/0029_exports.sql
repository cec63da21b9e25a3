-- A copy of what is kept of somebody (GDPR Art. 15 and 20, APP 12): asked for, made into a file in the private store, gone after a week.
-- address, address_hash, viewer_ids: of a guest; the address goes when the file does. pathname: noted before a file is sent there, so that
-- one whose making died is found again and deleted. discard: the subject is being erased, and the file with them.
create table portal.exports (
    id              uuid primary key,
    tenant_id       uuid not null references portal.tenants (id),
    kind            text not null check (kind in ('person', 'guest')),
    subject_id      uuid,
    address         text check (length(address) between 3 and 320),
    address_hash    text check (address_hash ~ '^[0-9a-f]{64}$'),
    viewer_ids      uuid[] not null default '{}' check (cardinality(viewer_ids) <= 100),
    status          text not null default 'requested' check (status in ('requested', 'running', 'ready', 'failed', 'expired')),
    attempt         integer not null default 1 check (attempt >= 1),
    last_error      text check (length(last_error) <= 1000),
    requested_by    uuid not null,
    requested_at    timestamptz not null,
    next_at         timestamptz,
    pathname        text check (length(pathname) between 1 and 500),
    size_bytes      bigint check (size_bytes >= 0),
    sha256          text check (sha256 ~ '^[0-9a-f]{64}$'),
    rows            jsonb not null default '{}',
    discard         boolean not null default false,
    ready_at        timestamptz,
    expires_at      timestamptz,
    version         integer not null default 1,
    constraint exports_tenant_id_id_key unique (tenant_id, id),
    constraint exports_requested_by foreign key (tenant_id, requested_by) references portal.users (tenant_id, id),
    constraint exports_subject foreign key (tenant_id, subject_id) references portal.users (tenant_id, id),
    constraint exports_subject_check check ((kind = 'person') = (subject_id is not null)),
    constraint exports_guest_check check (kind <> 'guest' or address_hash is not null),
    constraint exports_ready_check check (status <> 'ready' or (pathname is not null and sha256 is not null and expires_at is not null)),
    constraint exports_forgets_check check (status <> 'expired' or (address is null and pathname is null))
);
create unique index exports_open on portal.exports (tenant_id, kind, coalesce(subject_id::text, address_hash))
    where status in ('requested', 'running', 'failed');
create index exports_by_age on portal.exports (tenant_id, requested_at desc, id desc);
create index exports_of_subject on portal.exports (tenant_id, subject_id) where subject_id is not null;
-- What the sweep looks for: those to be started, and files whose week is over.
create index exports_due on portal.exports (next_at) where status in ('requested', 'running', 'failed', 'ready');

alter table portal.exports enable row level security;
create policy own_tenant on portal.exports to portal_app
    using (tenant_id = (select portal.current_tenant())) with check (tenant_id = (select portal.current_tenant()));
grant select, insert, update on portal.exports to portal_app;
-- Which are due, of all tenants; each is worked on as portal_app of its own.
create policy all_tenants on portal.exports for select to portal_system using (true);
grant select (id, tenant_id, status, attempt, next_at) on portal.exports to portal_system;
