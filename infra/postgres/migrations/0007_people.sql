-- Tenants set themselves up, people are invited, and each person says what they want to hear of.

-- Branding and compliance settings. Retention: null is the portal's own number; a tenant may keep less long, never longer, and the
-- audit log is not in it (365 days, then archived, for everybody).
alter table portal.tenants
    add column logo_url               text check (logo_url like 'https://%' and length(logo_url) <= 2000),
    add column accent_color           text check (accent_color ~ '^#[0-9a-f]{6}$'),
    add column sender_name            text check (length(sender_name) between 1 and 100),
    add column digest_hour            integer not null default 8 check (digest_hour between 0 and 23),
    add column residency_contact      text check (length(residency_contact) between 3 and 254),
    add column keep_notification_days integer check (keep_notification_days between 7 and 90),
    add column keep_upload_job_days   integer check (keep_upload_job_days between 30 and 365),
    add column keep_active_video_days integer check (keep_active_video_days between 30 and 180),
    add column keep_inactive_video_days integer check (keep_inactive_video_days between 30 and 90),
    add column keep_raw_analytics_days integer check (keep_raw_analytics_days between 1 and 30),
    add column deleted_at             timestamptz,
    add constraint tenants_deleted_at check ((status = 'deleted') = (deleted_at is not null));
grant insert on portal.tenants to portal_app;
-- Not id and not clerk_org_id: whose tenant it is never changes.
grant update (name, time_zone, status, version, updated_at, logo_url, accent_color, sender_name, digest_hour, residency_contact,
              keep_notification_days, keep_upload_job_days, keep_active_video_days, keep_inactive_video_days, keep_raw_analytics_days,
              deleted_at) on portal.tenants to portal_app;

grant insert on portal.users to portal_app;
grant update (name, role, status, version, updated_at) on portal.users to portal_app;
create index users_by_time on portal.users (tenant_id, created_at desc, id desc);
-- Fifty characters: the key travels in a cursor, which has a limit.
create index users_by_name on portal.users (tenant_id, left(lower(name), 50), id);
create index users_by_email on portal.users (tenant_id, lower(email));
create index users_admins on portal.users (tenant_id) where role = 'admin' and status = 'active';

-- What a person wants to hear of. No row: everything, on both channels.
create table portal.notification_preferences (
    tenant_id       uuid not null,
    user_id         uuid not null,
    event_type      text not null check (length(event_type) between 1 and 100),
    in_app          boolean not null,
    email           boolean not null,
    primary key (tenant_id, user_id, event_type),
    foreign key (tenant_id, user_id) references portal.users (tenant_id, id)
);

-- Projects whose news a person does not want at all.
create table portal.project_mutes (
    tenant_id       uuid not null,
    user_id         uuid not null,
    project_id      uuid not null,
    primary key (tenant_id, user_id, project_id),
    foreign key (tenant_id, user_id) references portal.users (tenant_id, id),
    foreign key (tenant_id, project_id) references portal.projects (tenant_id, id)
);

