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

-- Retention. The timer goes from tenant to tenant as portal_system, knows of a tenant only its numbers, and of most rows only their age.
create policy timers on portal.tenants for select to portal_system using (true);
grant select (id, status, time_zone, created_at, keep_notification_days, keep_upload_job_days, keep_active_video_days,
              keep_inactive_video_days, keep_raw_analytics_days) on portal.tenants to portal_system;

create policy retention on portal.notifications to portal_system using (true);
create policy retention on portal.idempotency_keys to portal_system using (true);
create policy retention on portal.share_unlocks to portal_system using (true);
create policy retention on portal.digests to portal_system using (true);
grant select (id, tenant_id, user_id, read_at, created_at), delete on portal.notifications to portal_system;
grant select (tenant_id, actor_id, key, created_at), delete on portal.idempotency_keys to portal_system;
grant select (tenant_id, share_link_id, unlock_hash, created_at), delete on portal.share_unlocks to portal_system;
grant select (tenant_id, user_id, day), delete on portal.digests to portal_system;
grant delete on portal.upload_jobs, portal.upload_attempts, portal.webhook_inbox to portal_system;
create index notifications_by_age on portal.notifications (tenant_id, created_at);
create index idempotency_keys_old on portal.idempotency_keys (created_at);
create index upload_jobs_over on portal.upload_jobs (tenant_id, updated_at) where status in ('ready', 'failed', 'timed_out', 'cancelled');

-- Videos: archived when they are too old, purged at Mux a while after.
alter table portal.asset_versions
    add column archived_at timestamptz,
    add column purged_at timestamptz,
    add constraint asset_versions_purged_is_archived check (purged_at is null or status = 'archived');
update portal.asset_versions set archived_at = updated_at where status = 'archived';
create index asset_versions_by_age on portal.asset_versions (tenant_id, created_at) where status in ('ready', 'failed', 'cancelled');
create index asset_versions_to_purge on portal.asset_versions (tenant_id, archived_at) where status = 'archived' and purged_at is null;

-- ready, failed, cancelled → archived, for versions past their tenant's retention: older than the long number of days; or than the
-- short one, when who made the asset is gone or has left no trace in the audit log since p_acted_since. What an active link plays stays
-- until the link ends. First the asset rows are held, as everybody does who makes a link; only then it is looked at who links.
create function portal.archive_old_versions(
    p_tenant uuid, p_active_before timestamptz, p_inactive_before timestamptz, p_acted_since timestamptz, p_now timestamptz, p_limit integer)
    returns table (version_id uuid, asset_id uuid, project_id uuid, version_number integer, status text)
    language plpgsql security definer
    set search_path = portal, pg_temp
as $$
#variable_conflict use_column
declare
    v_ids uuid[];
begin
    select array_agg(held.id) into v_ids
      from (select v.id
              from portal.asset_versions v
              join portal.assets a on a.tenant_id = v.tenant_id and a.id = v.asset_id
             where v.tenant_id = p_tenant and v.status in ('ready', 'failed', 'cancelled') and v.created_at < p_inactive_before
               and (v.created_at < p_active_before or not exists (
                       select 1 from portal.users u
                        where u.tenant_id = p_tenant and u.id = a.created_by and u.status = 'active'
                          and exists (select 1 from portal.audit_log l
                                       where l.tenant_id = p_tenant and l.actor_id = u.id::text and l.actor_kind = 'user' and l.occurred_at >= p_acted_since)))
               and not exists (
                       select 1 from portal.share_links s
                        where s.tenant_id = p_tenant and s.asset_id = v.asset_id and s.status = 'active' and s.expires_at > p_now
                          and coalesce(s.asset_version_id, v.id) = v.id)
             order by v.created_at limit p_limit
               for update of a skip locked) held;
    return query
        with was as (select v.id, v.status from portal.asset_versions v where v.tenant_id = p_tenant and v.id = any (v_ids))
        update portal.asset_versions v set status = 'archived', archived_at = p_now, updated_at = p_now
          from was, portal.assets a
         where v.tenant_id = p_tenant and v.id = was.id and v.status in ('ready', 'failed', 'cancelled')
           and a.tenant_id = p_tenant and a.id = v.asset_id
           and not exists (
                   select 1 from portal.share_links s
                    where s.tenant_id = p_tenant and s.asset_id = v.asset_id and s.status = 'active' and s.expires_at > p_now
                      and coalesce(s.asset_version_id, v.id) = v.id)
        returning v.id, v.asset_id, a.project_id, v.number, was.status;
