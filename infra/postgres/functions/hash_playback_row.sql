-- Hash and place in the chain are the table's to say, not the writer's. The first word keeps a row of the audit log from passing for one
-- of these.
create or replace function portal.hash_playback_row() returns trigger
    language plpgsql
    set search_path = pg_catalog, pg_temp
as $$
begin
    new.written_in := pg_current_xact_id()::text::bigint + portal.xid_offset();
    new.row_hash := sha256(convert_to(jsonb_build_array(
        'playback', new.id, new.tenant_id, new.asset_version_id, new.share_link_id, new.viewer_id, new.user_id, encode(new.ip_hash, 'hex'),
        new.agent_family, new.request_id,
        to_char(new.minted_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'),
        to_char(new.token_expires_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'))::text, 'UTF8'));
    return new;
end
$$;

create or replace trigger playback_audit_hash before insert on portal.playback_audit
    for each row execute function portal.hash_playback_row();
