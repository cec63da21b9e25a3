-- Puts what Mux's file of a day says, by its own ids of assets, in the place of what an earlier file of that day said, and of what was
-- counted here of the versions that it names: that stays, and is counted no more. A row is for an asset, a metric and a tier (null: the
-- version's own); of each asset one says what was delivered, also nothing. How many assets no version knows: of other environments, or of
-- tenants that have gone. Called by a timer of the platform, which may not read videos.
create or replace function portal.replace_exported(p_day date, p_assets text[], p_metrics text[], p_tiers text[], p_seconds numeric[])
    returns integer
    language plpgsql security definer
    set search_path = portal, pg_temp
as $$
declare
    v_known integer;
begin
    delete from portal.usage_days where day = p_day and source = 'mux_export';
    with kept as (
        insert into portal.usage_days (
               tenant_id, day, metric, tier, project_id, asset_id, asset_version_id, quantity, source)
        select v.tenant_id, p_day, s.metric, t.tier, a.project_id, v.asset_id, v.id, sum(round(s.seconds, 6)), 'mux_export'
          from unnest(p_assets, p_metrics, p_tiers, p_seconds) as s (asset, metric, tier, seconds)
          join portal.asset_versions v on v.mux_asset_id = s.asset
          join portal.assets a on a.tenant_id = v.tenant_id and a.id = v.asset_id
         cross join lateral (select case when s.metric = 'delivered' then s.tier
                                         else coalesce(s.tier, portal.version_tier(v.resolution_tier, v.width, v.height)) end as tier) t
         group by v.tenant_id, s.metric, t.tier, a.project_id, v.asset_id, v.id
        having sum(round(s.seconds, 6)) > 0 or (s.metric = 'delivered' and t.tier is null)
        returning asset_version_id)
    select count(distinct k.asset_version_id) into v_known from kept k;
    update portal.usage_days u set replaced = not u.replaced
     where u.day = p_day and u.source = 'portal' and u.metric in ('encoded', 'stored', 'delivered')
       and u.replaced <> exists (
           select 1 from portal.usage_days e
            where e.tenant_id = u.tenant_id and e.day = p_day and e.metric = 'delivered' and e.asset_version_id = u.asset_version_id
              and e.source = 'mux_export');
    return (select count(distinct s.asset)::integer from unnest(p_assets) as s (asset)) - v_known;
end
$$;

revoke all on function portal.replace_exported(date,text[],text[],text[],numeric[]) from public;
grant execute on function portal.replace_exported(date,text[],text[],text[],numeric[]) to portal_system;
