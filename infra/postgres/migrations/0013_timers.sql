-- What timers leave behind: a record of each run, and what retention, roll-ups and reports write.

-- Runs of timers, for on-call. A run that found nothing to do replaces the last such run of its timer: otherwise timers of every half
-- minute would bury the others. No end: it is running, or its process died.
create table portal.timer_runs (
    id              uuid primary key,
    timer           text not null check (length(timer) between 1 and 100),
    started_at      timestamptz not null,
    ended_at        timestamptz,
    counts          jsonb not null default '{}' check (jsonb_typeof(counts) = 'object'),
    error           text check (length(error) <= 1000),
    idle            boolean not null default false,
    check (ended_at is not null or (error is null and not idle)),
    check (not (idle and error is not null))
);
create index timer_runs_by_timer on portal.timer_runs (timer, started_at desc, id desc);
create index timer_runs_idle on portal.timer_runs (timer) where idle;
create index timer_runs_failed on portal.timer_runs (timer, started_at desc, id desc) where error is not null;
create index timer_runs_by_age on portal.timer_runs (started_at);
alter table portal.timer_runs enable row level security;
create policy platform on portal.timer_runs to portal_system using (true) with check (true);
grant select, insert, update, delete on portal.timer_runs to portal_system;
