-- Puts what Mux says it delivered on a day, by its own ids of assets and by tier (null: of no tier), in the place of what it said before.
-- What a file of Mux says of a version stays (replace_exported.sql). How many seconds are of assets that no version knows. Called by a
-- timer of the platform, which may not read videos.
create or replace function portal.replace_delivered(p_day date, p_assets text[], p_tiers text[], p_seconds double precision[])
    returns numeric
    language plpgsql security definer
    set search_path = portal, pg_temp
as $$
declare
    v_said numeric;
    v_kept numeric;
begin
    delete from portal.usage_days where day = p_day and metric = 'delivered' and source = 'portal';
    select coalesce(sum(round(s.seconds::numeric, 6)), 0) into v_said
      from unnest(p_assets, p_tiers, p_seconds) as s (asset, tier, seconds);
    with kept as (
        insert into portal.usage_days (
               tenant_id, day, metric, tier, project_id, asset_id, asset_version_id, quantity, replaced)
        select v.tenant_id, p_day, 'delivered', s.tier, a.project_id, v.asset_id, v.id, round(s.seconds::numeric, 6), exists (
               select 1 from portal.usage_days e
                where e.tenant_id = v.tenant_id and e.day = p_day and e.metric = 'delivered' and e.asset_version_id = v.id
                  and e.source = 'mux_export')
          from unnest(p_assets, p_tiers, p_seconds) as s (asset, tier, seconds)
          join portal.asset_versions v on v.mux_asset_id = s.asset
          join portal.assets a on a.tenant_id = v.tenant_id and a.id = v.asset_id
         where round(s.seconds::numeric, 6) > 0
        returning quantity)
    select coalesce(sum(k.quantity), 0) into v_kept from kept k;
    return v_said - v_kept;
end
$$;

revoke all on function portal.replace_delivered(date,text[],text[],double precision[]) from public;
grant execute on function portal.replace_delivered(date,text[],text[],double precision[]) to portal_system;
