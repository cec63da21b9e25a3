-- Who was given playback is sealed with the audit log: both kinds of rows stand in one chain, in the order (written_in, id).

alter table portal.playback_audit add column written_in bigint, add column row_hash bytea;

-- What was written before is sealed next, as it is now: this transaction's number lies above those of all seals. New rows get theirs from
-- the trigger of functions/hash_playback_row.sql, which says what the hash is over.
alter table portal.playback_audit disable trigger playback_audit_append_only;
update portal.playback_audit p
   set written_in = pg_current_xact_id()::text::bigint + portal.xid_offset(),
       row_hash = sha256(convert_to(jsonb_build_array(
           'playback', p.id, p.tenant_id, p.asset_version_id, p.share_link_id, p.viewer_id, p.user_id, encode(p.ip_hash, 'hex'),
           p.agent_family, p.request_id,
           to_char(p.minted_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'),
           to_char(p.token_expires_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'))::text, 'UTF8'));
alter table portal.playback_audit enable trigger playback_audit_append_only;
alter table portal.playback_audit
    alter column written_in set not null,
    alter column row_hash set not null;

-- Null: moved here before there were seals over these rows.
alter table portal.playback_archive add column written_in bigint, add column row_hash bytea;

create index playback_audit_by_write on portal.playback_audit (tenant_id, written_in, id);
create index playback_archive_by_write on portal.playback_archive (tenant_id, written_in, id) where written_in is not null;
create index playback_archive_by_link on portal.playback_archive (tenant_id, share_link_id, minted_at, id) where share_link_id is not null;
-- Which seal holds a row: the first that does not end before it.
create index audit_seals_by_place on portal.audit_seals (tenant_id, last_written_in, last_row_id);

-- The list of what was played, by link, version, viewer or person.
drop index portal.playback_audit_by_link;
create index playback_audit_by_link on portal.playback_audit (tenant_id, share_link_id, minted_at desc, id desc)
    where share_link_id is not null;
create index playback_audit_by_version on portal.playback_audit (tenant_id, asset_version_id, minted_at desc, id desc);
create index playback_audit_by_viewer on portal.playback_audit (tenant_id, viewer_id, minted_at desc, id desc) where viewer_id is not null;
create index playback_audit_by_user on portal.playback_audit (tenant_id, user_id, minted_at desc, id desc) where user_id is not null;
create index share_viewers_by_user on portal.share_viewers (tenant_id, user_id) where user_id is not null;
create index comments_by_viewer on portal.comments (tenant_id, viewer_id) where viewer_id is not null;
