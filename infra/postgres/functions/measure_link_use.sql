-- What is unusual in the use of share links, across tenants: the most, and no more than 100 of each. Asked by a timer of the platform,
-- which learns ids, hashes and numbers.
--   address   one address was given or refused more than p_links share links since p_addresses_since; subject is the beginning of its hash
--   link      one link gave playback to more than p_addresses addresses since p_links_since; subject is its id
-- p_probe_link, p_probe_viewer: the link and the viewer's hash of the synthetic probe, which asks from the address of whichever instance
-- runs it; null without one.
-- Guests who are asked for a passphrase or a session leave no row and do not count. Each tenant's newest rows are found by
-- playback_audit_by_tenant and audit_log_by_action or audit_log_by_tenant, whatever the age of the tables.
drop function if exists portal.measure_link_use(timestamp with time zone,integer,timestamp with time zone,integer);
create or replace function portal.measure_link_use(
    p_addresses_since timestamptz, p_links integer, p_links_since timestamptz, p_addresses integer, p_probe_link uuid default null,
    p_probe_viewer bytea default null)
    returns table (what text, subject text, tenant_id uuid, number bigint)
    language sql stable security definer
    set search_path = portal, pg_temp
    -- The planner cannot know how short the times are, and would compile for longer than it reads.
    set jit = off
as $$
    (select 'address', left(a.address, 16), null::uuid, count(distinct a.share_link_id)
       from portal.tenants t
      cross join lateral (
            select encode(p.ip_hash, 'hex') as address, p.share_link_id
              from portal.playback_audit p
             where p.tenant_id = t.id and p.minted_at > p_addresses_since and p.share_link_id is not null
             union all
            select l.new_value ->> 'ipHash', l.entity_id
              from portal.audit_log l
             where l.tenant_id = t.id and l.action = 'share_link_refused' and l.occurred_at > p_addresses_since) a
      group by a.address having count(distinct a.share_link_id) > p_links
      order by 4 desc, 2 limit 100)
    union all
    (select 'link', p.share_link_id::text, t.id, count(distinct p.ip_hash)
       from portal.tenants t
      cross join lateral (
            select p.share_link_id, p.ip_hash
              from portal.playback_audit p
             where p.tenant_id = t.id and p.minted_at > p_links_since and p.share_link_id is not null
               and not coalesce(p.viewer_id = (
                   select w.id from portal.share_viewers w
                    where w.share_link_id = p_probe_link and w.viewer_hash = p_probe_viewer), false)) p
      group by t.id, p.share_link_id having count(distinct p.ip_hash) > p_addresses
      order by 4 desc, 2 limit 100)
$$;

revoke all on function portal.measure_link_use(timestamptz, integer, timestamptz, integer, uuid, bytea) from public;
grant execute on function portal.measure_link_use(timestamptz, integer, timestamptz, integer, uuid, bytea) to portal_system;
