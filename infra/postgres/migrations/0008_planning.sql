-- Planning: milestone templates, milestones, tasks. The legal moves of each status: docs/states.md; why these indexes and no
-- others: docs/decisions/0016-lists-under-row-level-security.md.

-- Lists sort names as people read them, without upper case. Stored, because row-level security lets only leakproof operators into
-- an index condition, and lower() is none. Cut, because the last key of a page travels in the cursor.
alter table portal.projects add column name_key text collate "C" not null generated always as (left(lower(name), 48)) stored;
create index projects_by_name on portal.projects (tenant_id, name_key, id);
create index project_members_of_project on portal.project_members (tenant_id, project_id, added_at, user_id);

-- A template as it is now. Each edit writes the next row of milestone_template_versions; what was applied stays readable.
create table portal.milestone_templates (
    id              uuid primary key,
    tenant_id       uuid not null references portal.tenants (id),
    name            text not null check (length(name) between 1 and 200),
    status          text not null default 'active' check (status in ('active', 'archived')),
    created_by      uuid not null,
    version         integer not null default 1 check (version >= 1),
    created_at      timestamptz not null,
    updated_at      timestamptz not null,
    unique (tenant_id, id),
    foreign key (tenant_id, created_by) references portal.users (tenant_id, id)
);
create index milestone_templates_by_tenant on portal.milestone_templates (tenant_id, created_at desc, id desc);

-- Never changed, never deleted: no such grant.
create table portal.milestone_template_versions (
    tenant_id       uuid not null,
    template_id     uuid not null,
    version         integer not null check (version >= 1),
    name            text not null check (length(name) between 1 and 200),
    description     text not null check (length(description) <= 4000),
    -- [{name, description, startDay, dueDay, tasks: [{title, description, dueDay, priority}]}], days counted from the start date
    items           jsonb not null check (jsonb_typeof(items) = 'array' and jsonb_array_length(items) between 1 and 50),
    created_by      uuid not null,
    created_at      timestamptz not null,
    primary key (template_id, version),
    unique (tenant_id, template_id, version),
    foreign key (tenant_id, template_id) references portal.milestone_templates (tenant_id, id),
    foreign key (tenant_id, created_by) references portal.users (tenant_id, id)
);

-- Which version was applied to which project, and when its day 0 was.
create table portal.template_applications (
    id              uuid primary key,
    tenant_id       uuid not null,
    project_id      uuid not null,
    template_id     uuid not null,
    template_version integer not null,
    starts_on       date not null,
    applied_by      uuid not null,
    applied_at      timestamptz not null,
    unique (tenant_id, project_id, id),
    foreign key (tenant_id, project_id) references portal.projects (tenant_id, id),
    foreign key (tenant_id, template_id, template_version) references portal.milestone_template_versions (tenant_id, template_id, version),
    foreign key (tenant_id, applied_by) references portal.users (tenant_id, id)
);
create index template_applications_of_template on portal.template_applications (tenant_id, project_id, template_id);

create table portal.milestones (
    id              uuid primary key,
    tenant_id       uuid not null references portal.tenants (id),
    project_id      uuid not null,
    application_id  uuid,                   -- set: seeded by a template
    name            text not null check (length(name) between 1 and 200),
    description     text not null default '' check (length(description) <= 4000),
    status          text not null default 'planned' check (status in ('planned', 'in_progress', 'done')),
    starts_on       date,
    due_on          date,
    -- Without a date it comes last; a key of a list must not be null.
    due_key         date not null generated always as (coalesce(due_on, date 'infinity')) stored,
    created_by      uuid not null,
    version         integer not null default 1,
    created_at      timestamptz not null,
    updated_at      timestamptz not null,
    unique (tenant_id, project_id, id),
    check (starts_on <= due_on),
    foreign key (tenant_id, project_id) references portal.projects (tenant_id, id),
    foreign key (tenant_id, project_id, application_id) references portal.template_applications (tenant_id, project_id, id),
    foreign key (tenant_id, created_by) references portal.users (tenant_id, id)
);
create index milestones_by_due on portal.milestones (tenant_id, due_key, id);
create index milestones_of_project on portal.milestones (tenant_id, project_id, due_key, id);