end
$$;
revoke all on function portal.archive_old_versions(uuid, timestamptz, timestamptz, timestamptz, timestamptz, integer) from public;
grant execute on function portal.archive_old_versions(uuid, timestamptz, timestamptz, timestamptz, timestamptz, integer) to portal_system;

-- The audit log's archive: rows after 365 days, exactly as they were, never dropped. Only what is sealed moves, in the order of the chain
-- and seal by seal, so that archive and log read one after the other are the chain; the seals stay where they are.
create table portal.audit_archive (
    id              uuid primary key,
    tenant_id       uuid not null references portal.tenants (id),
    actor_kind      text not null,
    actor_id        text,
    impersonator_id text,
    action          text not null,
    entity_type     text not null,
    entity_id       uuid not null,
    old_value       jsonb,
    new_value       jsonb,
    request_id      text,
    occurred_at     timestamptz not null,
    row_hash        bytea not null,
    written_in      bigint not null
);
create index audit_archive_by_write on portal.audit_archive (tenant_id, written_in, id);
create trigger audit_archive_append_only before update or delete on portal.audit_archive
    for each row execute function portal.refuse_change();
create trigger audit_archive_no_truncate before truncate on portal.audit_archive
    for each statement execute function portal.refuse_change();

-- A row leaves the log only when the archive has the same row.
create function portal.refuse_unless_archived() returns trigger
    language plpgsql
    set search_path = portal, pg_temp
as $$
begin
    if not exists (select 1 from portal.audit_archive a
                    where a.id = old.id and a.tenant_id = old.tenant_id and a.row_hash = old.row_hash and a.written_in = old.written_in) then
        raise exception '% is append-only', tg_table_name using errcode = 'insufficient_privilege';
    end if;
    return old;
end
$$;
drop trigger audit_log_append_only on portal.audit_log;
create trigger audit_log_append_only before update on portal.audit_log
    for each row execute function portal.refuse_change();
create trigger audit_log_leaves_for_archive before delete on portal.audit_log
    for each row execute function portal.refuse_unless_archived();

-- The last seal of the run of seals whose rows are all from before then; null: none.
create function portal.last_seal_before(p_tenant uuid, p_before timestamptz) returns bigint
    language sql stable security definer
    set search_path = portal, pg_temp
begin atomic
    select max(s.number) from portal.audit_seals s
     where s.tenant_id = p_tenant and s.last_at < p_before
       and s.number < coalesce((select min(y.number) from portal.audit_seals y where y.tenant_id = p_tenant and y.last_at >= p_before),
                               9223372036854775807);
end;
revoke all on function portal.last_seal_before(uuid, timestamptz) from public;
grant execute on function portal.last_seal_before(uuid, timestamptz) to portal_system;

-- Moves rows of seals up to that one, at most so many; how many. The owner does it: no role may delete from the log.
create function portal.archive_audit(p_tenant uuid, p_through bigint, p_limit integer) returns integer
    language plpgsql security definer
    set search_path = portal, pg_temp
as $$
declare
    v_seal portal.audit_seals;
    v_ids  uuid[];
