-- Moves rows that were minted before that moment and are sealed, at most so many; how many.
create or replace function portal.archive_playback(p_tenant uuid, p_before timestamptz, p_limit integer) returns integer
    language plpgsql security definer
    set search_path = portal, pg_temp
as $$
declare
    v_seal record;
    v_ids  uuid[];
begin
    perform pg_advisory_xact_lock(hashtextextended('portal.archive_playback', 0));
    select s.last_written_in, s.last_row_id into v_seal from portal.audit_seals s
     where s.tenant_id = p_tenant order by s.number desc limit 1;
    if not found then
        return 0;
    end if;
    with moved as (
        insert into portal.playback_archive
        select p.id, p.tenant_id, p.asset_version_id, p.share_link_id, p.viewer_id, p.user_id, p.ip_hash, p.agent_family, p.request_id,
               p.minted_at, p.token_expires_at, p.written_in, p.row_hash
          from portal.playback_audit p
         where p.tenant_id = p_tenant and p.minted_at < p_before
           and (p.written_in, p.id) <= (v_seal.last_written_in, v_seal.last_row_id)
         order by p.minted_at, p.id limit p_limit
        returning id)
    select array_agg(m.id) into v_ids from moved m;
    delete from portal.playback_audit p where p.tenant_id = p_tenant and p.id = any (v_ids);
    return coalesce(cardinality(v_ids), 0);
end
$$;

revoke all on function portal.archive_playback(uuid,timestamp with time zone,integer) from public;
grant execute on function portal.archive_playback(uuid,timestamp with time zone,integer) to portal_system;
