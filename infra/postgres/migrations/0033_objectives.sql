-- What service level objectives are measured by: figures of requests, counts a minute of each objective, and what is open because of one.
-- Of the platform: no tenant, no person. Kept a little longer than the window of an objective.

-- How many requests a function has answered in a minute, by what became of them and how long they took. All instances of the app add to
-- the same rows. under_ms: the answer took less; 2147483647: as long as it liked.
create table portal.request_figures (
    minute      timestamptz not null check (extract(epoch from minute)::bigint % 60 = 0),
    function    text not null check (length(function) between 1 and 100),
    outcome     text not null check (outcome in ('ok', 'refused', 'failed')),
    under_ms    integer not null check (under_ms > 0),
    requests    bigint not null check (requests > 0),
    primary key (minute, function, outcome, under_ms)
);

-- The last figures that each instance has added, by its own numbering: what is sent again because its answer got lost counts once.
create table portal.request_flushes (
    instance    uuid primary key,
    number      bigint not null check (number > 0),
    at          timestamptz not null
);
create index request_flushes_by_age on portal.request_flushes (at);

-- What was good in a minute, of how much. A minute in which nothing happened has no row.
create table portal.objective_minutes (
    objective   text not null check (length(objective) between 1 and 100),
    minute      timestamptz not null check (extract(epoch from minute)::bigint % 60 = 0),
    good        bigint not null check (good >= 0),
    total       bigint not null check (total > 0),
    primary key (objective, minute),
    check (good <= total)
);
create index objective_minutes_by_age on portal.objective_minutes (minute);

-- How far each objective is measured, and what is open because its budget burns.
create table portal.objective_states (
    objective       text primary key check (length(objective) between 1 and 100),
    measured_until  timestamptz,
    -- The incident that measuring has opened. One that a report from outside has opened is not here: it is not ours to close.
    incident_id     uuid references portal.incidents (id),
    warned          boolean not null default false
);

alter table portal.request_figures enable row level security;
alter table portal.request_flushes enable row level security;
alter table portal.objective_minutes enable row level security;
alter table portal.objective_states enable row level security;
create policy platform on portal.request_figures to portal_system using (true) with check (true);
create policy platform on portal.request_flushes to portal_system using (true) with check (true);
create policy platform on portal.objective_minutes to portal_system using (true) with check (true);
create policy platform on portal.objective_states to portal_system using (true) with check (true);
grant select, insert, update, delete on portal.request_figures to portal_system;
grant select, insert, update, delete on portal.request_flushes to portal_system;
grant select, insert, update, delete on portal.objective_minutes to portal_system;
grant select, insert, update on portal.objective_states to portal_system;

-- Counted every minute, over the last hours (functions/count_objectives.sql).
create index webhook_inbox_processed on portal.webhook_inbox (processed_at) where status = 'processed';
create index playback_audit_by_time on portal.playback_audit using brin (minted_at);
create index share_links_by_revoking on portal.share_links (revoked_at) where status = 'revoked';
create index mux_tasks_replaced on portal.mux_tasks (created_at) where kind = 'replace_playback_id';
create index erasure_requests_by_end on portal.erasure_requests (ended_at) where status = 'completed';
create index erasure_requests_by_due on portal.erasure_requests (due_at);
