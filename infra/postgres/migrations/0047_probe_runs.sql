-- What came of opening the canary share link through the app's own address, once a minute. The minute is claimed before the link is asked,
-- so that of several instances one asks; a row without an outcome is of one that asks now, or died meanwhile. A row names no link and
-- nobody, and holds no text that somebody else wrote. Kept for a week.
create table portal.probe_runs (
    minute      timestamptz primary key check (extract(epoch from minute)::bigint % 60 = 0),
    started_at  timestamptz not null,
    outcome     text check (outcome in ('played', 'no_link', 'refused', 'failed', 'unreachable', 'timed_out', 'unreadable')),
    -- Where it ended: when the link was opened, or when the playlist was fetched.
    step        text check (step in ('open', 'playlist')),
    -- What was answered there.
    status      integer check (status between 100 and 599),
    took_ms     integer check (took_ms >= 0),
    check ((outcome is null) = (took_ms is null)),
    check ((step is null) = (outcome is null or outcome in ('played', 'no_link'))),
    check (status is null or outcome in ('refused', 'failed'))
);
alter table portal.probe_runs enable row level security;
create policy platform on portal.probe_runs to portal_system using (true) with check (true);
grant select, insert, update, delete on portal.probe_runs to portal_system;