-- Invites. The row is the truth and Clerk follows it: `clerk_state` says what Clerk still has to be told.
--   wanted    an invitation is to exist there        sent      it does (clerk_invitation_id)
--   unwanted  what there is, is to be withdrawn      none      nothing of ours is left there
--   accepted  the person has joined the organization, and is enrolled by their first request
--   refused   Clerk said no for good (clerk_fault); the Admin sees it and may revoke
-- `generation` counts what people and time decide (create, reissue, revoke, expire): news of an earlier one moves nothing.
-- `clerk_next_at` is the lease of whoever is talking to Clerk about the row, and else when it is next due.
create table portal.invites (
    id              uuid primary key,
    tenant_id       uuid not null references portal.tenants (id),
    email           text not null check (length(email) between 3 and 254),
    role            text not null check (role in ('admin', 'agency', 'client', 'compliance')),
    project_ids     uuid[] not null default '{}' check (cardinality(project_ids) <= 100),
    status          text not null default 'pending' check (status in ('pending', 'accepted', 'expired', 'revoked')),
    expires_at      timestamptz not null,
    generation      integer not null default 1,
    clerk_state     text not null default 'wanted' check (clerk_state in ('wanted', 'sent', 'unwanted', 'none', 'accepted', 'refused')),
    clerk_invitation_id text check (length(clerk_invitation_id) between 1 and 200),
    clerk_fault     text check (length(clerk_fault) <= 200),
    clerk_tries     integer not null default 0,
    clerk_next_at   timestamptz not null,
    invited_by      uuid not null,
    accepted_by     uuid,
    accepted_at     timestamptz,
    version         integer not null default 1,
    created_at      timestamptz not null,
    updated_at      timestamptz not null,
    unique (tenant_id, id),
    check ((status = 'accepted') = (accepted_by is not null)),
    check ((accepted_by is null) = (accepted_at is null)),
    foreign key (tenant_id, invited_by) references portal.users (tenant_id, id),
    foreign key (tenant_id, accepted_by) references portal.users (tenant_id, id)
);
create unique index invites_pending_email on portal.invites (tenant_id, lower(email)) where status = 'pending';
create index invites_by_tenant on portal.invites (tenant_id, created_at desc, id desc);
create index invites_by_status on portal.invites (tenant_id, status, created_at desc, id desc);
create index invites_due_at_clerk on portal.invites (clerk_next_at) where clerk_state in ('wanted', 'unwanted');
create index invites_overdue on portal.invites (expires_at) where status = 'pending';

-- In-app notifications: a type and ids, no words; the portal's pages say it in the reader's language.
-- One row per (event, recipient): delivering an event twice notifies once.
create table portal.notifications (
    id              uuid primary key,
    tenant_id       uuid not null,
    user_id         uuid not null,
    event_id        uuid,
    type            text not null check (length(type) between 1 and 100),
    subject_type    text not null check (length(subject_type) between 1 and 50),
    subject_id      uuid not null,
    project_id      uuid,
    read_at         timestamptz,
    created_at      timestamptz not null,
    unique (tenant_id, user_id, event_id),
    foreign key (tenant_id, user_id) references portal.users (tenant_id, id)
);
create index notifications_by_user on portal.notifications (tenant_id, user_id, created_at desc, id desc);
create index notifications_by_type on portal.notifications (tenant_id, user_id, type, created_at desc, id desc);
create index notifications_unread on portal.notifications (tenant_id, user_id, created_at desc, id desc) where read_at is null;

alter table portal.notification_preferences enable row level security;
alter table portal.project_mutes enable row level security;
alter table portal.invites enable row level security;
alter table portal.notifications enable row level security;
create policy own_tenant on portal.notification_preferences to portal_app
    using (tenant_id = (select portal.current_tenant())) with check (tenant_id = (select portal.current_tenant()));
create policy own_tenant on portal.project_mutes to portal_app
    using (tenant_id = (select portal.current_tenant())) with check (tenant_id = (select portal.current_tenant()));
create policy own_tenant on portal.invites to portal_app
    using (tenant_id = (select portal.current_tenant())) with check (tenant_id = (select portal.current_tenant()));
create policy own_tenant on portal.notifications to portal_app
    using (tenant_id = (select portal.current_tenant())) with check (tenant_id = (select portal.current_tenant()));
-- The sweep looks across tenants for what is due, and does the work as portal_app of the tenant: it never sees an address.
create policy sweep on portal.invites for select to portal_system using (true);

grant select, insert, update, delete on portal.notification_preferences to portal_app;
grant select, insert, delete on portal.project_mutes to portal_app;
grant select, insert, update on portal.invites to portal_app;
grant select (id, tenant_id, status, expires_at, clerk_state, clerk_next_at) on portal.invites to portal_system;
grant select, insert on portal.notifications to portal_app;
grant update (read_at) on portal.notifications to portal_app;