begin
    perform pg_advisory_xact_lock(hashtextextended('portal.archive_audit', 0));
    select s.* into v_seal from portal.audit_seals s where s.tenant_id = p_tenant and s.number = p_through;
    if not found then
        return 0;
    end if;
    with moved as (
        insert into portal.audit_archive
        select r.id, r.tenant_id, r.actor_kind, r.actor_id, r.impersonator_id, r.action, r.entity_type, r.entity_id, r.old_value, r.new_value,
               r.request_id, r.occurred_at, r.row_hash, r.written_in
          from portal.audit_log r
         where r.tenant_id = p_tenant and (r.written_in, r.id) <= (v_seal.last_written_in, v_seal.last_row_id)
         order by r.written_in, r.id limit p_limit
        returning id)
    select array_agg(m.id) into v_ids from moved m;
    delete from portal.audit_log r where r.tenant_id = p_tenant and r.id = any (v_ids);
    return coalesce(cardinality(v_ids), 0);
end
$$;
revoke all on function portal.archive_audit(uuid, bigint, integer) from public;
grant execute on function portal.archive_audit(uuid, bigint, integer) to portal_system;

-- Likewise the playback audit, by age: it has no chain.
create table portal.playback_archive (
    id              uuid primary key,
    tenant_id       uuid not null references portal.tenants (id),
    asset_version_id uuid not null,
    share_link_id   uuid,
    viewer_id       uuid,
    user_id         uuid,
    ip_hash         bytea not null,
    agent_family    text not null,
    request_id      text,
    minted_at       timestamptz not null,
    token_expires_at timestamptz not null
);
create index playback_archive_by_tenant on portal.playback_archive (tenant_id, minted_at desc, id desc);
create trigger playback_archive_append_only before update or delete on portal.playback_archive
    for each row execute function portal.refuse_change();
create trigger playback_archive_no_truncate before truncate on portal.playback_archive
    for each statement execute function portal.refuse_change();

create function portal.refuse_unless_playback_archived() returns trigger
    language plpgsql
    set search_path = portal, pg_temp
as $$
begin
    if not exists (select 1 from portal.playback_archive a where a.id = old.id and a.tenant_id = old.tenant_id and a.minted_at = old.minted_at) then
        raise exception '% is append-only', tg_table_name using errcode = 'insufficient_privilege';
    end if;
    return old;
end
$$;
drop trigger playback_audit_append_only on portal.playback_audit;
create trigger playback_audit_append_only before update on portal.playback_audit
    for each row execute function portal.refuse_change();
create trigger playback_audit_leaves_for_archive before delete on portal.playback_audit
    for each row execute function portal.refuse_unless_playback_archived();

create function portal.archive_playback(p_tenant uuid, p_before timestamptz, p_limit integer) returns integer
    language plpgsql security definer
    set search_path = portal, pg_temp
as $$
declare
    v_ids uuid[];
begin
    perform pg_advisory_xact_lock(hashtextextended('portal.archive_playback', 0));
    with moved as (
        insert into portal.playback_archive
        select p.id, p.tenant_id, p.asset_version_id, p.share_link_id, p.viewer_id, p.user_id, p.ip_hash, p.agent_family, p.request_id,
               p.minted_at, p.token_expires_at
          from portal.playback_audit p
         where p.tenant_id = p_tenant and p.minted_at < p_before order by p.minted_at, p.id limit p_limit
        returning id)
    select array_agg(m.id) into v_ids from moved m;
    delete from portal.playback_audit p where p.tenant_id = p_tenant and p.id = any (v_ids);
    return coalesce(cardinality(v_ids), 0);
end
$$;
revoke all on function portal.archive_playback(uuid, timestamptz, integer) from public;
grant execute on function portal.archive_playback(uuid, timestamptz, integer) to portal_system;

alter table portal.audit_archive enable row level security;
alter table portal.playback_archive enable row level security;
create policy own_tenant on portal.audit_archive to portal_app
    using (tenant_id = (select portal.current_tenant())) with check (tenant_id = (select portal.current_tenant()));
create policy own_tenant on portal.playback_archive to portal_app
    using (tenant_id = (select portal.current_tenant())) with check (tenant_id = (select portal.current_tenant()));
grant select on portal.audit_archive, portal.playback_archive to portal_app;

