-- Whether retention takes a version that is in use: it was uploaded or last kept before the long number of days; or before the short one,
-- when who made the asset is gone or has left no trace in the audit log since p_acted_since. What an active link plays is not old until
-- the link ends, nor what a legal hold covers.
create or replace function portal.version_is_old(
    v portal.asset_versions, a portal.assets, p_active_before timestamptz, p_inactive_before timestamptz, p_acted_since timestamptz,
    p_now timestamptz) returns boolean
    language sql stable security definer
    set search_path = portal, pg_temp
as $$
    select v.status in ('ready', 'failed', 'cancelled') and greatest(v.created_at, v.kept_at) < p_inactive_before
       and (greatest(v.created_at, v.kept_at) < p_active_before or not exists (
               select 1 from portal.users u
                where u.tenant_id = v.tenant_id and u.id = a.created_by and u.status = 'active'
                  and exists (select 1 from portal.audit_log l
                               where l.tenant_id = v.tenant_id and l.actor_id = u.id::text and l.actor_kind = 'user'
                                  and l.occurred_at >= p_acted_since)))
       and not exists (
               select 1 from portal.share_links s
                where s.tenant_id = v.tenant_id and s.asset_id = v.asset_id and s.status = 'active' and s.expires_at > p_now
                  and coalesce(s.asset_version_id, v.id) = v.id)
       and not portal.is_held(v.tenant_id, null, v.asset_id, null)
$$;

revoke all on function portal.version_is_old(portal.asset_versions,portal.assets,timestamptz,timestamptz,timestamptz,timestamptz)
    from public;
