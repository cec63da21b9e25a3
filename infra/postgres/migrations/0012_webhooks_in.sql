-- What Clerk and Resend tell us by webhook, and on-call's view of the inbox.

-- A key to page by and to audit under. The lists of on-call: all, of one vendor, of one type, of those that are not done.
alter table portal.webhook_inbox add column id uuid not null default gen_random_uuid();
drop index portal.webhook_inbox_by_age;
create index webhook_inbox_by_time on portal.webhook_inbox (received_at desc, id desc);
create index webhook_inbox_by_provider on portal.webhook_inbox (provider, received_at desc, id desc);
create index webhook_inbox_by_type on portal.webhook_inbox (type, received_at desc, id desc);
create index webhook_inbox_not_done on portal.webhook_inbox (status, received_at desc, id desc) where status <> 'processed';

-- When Clerk last changed what it says of a person: older news does not win. A name that the person chose here stays.
alter table portal.users
    add column clerk_updated_at timestamptz,
    add column own_name         boolean not null default false;
grant update (email, clerk_updated_at, own_name) on portal.users to portal_app;

-- Clerk names a person or an organization, never a tenant: webhooks look up whose rows they are, and change them as portal_app of the tenant.
create policy whose on portal.users for select to portal_system using (true);
create policy whose on portal.tenants for select to portal_system using (true);
grant select (id, tenant_id, clerk_user_id) on portal.users to portal_system;
grant select (id, clerk_org_id, status) on portal.tenants to portal_system;

-- People who are to be erased: the request, and until when. Who erases is not built yet; a request is never lost.
create table portal.erasure_requests (
    id              uuid primary key,
    tenant_id       uuid not null references portal.tenants (id),
    kind            text not null check (kind in ('person')),
    subject_id      uuid not null,
    status          text not null default 'requested' check (status in ('requested', 'running', 'completed', 'failed')),
    requested_at    timestamptz not null,
    due_at          timestamptz not null check (due_at >= requested_at),
    unique (tenant_id, kind, subject_id),
    foreign key (tenant_id, subject_id) references portal.users (tenant_id, id)
);
create index erasure_requests_due on portal.erasure_requests (due_at) where status in ('requested', 'failed');

-- Addresses that get no mail of a tenant any more, by keyed hash: they bounced for good, complained, or asked for it (then perhaps
-- for one type of event only; '' is all).
create table portal.mail_suppressions (
    tenant_id       uuid not null references portal.tenants (id),
    address_hash    text not null check (address_hash ~ '^[0-9a-f]{64}$'),
    event_type      text not null default '' check (length(event_type) <= 100),
    reason          text not null check (reason in ('bounced', 'complained', 'unsubscribed')),
    created_at      timestamptz not null,
    primary key (tenant_id, address_hash, event_type)
);

alter table portal.erasure_requests enable row level security;
alter table portal.mail_suppressions enable row level security;
create policy own_tenant on portal.erasure_requests to portal_app
    using (tenant_id = (select portal.current_tenant())) with check (tenant_id = (select portal.current_tenant()));
create policy own_tenant on portal.mail_suppressions to portal_app
    using (tenant_id = (select portal.current_tenant())) with check (tenant_id = (select portal.current_tenant()));
-- A webhook knows a mail by its vendor's id, and finds the tenant with it.
create policy all_tenants on portal.mail_suppressions to portal_system using (true) with check (true);
grant select, insert on portal.erasure_requests to portal_app;
grant select, insert, update, delete on portal.mail_suppressions to portal_app;
grant select, insert, update on portal.mail_suppressions to portal_system;
