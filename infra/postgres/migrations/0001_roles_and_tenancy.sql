-- Roles. They own nothing, log in only where an operator gives them a password (README, "Deploying"), and bypass nothing:
--   portal_app     serves requests of people; row-level security shows it one tenant at a time;
--   portal_system  serves webhooks, timers and on-call; policies below name the tables it may see across tenants.
-- Roles belong to the whole server, so another database may have made them already, or be making them right now.
do $$
declare
    role_name text;
begin
    foreach role_name in array array['portal_app', 'portal_system'] loop
        begin
            execute format('create role %I nologin nosuperuser nobypassrls nocreatedb nocreaterole', role_name);
        exception when duplicate_object or unique_violation then
            null; -- made by a neighbour: that is what we want
        end;
        if not pg_has_role(current_user, role_name, 'member') then
            begin
                execute format('grant %I to current_user', role_name);
            exception when unique_violation then
                null; -- two databases migrating at once
            end;
        end if;
    end loop;
end
$$;

create schema portal;
revoke all on schema public from public;
grant usage on schema portal to portal_app, portal_system;

-- The tenant that the current transaction may see: set with set_config('app.tenant_id', …, true), null otherwise.
-- With null no policy below matches, so a forgotten setting shows nothing instead of everything.
create function portal.current_tenant() returns uuid
    language sql stable parallel safe
    return nullif(current_setting('app.tenant_id', true), '')::uuid;

create table portal.tenants (
    id              uuid primary key,
    clerk_org_id    text not null unique check (length(clerk_org_id) between 1 and 200),
    name            text not null check (length(name) between 1 and 200),
    time_zone       text not null default 'Australia/Sydney' check (length(time_zone) between 1 and 64),
    status          text not null default 'active' check (status in ('active', 'deleted')),
    version         integer not null default 1,
    created_at      timestamptz not null,
    updated_at      timestamptz not null
);

create table portal.users (
    id              uuid primary key,
    tenant_id       uuid not null references portal.tenants (id),
    clerk_user_id   text not null check (length(clerk_user_id) between 1 and 200),
    email           text not null check (length(email) between 3 and 320),
    name            text not null check (length(name) between 1 and 200),
    role            text not null check (role in ('admin', 'agency', 'client', 'compliance')),
    status          text not null default 'active' check (status in ('active', 'deactivated')),
    version         integer not null default 1,
    created_at      timestamptz not null,
    updated_at      timestamptz not null,
    unique (tenant_id, clerk_user_id),
    unique (tenant_id, id)
);
create index users_by_clerk_user on portal.users (clerk_user_id);

-- People on call for the platform. Not a tenant's table: an Operator belongs to no tenant.
create table portal.operators (
    clerk_user_id   text primary key check (length(clerk_user_id) between 1 and 200),
    created_at      timestamptz not null
);

create table portal.projects (
    id              uuid primary key,
    tenant_id       uuid not null references portal.tenants (id),
    name            text not null check (length(name) between 1 and 200),
    description     text not null default '' check (length(description) <= 4000),
    status          text not null default 'active' check (status in ('active', 'on_hold', 'completed', 'archived')),
    created_by      uuid not null,
    version         integer not null default 1,
    created_at      timestamptz not null,
    updated_at      timestamptz not null,
    unique (tenant_id, id),
    foreign key (tenant_id, created_by) references portal.users (tenant_id, id)
);
create index projects_by_tenant on portal.projects (tenant_id, created_at desc, id desc);

create table portal.project_members (
    tenant_id       uuid not null,
    project_id      uuid not null,
    user_id         uuid not null,
    added_at        timestamptz not null,
    primary key (project_id, user_id),
    foreign key (tenant_id, project_id) references portal.projects (tenant_id, id),
    foreign key (tenant_id, user_id) references portal.users (tenant_id, id)
);
create index project_members_by_user on portal.project_members (tenant_id, user_id);

-- Row-level security. The owner of the tables is not restricted (migrations, security definer functions); the app is.
alter table portal.tenants enable row level security;
alter table portal.users enable row level security;
alter table portal.projects enable row level security;
alter table portal.project_members enable row level security;
alter table portal.operators enable row level security;

create policy own_tenant on portal.tenants to portal_app
    using (id = (select portal.current_tenant())) with check (id = (select portal.current_tenant()));
create policy own_tenant on portal.users to portal_app
    using (tenant_id = (select portal.current_tenant())) with check (tenant_id = (select portal.current_tenant()));
create policy own_tenant on portal.projects to portal_app
    using (tenant_id = (select portal.current_tenant())) with check (tenant_id = (select portal.current_tenant()));
create policy own_tenant on portal.project_members to portal_app
    using (tenant_id = (select portal.current_tenant())) with check (tenant_id = (select portal.current_tenant()));

grant select on portal.tenants to portal_app;
grant select on portal.users to portal_app;
grant select, insert, update on portal.projects to portal_app;
grant select, insert, delete on portal.project_members to portal_app;

-- Who is calling? Asked before a tenant is known, so it is a function that answers this one question:
-- the user row of a Clerk user in a Clerk organization, and whether that person is an Operator.
create function portal.find_caller(p_clerk_user_id text, p_clerk_org_id text)
    returns table (tenant_id uuid, user_id uuid, role text, user_status text, tenant_status text, is_operator boolean)
    language sql stable security definer
    set search_path = portal, pg_temp
begin atomic
    select t.id, u.id, u.role, u.status, t.status,
           exists (select 1 from portal.operators o where o.clerk_user_id = p_clerk_user_id)
      from (select 1) as always
      left join portal.tenants t on t.clerk_org_id = p_clerk_org_id
      left join portal.users u on u.tenant_id = t.id and u.clerk_user_id = p_clerk_user_id;
end;
revoke all on function portal.find_caller(text, text) from public;
grant execute on function portal.find_caller(text, text) to portal_app;
