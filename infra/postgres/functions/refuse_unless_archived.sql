-- A row leaves the log only when a verified file has the seal that holds that very row.
create or replace function portal.refuse_unless_archived() returns trigger
    language plpgsql
    set search_path = portal, pg_temp
as $$
begin
    if not exists (
        select 1 from (select y.number, y.row_hashes, position(uuid_send(old.id) in y.row_ids) as place from portal.audit_seals y
                        where y.tenant_id = old.tenant_id and (y.last_written_in, y.last_row_id) >= (old.written_in, old.id)
                        order by y.last_written_in, y.last_row_id limit 1) s
          join portal.audit_archives f on f.tenant_id = old.tenant_id and s.number between f.first_seal and f.last_seal
         where f.verified_at is not null and s.place > 0
           and substring(s.row_hashes from (s.place - 1) * 2 + 1 for 32) = old.row_hash) then
        raise exception '% is append-only', tg_table_name using errcode = 'insufficient_privilege';
    end if;
    return old;
end
$$;