-- A task never changes its project: what hangs off it names the project too, so that foreign keys keep both in one project.
create table portal.tasks (
    id              uuid primary key,
    tenant_id       uuid not null references portal.tenants (id),
    project_id      uuid not null,
    milestone_id    uuid,
    title           text not null check (length(title) between 1 and 200),
    title_key       text collate "C" not null generated always as (left(lower(title), 48)) stored,
    description     text not null default '' check (length(description) <= 10000),
    status          text not null default 'pending' check (status in ('pending', 'in_progress', 'blocked', 'done')),
    priority        text not null default 'normal' check (priority in ('low', 'normal', 'high', 'urgent')),
    priority_rank   smallint not null generated always as (
                        case priority when 'low' then 1 when 'normal' then 2 when 'high' then 3 else 4 end) stored,
    due_on          date,
    due_key         date not null generated always as (coalesce(due_on, date 'infinity')) stored,
    done_at         timestamptz,
    created_by      uuid not null,
    version         integer not null default 1,
    created_at      timestamptz not null,
    updated_at      timestamptz not null,
    unique (tenant_id, project_id, id),
    check ((status = 'done') = (done_at is not null)),
    foreign key (tenant_id, project_id) references portal.projects (tenant_id, id),
    foreign key (tenant_id, project_id, milestone_id) references portal.milestones (tenant_id, project_id, id),
    foreign key (tenant_id, created_by) references portal.users (tenant_id, id)
);
-- One for each order that the list offers …
create index tasks_by_tenant on portal.tasks (tenant_id, created_at desc, id desc);
create index tasks_by_due on portal.tasks (tenant_id, due_key, id);
create index tasks_by_priority on portal.tasks (tenant_id, priority_rank desc, id desc);
create index tasks_by_title on portal.tasks (tenant_id, title_key, id);
-- … and for the filters that leave little of a tenant. Most tasks of an old tenant are done: what is open has indexes of its own.
create index tasks_of_project on portal.tasks (tenant_id, project_id, created_at desc, id desc);
create index tasks_of_milestone on portal.tasks (tenant_id, milestone_id, status) where milestone_id is not null;
create index tasks_open_by_due on portal.tasks (tenant_id, due_key, id) where status <> 'done';
create index tasks_open_by_priority on portal.tasks (tenant_id, priority_rank desc, id desc) where status <> 'done';
create index tasks_open_by_status on portal.tasks (tenant_id, status, created_at desc, id desc) where status <> 'done';
create index tasks_open_of_project on portal.tasks (tenant_id, project_id) where status <> 'done';

create table portal.task_assignees (
    tenant_id       uuid not null,
    project_id      uuid not null,
    task_id         uuid not null,
    user_id         uuid not null,
    added_at        timestamptz not null,
    primary key (task_id, user_id),
    foreign key (tenant_id, project_id, task_id) references portal.tasks (tenant_id, project_id, id) on delete cascade,
    foreign key (tenant_id, user_id) references portal.users (tenant_id, id)
);
create index task_assignees_by_user on portal.task_assignees (tenant_id, user_id, task_id);

-- Who hears of a task's status.
create table portal.task_watchers (
    tenant_id       uuid not null,
    project_id      uuid not null,
    task_id         uuid not null,
    user_id         uuid not null,
    added_at        timestamptz not null,
    primary key (task_id, user_id),
    foreign key (tenant_id, project_id, task_id) references portal.tasks (tenant_id, project_id, id) on delete cascade,
    foreign key (tenant_id, user_id) references portal.users (tenant_id, id)
);
create index task_watchers_by_user on portal.task_watchers (tenant_id, user_id, task_id);

-- task_id can be done only after depends_on. No circles: whoever adds a row holds the project's row and looks first.
create table portal.task_dependencies (
    tenant_id       uuid not null,
    project_id      uuid not null,
    task_id         uuid not null,
    depends_on      uuid not null,
    added_at        timestamptz not null,
    primary key (task_id, depends_on),
    check (task_id <> depends_on),
    foreign key (tenant_id, project_id, task_id) references portal.tasks (tenant_id, project_id, id) on delete cascade,
    foreign key (tenant_id, project_id, depends_on) references portal.tasks (tenant_id, project_id, id) on delete cascade
);
create index task_dependencies_on on portal.task_dependencies (tenant_id, project_id, depends_on);

alter table portal.milestone_templates enable row level security;
alter table portal.milestone_template_versions enable row level security;
alter table portal.template_applications enable row level security;
alter table portal.milestones enable row level security;
alter table portal.tasks enable row level security;
alter table portal.task_assignees enable row level security;
alter table portal.task_watchers enable row level security;
alter table portal.task_dependencies enable row level security;

create policy own_tenant on portal.milestone_templates to portal_app
    using (tenant_id = (select portal.current_tenant())) with check (tenant_id = (select portal.current_tenant()));
create policy own_tenant on portal.milestone_template_versions to portal_app
    using (tenant_id = (select portal.current_tenant())) with check (tenant_id = (select portal.current_tenant()));
create policy own_tenant on portal.template_applications to portal_app
    using (tenant_id = (select portal.current_tenant())) with check (tenant_id = (select portal.current_tenant()));
create policy own_tenant on portal.milestones to portal_app
    using (tenant_id = (select portal.current_tenant())) with check (tenant_id = (select portal.current_tenant()));
create policy own_tenant on portal.tasks to portal_app
    using (tenant_id = (select portal.current_tenant())) with check (tenant_id = (select portal.current_tenant()));
create policy own_tenant on portal.task_assignees to portal_app
    using (tenant_id = (select portal.current_tenant())) with check (tenant_id = (select portal.current_tenant()));
create policy own_tenant on portal.task_watchers to portal_app
    using (tenant_id = (select portal.current_tenant())) with check (tenant_id = (select portal.current_tenant()));
create policy own_tenant on portal.task_dependencies to portal_app
    using (tenant_id = (select portal.current_tenant())) with check (tenant_id = (select portal.current_tenant()));

grant select, insert, update on portal.milestone_templates to portal_app;
grant select, insert on portal.milestone_template_versions, portal.template_applications to portal_app;
grant select, insert, update, delete on portal.milestones, portal.tasks to portal_app;
grant select, insert, delete on portal.task_assignees, portal.task_watchers, portal.task_dependencies to portal_app;
