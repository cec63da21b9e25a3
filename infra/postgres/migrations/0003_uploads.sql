-- Assets, their versions, and the upload jobs that fill them. The legal moves of each status: docs/states.md.

create table portal.assets (
    id              uuid primary key,
    tenant_id       uuid not null references portal.tenants (id),
    project_id      uuid not null,
    title           text not null check (length(title) between 1 and 200),
    created_by      uuid not null,
    version         integer not null default 1,
    created_at      timestamptz not null,
    updated_at      timestamptz not null,
    unique (tenant_id, id),
    foreign key (tenant_id, project_id) references portal.projects (tenant_id, id),
    foreign key (tenant_id, created_by) references portal.users (tenant_id, id)
);
create index assets_by_project on portal.assets (tenant_id, project_id, created_at desc, id desc);
create index assets_by_tenant on portal.assets (tenant_id, created_at desc, id desc);

create table portal.asset_versions (
    id              uuid primary key,
    tenant_id       uuid not null,
    asset_id        uuid not null,
    number          integer not null check (number >= 1),
    status          text not null check (status in ('pending', 'processing', 'ready', 'failed', 'cancelled', 'archived')),
    file_name       text not null check (length(file_name) between 1 and 255),
    size_bytes      bigint not null check (size_bytes between 0 and 1099511627776),
    mux_asset_id    text check (length(mux_asset_id) <= 200),
    playback_id     text unique check (length(playback_id) <= 200),
    duration_s      double precision,
    aspect_ratio    text check (length(aspect_ratio) <= 20),
    width           integer,
    height          integer,
    frame_rate      double precision,
    failure_reason  text check (length(failure_reason) <= 1000),
    created_at      timestamptz not null,
    updated_at      timestamptz not null,
    unique (tenant_id, id),
    unique (asset_id, number),
    check (status <> 'ready' or (mux_asset_id is not null and playback_id is not null)),
    foreign key (tenant_id, asset_id) references portal.assets (tenant_id, id)
);
create index asset_versions_by_asset on portal.asset_versions (tenant_id, asset_id, number desc);

create table portal.upload_jobs (
    id              uuid primary key,
    tenant_id       uuid not null references portal.tenants (id),
    project_id      uuid not null,
    asset_id        uuid not null,
    asset_version_id uuid not null unique,
    created_by      uuid not null,
    source          text not null check (source in ('direct', 'blob')),
    status          text not null check (status in ('waiting', 'processing', 'ready', 'failed', 'timed_out', 'cancelled')),
    -- The orchestration of this attempt is called {id}-{attempt}; a replay starts the next and keeps the history of the last.
    attempt         integer not null default 1 check (attempt >= 1),
    started_at      timestamptz,            -- when that orchestration was known to have been started; null: the sweep starts it
    -- What Mux calls it in this attempt. The URL takes bytes from anybody who holds it: shown to the uploader only.
    mux_upload_id   text unique check (length(mux_upload_id) <= 200),
    mux_upload_url  text check (length(mux_upload_url) <= 4000),
    mux_asset_id    text unique check (length(mux_asset_id) <= 200),
    mux_create_at   timestamptz,            -- set before a create call: after a crash it says that the call may have been made
    blob_pathname   text unique check (length(blob_pathname) <= 950),
    blob_url        text check (length(blob_url) <= 4000),
    cors_origin     text check (length(cors_origin) <= 300),
    expires_at      timestamptz not null,   -- nothing sent by then: timed out
    asked_at        timestamptz,            -- when the sweep last asked Mux about it
    -- For on-call: tries of our own calls in this attempt.
    tries           integer not null default 0,
    last_error      text check (length(last_error) <= 1000),
    next_retry_at   timestamptz,
    failure_code    text check (length(failure_code) <= 50),
    failure_reason  text check (length(failure_reason) <= 1000),
    created_at      timestamptz not null,
    updated_at      timestamptz not null,
    unique (tenant_id, id),
    foreign key (tenant_id, project_id) references portal.projects (tenant_id, id),
    foreign key (tenant_id, asset_id) references portal.assets (tenant_id, id),
    foreign key (tenant_id, asset_version_id) references portal.asset_versions (tenant_id, id),
    foreign key (tenant_id, created_by) references portal.users (tenant_id, id)
);
create index upload_jobs_unfinished on portal.upload_jobs (updated_at) where status in ('waiting', 'processing');
create index upload_jobs_by_tenant on portal.upload_jobs (tenant_id, created_at desc, id desc);

