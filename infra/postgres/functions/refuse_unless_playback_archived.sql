-- A row leaves the playback audit only when the archive has the same row.
create or replace function portal.refuse_unless_playback_archived() returns trigger
    language plpgsql
    set search_path = portal, pg_temp
as $$
begin
    if not exists (select 1 from portal.playback_archive a
                    where a.id = old.id and a.tenant_id = old.tenant_id and a.row_hash = old.row_hash and a.written_in = old.written_in)
                       then
        raise exception '% is append-only', tg_table_name using errcode = 'insufficient_privilege';
    end if;
    return old;
end
$$;
