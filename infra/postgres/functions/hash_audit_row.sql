-- Hash and place in the chain are the table's to say, not the writer's.
create or replace function portal.hash_audit_row() returns trigger
    language plpgsql
    set search_path = pg_catalog, pg_temp
as $$
begin
    new.written_in := pg_current_xact_id()::text::bigint + portal.xid_offset();
    new.row_hash := sha256(convert_to(jsonb_build_array(
        new.id, new.tenant_id, new.actor_kind, new.actor_id, new.impersonator_id, new.action, new.entity_type,
        new.entity_id, new.old_value, new.new_value, new.request_id,
        to_char(new.occurred_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'))::text, 'UTF8'));
    return new;
end
$$;