-- What earlier attempts were called at Mux, so that a late event of an old attempt is not taken for one of the new.
create table portal.upload_attempts (
    tenant_id       uuid not null,
    job_id          uuid not null,
    attempt         integer not null,
    mux_upload_id   text unique,
    mux_asset_id    text unique,
    outcome         text not null,
    failure_code    text,
    failure_reason  text,
    ended_at        timestamptz not null,
    primary key (job_id, attempt),
    foreign key (tenant_id, job_id) references portal.upload_jobs (tenant_id, id)
);

-- Mux assets that must go: made by a cancelled or superseded attempt. Worked off until Mux confirms.
create table portal.mux_cleanups (
    mux_asset_id    text primary key check (length(mux_asset_id) between 1 and 200),
    tenant_id       uuid not null references portal.tenants (id),
    job_id          uuid not null,
    reason          text not null check (length(reason) between 1 and 100),
    tries           integer not null default 0,
    last_error      text check (length(last_error) <= 1000),
    next_try_at     timestamptz not null,
    done_at         timestamptz,
    created_at      timestamptz not null
);
create index mux_cleanups_due on portal.mux_cleanups (next_try_at) where done_at is null;

-- Webhooks as they came, once each: (provider, event id). Not a tenant's table: the tenant is known only after reading.
create table portal.webhook_inbox (
    provider        text not null check (provider in ('mux', 'clerk', 'resend', 'blob')),
    event_id        text not null check (length(event_id) between 1 and 200),
    type            text not null check (length(type) between 1 and 200),
    body            text not null check (length(body) <= 1048576),
    status          text not null default 'received' check (status in ('received', 'processed', 'retrying', 'dead')),
    outcome         text check (length(outcome) <= 200),
    tries           integer not null default 0,
    last_error      text check (length(last_error) <= 1000),
    next_try_at     timestamptz not null,
    received_at     timestamptz not null,
    processed_at    timestamptz,
    primary key (provider, event_id)
);
create index webhook_inbox_due on portal.webhook_inbox (next_try_at) where status in ('received', 'retrying');
create index webhook_inbox_by_age on portal.webhook_inbox (received_at);

alter table portal.assets enable row level security;
alter table portal.asset_versions enable row level security;
alter table portal.upload_jobs enable row level security;
alter table portal.upload_attempts enable row level security;
alter table portal.mux_cleanups enable row level security;
alter table portal.webhook_inbox enable row level security;

create policy own_tenant on portal.assets to portal_app
    using (tenant_id = (select portal.current_tenant())) with check (tenant_id = (select portal.current_tenant()));
create policy own_tenant on portal.asset_versions to portal_app
    using (tenant_id = (select portal.current_tenant())) with check (tenant_id = (select portal.current_tenant()));
create policy own_tenant on portal.upload_jobs to portal_app
    using (tenant_id = (select portal.current_tenant())) with check (tenant_id = (select portal.current_tenant()));

-- portal_system across tenants: Mux names an asset or an upload, never a tenant; the sweep looks at every unfinished job.
create policy all_tenants on portal.asset_versions to portal_system using (true) with check (true);
create policy all_tenants on portal.upload_jobs to portal_system using (true) with check (true);
create policy all_tenants on portal.upload_attempts to portal_system using (true) with check (true);
create policy all_tenants on portal.mux_cleanups to portal_system using (true) with check (true);
create policy platform on portal.webhook_inbox to portal_system using (true) with check (true);

grant select, insert, update on portal.assets, portal.asset_versions, portal.upload_jobs to portal_app;
grant select, update on portal.asset_versions, portal.upload_jobs to portal_system;
grant select, insert, update on portal.upload_attempts, portal.mux_cleanups, portal.webhook_inbox to portal_system;
