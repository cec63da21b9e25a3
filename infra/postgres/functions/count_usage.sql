-- Counts what our own rows say was used on a day (UTC), for every tenant; called once a day by a timer of the platform, which may not read
-- videos. A video lies at Mux from when it was ready until its deletion; an original from when its bytes had arrived, and one that has
-- gone since is not known any more. How many rows.
create or replace function portal.count_usage(p_day date) returns integer
    language sql security definer
    set search_path = portal, pg_temp
as $$
    with day as (
        select p_day::timestamp at time zone 'UTC' as start, (p_day + 1)::timestamp at time zone 'UTC' as until),
    videos as (
        select v.tenant_id, a.project_id, v.asset_id, v.id, v.size_bytes, v.duration_s, v.purged_at, j.ready_at,
               portal.version_tier(v.resolution_tier, v.width, v.height) as tier,
               coalesce(j.ready_at, v.created_at) as since,
               case when j.blob_url is not null then coalesce(j.bytes_at, j.created_at) end as original_since, d.start, d.until
          from day d
          join portal.asset_versions v on v.created_at < d.until
          join portal.assets a on a.tenant_id = v.tenant_id and a.id = v.asset_id
          left join portal.upload_jobs j on j.tenant_id = v.tenant_id and j.asset_version_id = v.id),
    used as (
        select v.tenant_id, 'encoded' as metric, v.tier, v.project_id, v.asset_id, v.id, v.duration_s::numeric as quantity
          from videos v where v.duration_s is not null and v.ready_at >= v.start and v.ready_at < v.until
        union all
        select v.tenant_id, 'stored', v.tier, v.project_id, v.asset_id, v.id,
               v.duration_s::numeric * extract(epoch from least(v.purged_at, v.until) - greatest(v.since, v.start)) / 86400
          from videos v
         where v.duration_s is not null and v.since < v.until and (v.purged_at is null or v.purged_at > v.start)
        union all
        select v.tenant_id, 'originals', null, v.project_id, v.asset_id, v.id,
               v.size_bytes::numeric * extract(epoch from v.until - greatest(v.original_since, v.start)) / 86400
          from videos v where v.original_since < v.until
        union all
        select m.tenant_id, 'mails', null, null, null, null, count(*)::numeric
          from day d
          join portal.deliveries m on m.channel = 'email' and m.status = 'sent' and m.done_at >= d.start and m.done_at < d.until
         group by m.tenant_id),
    kept as (
        insert into portal.usage_days (tenant_id, day, metric, tier, project_id, asset_id, asset_version_id, quantity)
        select u.tenant_id, p_day, u.metric, u.tier, u.project_id, u.asset_id, u.id, round(u.quantity, 6) from used u
         where round(u.quantity, 6) > 0
        returning 1)
    select count(*)::integer from kept
$$;

revoke all on function portal.count_usage(date) from public;
grant execute on function portal.count_usage(date) to portal_system;
