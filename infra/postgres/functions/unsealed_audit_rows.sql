-- What is to be sealed next, tenant by tenant in the order of the chain, rows of the audit log and of the playback audit: ids and hashes,
-- no content. One statement is one snapshot: the horizon and the rows below it belong together.
create or replace function portal.unsealed_audit_rows(p_limit integer)
    returns table (tenant_id uuid, last_number bigint, last_seal bytea, row_id uuid, row_hash bytea, written_in bigint,
    occurred_at timestamptz)
    language sql stable security definer
    set search_path = portal, pg_temp
begin atomic
    select t.id, coalesce(s.number, 0), coalesce(s.seal, decode(repeat('00', 32), 'hex')), a.id, a.row_hash, a.written_in, a.occurred_at
      from portal.tenants t
      left join lateral (
            select l.number, l.seal, l.last_written_in, l.last_row_id from portal.audit_seals l
             where l.tenant_id = t.id order by l.number desc limit 1) s on true
     cross join lateral (
            select b.id, b.row_hash, b.written_in, b.occurred_at from (
                (select r.id, r.row_hash, r.written_in, r.occurred_at from portal.audit_log r
                  where r.tenant_id = t.id
                    and (r.written_in, r.id) > (coalesce(s.last_written_in, -1),
                       coalesce(s.last_row_id, '00000000-0000-0000-0000-000000000000'))
                    and r.written_in < pg_snapshot_xmin(pg_current_snapshot())::text::bigint + portal.xid_offset()
                  order by r.written_in, r.id limit p_limit)
                union all
                (select p.id, p.row_hash, p.written_in, p.minted_at from portal.playback_audit p
                  where p.tenant_id = t.id
                    and (p.written_in, p.id) > (coalesce(s.last_written_in, -1),
                       coalesce(s.last_row_id, '00000000-0000-0000-0000-000000000000'))
                    and p.written_in < pg_snapshot_xmin(pg_current_snapshot())::text::bigint + portal.xid_offset()
                  order by p.written_in, p.id limit p_limit)) b
             order by b.written_in, b.id limit p_limit) a
     order by t.id, a.written_in, a.id limit p_limit;
end;

revoke all on function portal.unsealed_audit_rows(integer) from public;
grant execute on function portal.unsealed_audit_rows(integer) to portal_system;
