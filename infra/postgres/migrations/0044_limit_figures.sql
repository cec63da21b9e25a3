-- How many requests each limit has refused in a minute, or would have where it is only observed. All instances of the app add to the same
-- rows, and only for what is over a limit. Kept for two days: on-call looks at an hour and a day.
create table portal.limit_figures (
    minute      timestamptz not null check (extract(epoch from minute)::bigint % 60 = 0),
    limit_name  text not null check (limit_name in ('user', 'tenant', 'playback', 'uploads', 'audit_reads', 'failed_attempts')),
    -- Whose: the id of a person or a tenant, or the first 16 characters of a keyed hash; 'others' is all that are not named.
    key         text not null check (length(key) between 1 and 64),
    mode        text not null check (mode in ('enforce', 'observe')),
    times       bigint not null check (times > 0),
    primary key (minute, limit_name, key, mode)
);
alter table portal.limit_figures enable row level security;
create policy platform on portal.limit_figures to portal_system using (true) with check (true);
grant select, insert, update, delete on portal.limit_figures to portal_system;
