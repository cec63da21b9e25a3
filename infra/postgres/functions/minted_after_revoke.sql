-- The daily check that nothing revoked is playable: tokens that were made after their link had been revoked. There must be none.
create or replace function portal.minted_after_revoke(p_since timestamptz, p_limit integer)
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

revoke all on function portal.minted_after_revoke(timestamp with time zone,integer) from public;
grant execute on function portal.minted_after_revoke(timestamp with time zone,integer) to portal_system;
