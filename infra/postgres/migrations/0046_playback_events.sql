-- How playback went, as players say it: that one started, failed or ended, with figures. A row names a video and no person: no viewer, no
-- user, no share link, no address, and the minute alone, so that nobody has to be asked and nothing tells who watched (decision 0034).
-- Kept for 35 days, a little longer than objectives look back.
create table portal.playback_events (
    tenant_id            uuid not null references portal.tenants (id),
    -- Made by the player for each playback, and kept nowhere else.
    playback_session_id  uuid not null,
    type                 text not null check (type in ('started', 'failed', 'ended')),
    asset_version_id     uuid not null,
    watched_through      text not null check (watched_through in ('portal', 'share_link')),
    agent_family         text not null check (
        agent_family in ('Chrome', 'Edge', 'Firefox', 'Safari', 'curl', 'robot', 'other', 'unknown')),
    startup_ms           integer check (startup_ms between 0 and 600000),
    rebuffers            integer check (rebuffers between 0 and 10000),
    rebuffer_ms          integer check (rebuffer_ms between 0 and 86400000),
    error_code           text check (error_code in ('network', 'media', 'refused', 'unsupported', 'other')),
    minute               timestamptz not null check (extract(epoch from minute)::bigint % 60 = 0),
    -- One of each kind of a playback: what a browser sends twice counts once.
    primary key (tenant_id, playback_session_id, type),
    foreign key (tenant_id, asset_version_id) references portal.asset_versions (tenant_id, id),
    check ((type = 'started') = (startup_ms is not null)),
    check ((type = 'failed') = (error_code is not null)),
    check ((type = 'ended') = (rebuffers is not null)),
    check ((rebuffers is null) = (rebuffer_ms is null)),
    check (rebuffers > 0 or rebuffer_ms = 0)
);
create index playback_events_by_minute on portal.playback_events (minute, type);
create index playback_events_by_version on portal.playback_events (tenant_id, asset_version_id);
alter table portal.playback_events enable row level security;
create policy own_tenant on portal.playback_events to portal_app
    using (tenant_id = (select portal.current_tenant())) with check (tenant_id = (select portal.current_tenant()));
create policy all_tenants on portal.playback_events to portal_system using (true) with check (true);
grant select, insert on portal.playback_events to portal_app;
grant select, delete on portal.playback_events to portal_system;
