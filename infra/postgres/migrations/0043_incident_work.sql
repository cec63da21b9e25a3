-- What people on call do with an incident besides moving it: whose it is, what they note, how bad it is. And incidents of security, which
-- somebody found.

alter table portal.incidents
    -- The Operator who reported it; null: the portal or monitoring found it.
    add column opened_by       text check (length(opened_by) between 1 and 200),
    -- Who works on it: an Operator, by Clerk's id. Whoever is on call no more has no incident any more.
    add column assignee        text references portal.operators (clerk_user_id) on delete set null,
    -- When the same was reported for the second time; last_at moves on with each.
    add column again_at        timestamptz check (again_at >= opened_at),
    add column resolved_reason text check (length(resolved_reason) between 1 and 500),
    -- When PagerDuty took the first page.
    add column paged_at        timestamptz,
    -- Of security: when somebody found it, before it was told here.
    add column discovered_at   timestamptz check (discovered_at <= opened_at),
    add check ((kind = 'security') = (discovered_at is not null));
alter table portal.incidents drop constraint incidents_kind_check;
alter table portal.incidents add constraint incidents_kind_check
    check (kind in ('error_budget_breach', 'restore_test_failed', 'upload_failed', 'alert', 'security'));
create index incidents_by_assignee on portal.incidents (assignee) where assignee is not null;

-- What was done with an incident, of which its own row keeps nothing or the last alone. Nobody changes or deletes a line.
create table portal.incident_entries (
    id          uuid primary key,
    -- Lines of the same time stay in the order in which they were written.
    seq         bigint not null generated always as identity,
    incident_id uuid not null references portal.incidents (id) on delete cascade,
    kind        text not null check (kind in ('paged', 'page_updated', 'paged_late', 'assigned', 'unassigned', 'note', 'severity_changed',
                                     'notice_sent')),
    at          timestamptz not null,
    -- Null: the portal itself.
    by          text check (length(by) between 1 and 200),
    -- A note, or the reason.
    text        text check (length(text) between 1 and 2000),
    -- What it was before and what it became: a severity, Clerk's id of an Operator, a service of PagerDuty.
    previous    text check (length(previous) between 1 and 200),
    became      text check (length(became) between 1 and 200),
    check (kind not in ('note', 'severity_changed') or (text is not null and by is not null))
);
create index incident_entries_of on portal.incident_entries (incident_id, at, seq);
create index incident_entries_notes on portal.incident_entries (incident_id) where kind = 'note';

alter table portal.incident_entries enable row level security;
create policy platform on portal.incident_entries to portal_system using (true) with check (true);
grant select, insert on portal.incident_entries to portal_system;

-- What tenants are told of an incident. Drafted, read, and sent once; then it stays as it was sent. The Admins of the tenants read it
-- through a function (infra/postgres/functions/read_incident_notice.sql).
create table portal.incident_notices (
    id          uuid primary key,
    incident_id uuid not null references portal.incidents (id) on delete cascade,
    subject     text not null check (length(subject) between 1 and 150),
    text        text not null check (length(text) between 1 and 4000),
    status      text not null default 'draft' check (status in ('draft', 'sent')),
    drafted_at  timestamptz not null,
    drafted_by  text not null check (length(drafted_by) between 1 and 200),
    sent_at     timestamptz,
    sent_by     text check (length(sent_by) between 1 and 200),
    check ((status = 'sent') = (sent_at is not null)),
    check ((sent_at is null) = (sent_by is null))
);
create index incident_notices_of on portal.incident_notices (incident_id, drafted_at desc, id desc);

-- Whom it is for.
create table portal.incident_notice_tenants (
    notice_id   uuid not null references portal.incident_notices (id) on delete cascade,
    tenant_id   uuid not null references portal.tenants (id),
    primary key (notice_id, tenant_id)
);

alter table portal.incident_notices enable row level security;
alter table portal.incident_notice_tenants enable row level security;
create policy platform on portal.incident_notices to portal_system using (true) with check (true);
create policy platform on portal.incident_notice_tenants to portal_system using (true) with check (true);
grant select, insert, update on portal.incident_notices to portal_system;
grant select, insert on portal.incident_notice_tenants to portal_system;
