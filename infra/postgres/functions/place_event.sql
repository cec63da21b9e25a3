-- An event's place among changes, the table's to say and not the writer's: a number that is above the number of every transaction that
-- could still write an event before it. The snapshot is of this moment, after the writer got hold of the aggregate's row: whoever had it
-- before has ended, and its events have numbers that are no higher.
create or replace function portal.place_event() returns trigger
    language plpgsql
    set search_path = pg_catalog, pg_temp
as $$
begin
    new.safe_from := greatest(
        pg_snapshot_xmax(pg_current_snapshot())::text::bigint, pg_current_xact_id()::text::bigint + 1) + portal.xid_offset();
    return new;
end
$$;

-- Called by other functions only.
revoke all on function portal.place_event from public;

create or replace trigger events_place before insert on portal.events for each row execute function portal.place_event();