-- Analytics by hour, day and month (UTC). Each raw row is added to all three once: the mark and the sums are of one transaction. Nothing
-- is ever summed up again from rows that may be pruned, so a late event is an addition like any other.
alter table portal.analytics_raw add column rolled_up boolean not null default false;
create index analytics_raw_new on portal.analytics_raw (recorded_at) where not rolled_up;
create index analytics_raw_by_age on portal.analytics_raw (tenant_id, recorded_at) where rolled_up;
grant update (rolled_up) on portal.analytics_raw to portal_system;

create table portal.analytics_rollups (
    tenant_id       uuid not null references portal.tenants (id),
    grain           text not null check (grain in ('hour', 'day', 'month')),
    bucket_start    timestamptz not null,
    metric          text not null check (length(metric) between 1 and 50),
    project_id      uuid,
    events          bigint not null,
    amount          double precision not null,
    unique nulls not distinct (tenant_id, grain, bucket_start, metric, project_id)
);
create index analytics_rollups_by_age on portal.analytics_rollups (bucket_start) where grain in ('hour', 'day');
alter table portal.analytics_rollups enable row level security;
create policy own_tenant on portal.analytics_rollups to portal_app
    using (tenant_id = (select portal.current_tenant())) with check (tenant_id = (select portal.current_tenant()));
create policy all_tenants on portal.analytics_rollups to portal_system using (true) with check (true);
-- Insert and delete: made again from the events (shared/Events/RebuildReadModels.cs), which holds the raw rows that are not added yet.
grant select, insert, delete on portal.analytics_rollups to portal_app;
grant update (rolled_up) on portal.analytics_raw to portal_app;
grant select, insert, update, delete on portal.analytics_rollups to portal_system;

-- Weekly evidence of where data is. One for a tenant and ISO week, never changed: the hashes are in the audit log.
create table portal.residency_reports (
    id              uuid primary key,
    tenant_id       uuid not null references portal.tenants (id),
    week            text not null check (week ~ '^\d{4}-W\d{2}$'),
    period_start    timestamptz not null,
    period_end      timestamptz not null,
    json            text not null check (length(json) <= 1048576),
    html            text not null check (length(html) <= 1048576),
    json_sha256     bytea not null check (length(json_sha256) = 32),
    html_sha256     bytea not null check (length(html_sha256) = 32),
    created_at      timestamptz not null,
    unique (tenant_id, week)
);
create index residency_reports_by_tenant on portal.residency_reports (tenant_id, created_at desc, id desc);
create trigger residency_reports_append_only before update or delete on portal.residency_reports
    for each row execute function portal.refuse_change();
alter table portal.residency_reports enable row level security;
create policy own_tenant on portal.residency_reports to portal_app
    using (tenant_id = (select portal.current_tenant())) with check (tenant_id = (select portal.current_tenant()));
-- The timer asks across tenants which of them lack the report of a week, and makes it as portal_app of the tenant.
create policy timers on portal.residency_reports for select to portal_system using (true);
grant select, insert on portal.residency_reports to portal_app;
grant select (tenant_id, week) on portal.residency_reports to portal_system;

-- The daily check that nothing revoked is playable: tokens that were made after their link had been revoked. There must be none.
create function portal.minted_after_revoke(p_since timestamptz, p_limit integer)
    returns table (tenant_id uuid, share_link_id uuid, tokens bigint, last_minted_at timestamptz)
    language sql stable security definer
    set search_path = portal, pg_temp
begin atomic
    select l.tenant_id, l.id, count(*), max(p.minted_at)
      from portal.share_links l
      join portal.playback_audit p on p.tenant_id = l.tenant_id and p.share_link_id = l.id and p.minted_at > l.revoked_at
     where l.status = 'revoked' and p.minted_at >= p_since
     group by l.tenant_id, l.id limit p_limit;
end;
revoke all on function portal.minted_after_revoke(timestamptz, integer) from public;
grant execute on function portal.minted_after_revoke(timestamptz, integer) to portal_system;
create index share_links_revoked on portal.share_links (tenant_id, id) where status = 'revoked';
