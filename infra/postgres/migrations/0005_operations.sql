-- What on-call needs: a tenant to audit platform-wide acts in, sessions of the page at /ops, and failed uploads by time.

-- Acts that belong to no tenant (an Operator signs in, ends an orchestration that carries no upload) are audited like all others, in a
-- tenant of the platform. Nobody can be in it: Clerk's organization ids begin with "org_", and it has no users.
insert into portal.tenants (id, clerk_org_id, name, time_zone, created_at, updated_at)
values ('00000000-0000-7000-8000-000000000000', 'platform', 'Platform', 'UTC', '2026-01-01T00:00:00Z', '2026-01-01T00:00:00Z');

-- The browser holds a random token in a cookie; we hold its hash. Whoever is no Operator any more has no session any more.
create table portal.operator_sessions (
    id              uuid primary key,
    token_hash      bytea not null unique check (length(token_hash) = 32),
    clerk_user_id   text not null references portal.operators (clerk_user_id) on delete cascade,
    created_at      timestamptz not null,
    expires_at      timestamptz not null,
    ended_at        timestamptz
);
create index operator_sessions_by_person on portal.operator_sessions (clerk_user_id);
create index operator_sessions_by_end on portal.operator_sessions (expires_at);
alter table portal.operator_sessions enable row level security;
create policy platform on portal.operator_sessions to portal_system using (true) with check (true);
grant select, insert, update, delete on portal.operator_sessions to portal_system;

create index upload_jobs_failed on portal.upload_jobs (updated_at) where status in ('failed', 'timed_out');
