-- The schema that the migrations make, read from the catalog. Not to be edited:
-- dotnet run --project infra/postgres -- schema > infra/postgres/schema.sql
-- What functions do is in functions/<name>.sql.

-- Roles
create role portal_app nologin;
create role portal_system nologin;

-- Schemas
create schema portal;
grant usage on schema portal to portal_app;
grant usage on schema portal to portal_system;

-- Tables, views, sequences

create table portal.alerts (
    id uuid not null,
    kind text not null,
    dedup_key text not null,
    severity text not null,
    summary text not null,
    details jsonb default '{}'::jsonb not null,
    times bigint default 1 not null,
    first_at timestamp with time zone not null,
    last_at timestamp with time zone not null,
    resolved_at timestamp with time zone,
    incident_id uuid,
    acknowledged_at timestamp with time zone,
    acknowledged_by text,
    resolved_by text,
    constraint alerts_acknowledged_by_check CHECK (((length(acknowledged_by) >= 1) AND (length(acknowledged_by) <= 200))),
    constraint alerts_check CHECK (((acknowledged_at IS NULL) = (acknowledged_by IS NULL))),
    constraint alerts_check1 CHECK (((resolved_by IS NULL) OR (resolved_at IS NOT NULL))),
    constraint alerts_dedup_key_check CHECK (((length(dedup_key) >= 1) AND (length(dedup_key) <= 255))),
    constraint alerts_incident_id_fkey FOREIGN KEY (incident_id) REFERENCES portal.incidents(id) ON DELETE SET NULL,
    constraint alerts_kind_check CHECK (((length(kind) >= 1) AND (length(kind) <= 100))),
    constraint alerts_pkey PRIMARY KEY (id),
    constraint alerts_resolved_by_check CHECK (((length(resolved_by) >= 1) AND (length(resolved_by) <= 200))),
    constraint alerts_severity_check CHECK ((severity = ANY (ARRAY['critical'::text, 'error'::text, 'warning'::text, 'info'::text]))),
    constraint alerts_summary_check CHECK (((length(summary) >= 1) AND (length(summary) <= 1024)))
);
CREATE INDEX alerts_by_incident ON portal.alerts USING btree (incident_id) WHERE (resolved_at IS NULL);
CREATE INDEX alerts_by_kind ON portal.alerts USING btree (kind, first_at DESC, id DESC);
CREATE INDEX alerts_by_time ON portal.alerts USING btree (first_at DESC, id DESC);
CREATE UNIQUE INDEX alerts_open ON portal.alerts USING btree (kind, dedup_key) WHERE (resolved_at IS NULL);
CREATE INDEX alerts_warnings ON portal.alerts USING btree (last_at) WHERE (severity = 'warning'::text);
alter table portal.alerts enable row level security;
create policy platform on portal.alerts as permissive for all to portal_system
    using (true)
    with check (true);
grant insert, select, update on table portal.alerts to portal_system;

create table portal.analytics_raw (
    tenant_id uuid not null,
    event_id uuid not null,
    metric text not null,
    project_id uuid,
    amount double precision default 1 not null,
    occurred_at timestamp with time zone not null,
    recorded_at timestamp with time zone not null,
    rolled_up boolean default false not null,
    constraint analytics_raw_metric_check CHECK (((length(metric) >= 1) AND (length(metric) <= 50))),
    constraint analytics_raw_pkey PRIMARY KEY (event_id, metric),
    constraint analytics_raw_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES portal.tenants(id)
);
CREATE INDEX analytics_raw_by_age ON portal.analytics_raw USING btree (tenant_id, recorded_at) WHERE rolled_up;
CREATE INDEX analytics_raw_by_arrival ON portal.analytics_raw USING btree (recorded_at);
CREATE INDEX analytics_raw_by_time ON portal.analytics_raw USING btree (tenant_id, occurred_at);
CREATE INDEX analytics_raw_new ON portal.analytics_raw USING btree (recorded_at) WHERE (NOT rolled_up);
alter table portal.analytics_raw enable row level security;
create policy all_tenants on portal.analytics_raw as permissive for all to portal_system
    using (true)
    with check (true);
create policy own_tenant on portal.analytics_raw as permissive for all to portal_app
    using ((tenant_id = ( SELECT portal.current_tenant() AS current_tenant)))
    with check ((tenant_id = ( SELECT portal.current_tenant() AS current_tenant)));
grant insert, select on table portal.analytics_raw to portal_app;
grant delete, select on table portal.analytics_raw to portal_system;
grant update (rolled_up) on table portal.analytics_raw to portal_app;
grant update (rolled_up) on table portal.analytics_raw to portal_system;

create table portal.analytics_rollups (
    tenant_id uuid not null,
    grain text not null,
    bucket_start timestamp with time zone not null,
    metric text not null,
    project_id uuid,
    events bigint not null,
    amount double precision not null,
    constraint analytics_rollups_grain_check CHECK ((grain = ANY (ARRAY['hour'::text, 'day'::text, 'month'::text]))),
    constraint analytics_rollups_metric_check CHECK (((length(metric) >= 1) AND (length(metric) <= 50))),
    constraint analytics_rollups_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES portal.tenants(id),
    constraint analytics_rollups_tenant_id_grain_bucket_start_metric_proje_key UNIQUE NULLS NOT DISTINCT (tenant_id, grain, bucket_start, metric, project_id)
);
CREATE INDEX analytics_rollups_by_age ON portal.analytics_rollups USING btree (bucket_start) WHERE (grain = ANY (ARRAY['hour'::text, 'day'::text]));
alter table portal.analytics_rollups enable row level security;
create policy all_tenants on portal.analytics_rollups as permissive for all to portal_system
    using (true)
    with check (true);
create policy own_tenant on portal.analytics_rollups as permissive for all to portal_app
    using ((tenant_id = ( SELECT portal.current_tenant() AS current_tenant)))
    with check ((tenant_id = ( SELECT portal.current_tenant() AS current_tenant)));
grant delete, insert, select on table portal.analytics_rollups to portal_app;
grant delete, insert, select, update on table portal.analytics_rollups to portal_system;

create table portal.asset_versions (
    id uuid not null,
    tenant_id uuid not null,
    asset_id uuid not null,
    number integer not null,
    status text not null,
    file_name text not null,
    size_bytes bigint not null,
    mux_asset_id text,
    playback_id text,
    duration_s double precision,
    aspect_ratio text,
    width integer,
    height integer,
    frame_rate double precision,
    failure_reason text,
    created_at timestamp with time zone not null,
    updated_at timestamp with time zone not null,
    download_name text,
    archived_at timestamp with time zone,
    purged_at timestamp with time zone,
    kept_at timestamp with time zone,
    expiry_warned_at timestamp with time zone,
    resolution_tier text,
    constraint asset_versions_aspect_ratio_check CHECK ((length(aspect_ratio) <= 20)),
    constraint asset_versions_asset_id_number_key UNIQUE (asset_id, number),
    constraint asset_versions_check CHECK (((status <> 'ready'::text) OR ((mux_asset_id IS NOT NULL) AND (playback_id IS NOT NULL)))),
    constraint asset_versions_download_name_check CHECK (((length(download_name) >= 1) AND (length(download_name) <= 100))),
    constraint asset_versions_failure_reason_check CHECK ((length(failure_reason) <= 1000)),
    constraint asset_versions_file_name_check CHECK (((length(file_name) >= 1) AND (length(file_name) <= 255))),
    constraint asset_versions_mux_asset_id_check CHECK ((length(mux_asset_id) <= 200)),
    constraint asset_versions_number_check CHECK ((number >= 1)),
    constraint asset_versions_pkey PRIMARY KEY (id),
    constraint asset_versions_playback_id_check CHECK ((length(playback_id) <= 200)),
    constraint asset_versions_playback_id_key UNIQUE (playback_id),
    constraint asset_versions_purged_is_archived CHECK (((purged_at IS NULL) OR (status = 'archived'::text))),
    constraint asset_versions_resolution_tier_check CHECK ((resolution_tier = ANY (ARRAY['audio_only'::text, '720p'::text, '1080p'::text, '1440p'::text, '2160p'::text]))),
    constraint asset_versions_size_bytes_check CHECK (((size_bytes >= 0) AND (size_bytes <= '1099511627776'::bigint))),
    constraint asset_versions_status_check CHECK ((status = ANY (ARRAY['pending'::text, 'processing'::text, 'ready'::text, 'failed'::text, 'cancelled'::text, 'archived'::text]))),
    constraint asset_versions_tenant_id_asset_id_fkey FOREIGN KEY (tenant_id, asset_id) REFERENCES portal.assets(tenant_id, id),
    constraint asset_versions_tenant_id_id_key UNIQUE (tenant_id, id)
);
CREATE INDEX asset_versions_by_age ON portal.asset_versions USING btree (tenant_id, created_at) WHERE (status = ANY (ARRAY['ready'::text, 'failed'::text, 'cancelled'::text]));
CREATE INDEX asset_versions_by_asset ON portal.asset_versions USING btree (tenant_id, asset_id, number DESC);
CREATE INDEX asset_versions_to_purge ON portal.asset_versions USING btree (tenant_id, archived_at) WHERE ((status = 'archived'::text) AND (purged_at IS NULL));
alter table portal.asset_versions enable row level security;
create policy all_tenants on portal.asset_versions as permissive for all to portal_system
    using (true)
    with check (true);
create policy own_tenant on portal.asset_versions as permissive for all to portal_app
    using ((tenant_id = ( SELECT portal.current_tenant() AS current_tenant)))
    with check ((tenant_id = ( SELECT portal.current_tenant() AS current_tenant)));
grant insert, select, update on table portal.asset_versions to portal_app;
grant select, update on table portal.asset_versions to portal_system;

create table portal.assets (
    id uuid not null,
    tenant_id uuid not null,
    project_id uuid not null,
    title text not null,
    created_by uuid not null,
    version integer default 1 not null,
    created_at timestamp with time zone not null,
    updated_at timestamp with time zone not null,
    description text default ''::text not null,
    metadata jsonb default '{}'::jsonb not null,
    title_key text collate "C" generated always as ("left"(lower(title), 60)) stored,
    constraint assets_description_check CHECK ((length(description) <= 4000)),
    constraint assets_metadata_check CHECK (((jsonb_typeof(metadata) = 'object'::text) AND (length((metadata)::text) <= 20000))),
    constraint assets_pkey PRIMARY KEY (id),
    constraint assets_tenant_id_created_by_fkey FOREIGN KEY (tenant_id, created_by) REFERENCES portal.users(tenant_id, id),
    constraint assets_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES portal.tenants(id),
    constraint assets_tenant_id_id_key UNIQUE (tenant_id, id),
    constraint assets_tenant_id_project_id_fkey FOREIGN KEY (tenant_id, project_id) REFERENCES portal.projects(tenant_id, id),
    constraint assets_title_check CHECK (((length(title) >= 1) AND (length(title) <= 200)))
);
CREATE INDEX assets_by_project ON portal.assets USING btree (tenant_id, project_id, created_at DESC, id DESC);
CREATE INDEX assets_by_project_and_title ON portal.assets USING btree (tenant_id, project_id, title_key, id);
CREATE INDEX assets_by_tenant ON portal.assets USING btree (tenant_id, created_at DESC, id DESC);
CREATE INDEX assets_by_title ON portal.assets USING btree (tenant_id, title_key, id);
alter table portal.assets enable row level security;
create policy own_tenant on portal.assets as permissive for all to portal_app
    using ((tenant_id = ( SELECT portal.current_tenant() AS current_tenant)))
    with check ((tenant_id = ( SELECT portal.current_tenant() AS current_tenant)));
grant insert, select, update on table portal.assets to portal_app;

create table portal.audit_archive (
    id uuid not null,
    tenant_id uuid not null,
    actor_kind text not null,
    actor_id text,
    impersonator_id text,
    action text not null,
    entity_type text not null,
    entity_id uuid not null,
    old_value jsonb,
    new_value jsonb,
    request_id text,
    occurred_at timestamp with time zone not null,
    row_hash bytea not null,
    written_in bigint not null,
    constraint audit_archive_pkey PRIMARY KEY (id),
    constraint audit_archive_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES portal.tenants(id)
);
CREATE INDEX audit_archive_by_write ON portal.audit_archive USING btree (tenant_id, written_in, id);
alter table portal.audit_archive enable row level security;
create policy own_tenant on portal.audit_archive as permissive for all to portal_app
    using ((tenant_id = ( SELECT portal.current_tenant() AS current_tenant)))
    with check ((tenant_id = ( SELECT portal.current_tenant() AS current_tenant)));
CREATE TRIGGER audit_archive_append_only BEFORE UPDATE ON portal.audit_archive FOR EACH ROW EXECUTE FUNCTION portal.refuse_change();
CREATE TRIGGER audit_archive_leaves_for_file BEFORE DELETE ON portal.audit_archive FOR EACH ROW EXECUTE FUNCTION portal.refuse_unless_archived();
CREATE TRIGGER audit_archive_no_truncate BEFORE TRUNCATE ON portal.audit_archive FOR EACH STATEMENT EXECUTE FUNCTION portal.refuse_change();
grant select on table portal.audit_archive to portal_app;

create table portal.audit_archives (
    tenant_id uuid not null,
    first_seal bigint not null,
    last_seal bigint not null,
    pathname text not null,
    planned_at timestamp with time zone not null,
    attempts integer default 0 not null,
    last_error text,
    rows bigint,
    size_bytes bigint,
    sha256 bytea,
    verified_at timestamp with time zone,
    constraint audit_archives_attempts_check CHECK ((attempts >= 0)),
    constraint audit_archives_first_is_sealed FOREIGN KEY (tenant_id, first_seal) REFERENCES portal.audit_seals(tenant_id, number),
    constraint audit_archives_first_seal_check CHECK ((first_seal >= 1)),
    constraint audit_archives_last_error_check CHECK ((length(last_error) <= 1000)),
    constraint audit_archives_last_is_sealed FOREIGN KEY (tenant_id, last_seal) REFERENCES portal.audit_seals(tenant_id, number),
    constraint audit_archives_last_seal_key UNIQUE (tenant_id, last_seal),
    constraint audit_archives_pathname_check CHECK (((length(pathname) >= 1) AND (length(pathname) <= 500))),
    constraint audit_archives_pathname_key UNIQUE (pathname),
    constraint audit_archives_pkey PRIMARY KEY (tenant_id, first_seal),
    constraint audit_archives_range_check CHECK ((last_seal >= first_seal)),
    constraint audit_archives_rows_check CHECK ((rows >= 1)),
    constraint audit_archives_sha256_check CHECK ((length(sha256) = 32)),
    constraint audit_archives_size_bytes_check CHECK ((size_bytes >= 1)),
    constraint audit_archives_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES portal.tenants(id),
    constraint audit_archives_verified_check CHECK ((((verified_at IS NULL) = (sha256 IS NULL)) AND ((verified_at IS NULL) = (rows IS NULL)) AND ((verified_at IS NULL) = (size_bytes IS NULL))))
);
alter table portal.audit_archives enable row level security;
create policy own_tenant on portal.audit_archives as permissive for all to portal_app
    using ((tenant_id = ( SELECT portal.current_tenant() AS current_tenant)))
    with check ((tenant_id = ( SELECT portal.current_tenant() AS current_tenant)));
CREATE TRIGGER audit_archives_append_only BEFORE DELETE ON portal.audit_archives FOR EACH ROW EXECUTE FUNCTION portal.refuse_change();
CREATE TRIGGER audit_archives_no_truncate BEFORE TRUNCATE ON portal.audit_archives FOR EACH STATEMENT EXECUTE FUNCTION portal.refuse_change();
CREATE TRIGGER audit_archives_verified_stays BEFORE UPDATE ON portal.audit_archives FOR EACH ROW WHEN ((old.verified_at IS NOT NULL)) EXECUTE FUNCTION portal.refuse_change();
grant insert, select, update on table portal.audit_archives to portal_app;

create table portal.audit_log (
    id uuid not null,
    tenant_id uuid not null,
    actor_kind text not null,
    actor_id text,
    impersonator_id text,
    action text not null,
    entity_type text not null,
    entity_id uuid not null,
    old_value jsonb,
    new_value jsonb,
    request_id text,
    occurred_at timestamp with time zone not null,
    row_hash bytea not null,
    written_in bigint default 0 not null,
    constraint audit_log_action_check CHECK (((length(action) >= 1) AND (length(action) <= 100))),
    constraint audit_log_actor_id_check CHECK ((length(actor_id) <= 200)),
    constraint audit_log_actor_kind_check CHECK ((actor_kind = ANY (ARRAY['user'::text, 'guest'::text, 'operator'::text, 'vendor'::text, 'system'::text]))),
    constraint audit_log_entity_type_check CHECK (((length(entity_type) >= 1) AND (length(entity_type) <= 50))),
    constraint audit_log_impersonator_id_check CHECK ((length(impersonator_id) <= 200)),
    constraint audit_log_pkey PRIMARY KEY (id),
    constraint audit_log_request_id_check CHECK ((length(request_id) <= 100)),
    constraint audit_log_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES portal.tenants(id)
);
CREATE INDEX audit_log_by_action ON portal.audit_log USING btree (tenant_id, action, occurred_at DESC, id DESC);
CREATE INDEX audit_log_by_actor ON portal.audit_log USING btree (tenant_id, actor_id, occurred_at DESC, id DESC);
CREATE INDEX audit_log_by_entity ON portal.audit_log USING btree (tenant_id, entity_id, occurred_at DESC, id DESC);
CREATE INDEX audit_log_by_tenant ON portal.audit_log USING btree (tenant_id, occurred_at DESC, id DESC);
CREATE INDEX audit_log_by_write ON portal.audit_log USING btree (tenant_id, written_in, id);
alter table portal.audit_log enable row level security;
create policy own_tenant on portal.audit_log as permissive for all to portal_app
    using ((tenant_id = ( SELECT portal.current_tenant() AS current_tenant)))
    with check ((tenant_id = ( SELECT portal.current_tenant() AS current_tenant)));
create policy write_only on portal.audit_log as permissive for insert to portal_system
    with check (true);
CREATE TRIGGER audit_log_append_only BEFORE UPDATE ON portal.audit_log FOR EACH ROW EXECUTE FUNCTION portal.refuse_change();
CREATE TRIGGER audit_log_hash BEFORE INSERT ON portal.audit_log FOR EACH ROW EXECUTE FUNCTION portal.hash_audit_row();
CREATE TRIGGER audit_log_leaves_for_archive BEFORE DELETE ON portal.audit_log FOR EACH ROW EXECUTE FUNCTION portal.refuse_unless_archived();
CREATE TRIGGER audit_log_no_truncate BEFORE TRUNCATE ON portal.audit_log FOR EACH STATEMENT EXECUTE FUNCTION portal.refuse_change();
grant insert, select on table portal.audit_log to portal_app;
grant insert on table portal.audit_log to portal_system;

create table portal.audit_seals (
    tenant_id uuid not null,
    number bigint not null,
    previous_seal bytea not null,
    seal bytea not null,
    row_count integer not null,
    row_ids bytea not null,
    row_hashes bytea not null,
    last_written_in bigint not null,
    last_row_id uuid not null,
    first_at timestamp with time zone not null,
    last_at timestamp with time zone not null,
    key_id text not null,
    signature bytea not null,
    sealed_at timestamp with time zone not null,
    constraint audit_seals_check CHECK (((length(row_ids) = (16 * row_count)) AND (length(row_hashes) = (32 * row_count)))),
    constraint audit_seals_key_id_check CHECK (((length(key_id) >= 1) AND (length(key_id) <= 50))),
    constraint audit_seals_number_check CHECK ((number >= 1)),
    constraint audit_seals_pkey PRIMARY KEY (tenant_id, number),
    constraint audit_seals_previous_seal_check CHECK ((length(previous_seal) = 32)),
    constraint audit_seals_row_count_check CHECK ((row_count >= 1)),
    constraint audit_seals_seal_check CHECK ((length(seal) = 32)),
    constraint audit_seals_signature_check CHECK ((length(signature) <= 200)),
    constraint audit_seals_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES portal.tenants(id)
);
CREATE INDEX audit_seals_by_place ON portal.audit_seals USING btree (tenant_id, last_written_in, last_row_id);
CREATE INDEX audit_seals_by_time ON portal.audit_seals USING btree (tenant_id, last_at, number);
alter table portal.audit_seals enable row level security;
create policy own_tenant on portal.audit_seals as permissive for all to portal_app
    using ((tenant_id = ( SELECT portal.current_tenant() AS current_tenant)))
    with check ((tenant_id = ( SELECT portal.current_tenant() AS current_tenant)));
create policy write_only on portal.audit_seals as permissive for insert to portal_system
    with check (true);
CREATE TRIGGER audit_seals_append_only BEFORE DELETE OR UPDATE ON portal.audit_seals FOR EACH ROW EXECUTE FUNCTION portal.refuse_change();
CREATE TRIGGER audit_seals_no_truncate BEFORE TRUNCATE ON portal.audit_seals FOR EACH STATEMENT EXECUTE FUNCTION portal.refuse_change();
grant select on table portal.audit_seals to portal_app;
grant insert on table portal.audit_seals to portal_system;

create table portal.budget_notices (
    tenant_id uuid not null,
    month date not null,
    percent integer not null,
    budget_usd integer not null,
    usd numeric(20,6) not null,
    told_at timestamp with time zone not null,
    constraint budget_notices_month_check CHECK ((EXTRACT(day FROM month) = (1)::numeric)),
    constraint budget_notices_percent_check CHECK ((percent = ANY (ARRAY[50, 80, 100]))),
    constraint budget_notices_pkey PRIMARY KEY (tenant_id, month, percent, budget_usd),
    constraint budget_notices_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES portal.tenants(id)
);
alter table portal.budget_notices enable row level security;
create policy all_tenants on portal.budget_notices as permissive for all to portal_system
    using (true)
    with check (true);
create policy own_tenant on portal.budget_notices as permissive for all to portal_app
    using ((tenant_id = ( SELECT portal.current_tenant() AS current_tenant)))
    with check ((tenant_id = ( SELECT portal.current_tenant() AS current_tenant)));
grant select on table portal.budget_notices to portal_app;
grant delete, insert, select on table portal.budget_notices to portal_system;

create table portal.change_freeze (
    only_row boolean default true not null,
    is_on boolean not null,
    since timestamp with time zone not null,
    reason text not null,
    incident_id uuid,
    changed_by text,
    version integer default 1 not null,
    constraint change_freeze_changed_by_check CHECK (((length(changed_by) >= 1) AND (length(changed_by) <= 200))),
    constraint change_freeze_incident_id_fkey FOREIGN KEY (incident_id) REFERENCES portal.incidents(id),
    constraint change_freeze_only_row_check CHECK (only_row),
    constraint change_freeze_pkey PRIMARY KEY (only_row),
    constraint change_freeze_reason_check CHECK (((length(reason) >= 1) AND (length(reason) <= 500)))
);
alter table portal.change_freeze enable row level security;
create policy platform on portal.change_freeze as permissive for all to portal_system
    using (true)
    with check (true);
grant select, update on table portal.change_freeze to portal_system;

create table portal.comment_mentions (
    tenant_id uuid not null,
    comment_id uuid not null,
    user_id uuid not null,
    constraint comment_mentions_pkey PRIMARY KEY (comment_id, user_id),
    constraint comment_mentions_tenant_id_comment_id_fkey FOREIGN KEY (tenant_id, comment_id) REFERENCES portal.comments(tenant_id, id),
    constraint comment_mentions_tenant_id_user_id_fkey FOREIGN KEY (tenant_id, user_id) REFERENCES portal.users(tenant_id, id)
);
CREATE INDEX comment_mentions_by_user ON portal.comment_mentions USING btree (tenant_id, user_id, comment_id);
alter table portal.comment_mentions enable row level security;
create policy own_tenant on portal.comment_mentions as permissive for all to portal_app
    using ((tenant_id = ( SELECT portal.current_tenant() AS current_tenant)))
    with check ((tenant_id = ( SELECT portal.current_tenant() AS current_tenant)));
grant delete, insert, select on table portal.comment_mentions to portal_app;

create sequence portal.comment_seq as bigint start 1 increment 1 minvalue 1 maxvalue 9223372036854775807;
grant usage on sequence portal.comment_seq to portal_app;

create table portal.comments (
    id uuid not null,
    tenant_id uuid not null,
    seq bigint not null,
    project_id uuid not null,
    asset_id uuid not null,
    asset_version_id uuid not null,
    parent_id uuid,
    root_seq bigint not null,
    share_link_id uuid,
    author_id uuid,
    viewer_id uuid,
    guest_name text,
    visibility text not null,
    body text not null,
    frame integer,
    end_frame integer,
    rate_numerator integer,
    rate_denominator integer,
    sort_frame integer not null,
    resolved_at timestamp with time zone,
    resolved_by uuid,
    version integer default 1 not null,
    created_at timestamp with time zone not null,
    updated_at timestamp with time zone not null,
    edited_at timestamp with time zone,
    deleted_at timestamp with time zone,
    deleted_by text,
    constraint comments_body_check CHECK ((length(body) <= 4000)),
    constraint comments_check CHECK ((end_frame >= frame)),
    constraint comments_check1 CHECK (((author_id IS NOT NULL) OR (viewer_id IS NOT NULL))),
    constraint comments_check2 CHECK (((viewer_id IS NULL) = (share_link_id IS NULL))),
    constraint comments_check3 CHECK ((num_nulls(frame, rate_numerator, rate_denominator) = ANY (ARRAY[0, 3]))),
    constraint comments_check4 CHECK (((end_frame IS NULL) OR (frame IS NOT NULL))),
    constraint comments_check5 CHECK (((parent_id IS NULL) OR (frame IS NULL))),
    constraint comments_check6 CHECK (((parent_id IS NULL) OR (resolved_at IS NULL))),
    constraint comments_check7 CHECK (((deleted_at IS NULL) = (deleted_by IS NULL))),
    constraint comments_check8 CHECK (((deleted_at IS NULL) OR (body = ''::text))),
    constraint comments_check9 CHECK (((deleted_at IS NOT NULL) OR (body <> ''::text))),
    constraint comments_deleted_by_check CHECK ((deleted_by = ANY (ARRAY['author'::text, 'admin'::text]))),
    constraint comments_frame_check CHECK ((frame >= 0)),
    constraint comments_guest_name_check CHECK (((length(guest_name) >= 1) AND (length(guest_name) <= 80))),
    constraint comments_pkey PRIMARY KEY (id),
    constraint comments_rate_denominator_check CHECK ((rate_denominator >= 1)),
    constraint comments_rate_numerator_check CHECK ((rate_numerator >= 1)),
    constraint comments_tenant_id_asset_id_fkey FOREIGN KEY (tenant_id, asset_id) REFERENCES portal.assets(tenant_id, id),
    constraint comments_tenant_id_asset_version_id_fkey FOREIGN KEY (tenant_id, asset_version_id) REFERENCES portal.asset_versions(tenant_id, id),
    constraint comments_tenant_id_author_id_fkey FOREIGN KEY (tenant_id, author_id) REFERENCES portal.users(tenant_id, id),
    constraint comments_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES portal.tenants(id),
    constraint comments_tenant_id_id_key UNIQUE (tenant_id, id),
    constraint comments_tenant_id_parent_id_fkey FOREIGN KEY (tenant_id, parent_id) REFERENCES portal.comments(tenant_id, id),
    constraint comments_tenant_id_project_id_fkey FOREIGN KEY (tenant_id, project_id) REFERENCES portal.projects(tenant_id, id),
    constraint comments_tenant_id_share_link_id_fkey FOREIGN KEY (tenant_id, share_link_id) REFERENCES portal.share_links(tenant_id, id),
    constraint comments_tenant_id_viewer_id_fkey FOREIGN KEY (tenant_id, viewer_id) REFERENCES portal.share_viewers(tenant_id, id),
    constraint comments_visibility_check CHECK ((visibility = ANY (ARRAY['team'::text, 'client'::text])))
);
CREATE INDEX comments_by_frame ON portal.comments USING btree (tenant_id, asset_version_id, sort_frame, root_seq, seq);
CREATE INDEX comments_by_time ON portal.comments USING btree (tenant_id, asset_version_id, seq);
CREATE INDEX comments_by_viewer ON portal.comments USING btree (tenant_id, viewer_id) WHERE (viewer_id IS NOT NULL);
CREATE INDEX comments_of_thread ON portal.comments USING btree (tenant_id, parent_id) WHERE (parent_id IS NOT NULL);
alter table portal.comments enable row level security;
create policy own_tenant on portal.comments as permissive for all to portal_app
    using ((tenant_id = ( SELECT portal.current_tenant() AS current_tenant)))
    with check ((tenant_id = ( SELECT portal.current_tenant() AS current_tenant)));
grant insert, select, update on table portal.comments to portal_app;

create table portal.consents (
    seq bigint generated always as identity not null,
    tenant_id uuid not null,
    user_id uuid,
    viewer_id uuid,
    purpose text not null,
    granted boolean not null,
    notice_version date not null,
    browser_signal boolean not null,
    decided_at timestamp with time zone not null,
    constraint consents_check CHECK ((num_nonnulls(user_id, viewer_id) = 1)),
    constraint consents_pkey PRIMARY KEY (seq),
    constraint consents_purpose_check CHECK ((purpose = 'viewing_analytics'::text)),
    constraint consents_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES portal.tenants(id),
    constraint consents_tenant_id_user_id_fkey FOREIGN KEY (tenant_id, user_id) REFERENCES portal.users(tenant_id, id),
    constraint consents_tenant_id_viewer_id_fkey FOREIGN KEY (tenant_id, viewer_id) REFERENCES portal.share_viewers(tenant_id, id)
);
CREATE INDEX consents_by_subject ON portal.consents USING btree (tenant_id, COALESCE(user_id, viewer_id), purpose, seq DESC);
alter table portal.consents enable row level security;
create policy own_tenant on portal.consents as permissive for all to portal_app
    using ((tenant_id = ( SELECT portal.current_tenant() AS current_tenant)))
    with check ((tenant_id = ( SELECT portal.current_tenant() AS current_tenant)));
grant insert, select on table portal.consents to portal_app;

create table portal.deliveries (
    id uuid not null,
    tenant_id uuid not null,
    event_id uuid not null,
    event_type text not null,
    aggregate_id uuid not null,
    seq bigint not null,
    channel text not null,
    recipient text not null,
    status text default 'pending'::text not null,
    attempt integer default 1 not null,
    reason text,
    attempts integer default 0 not null,
    last_error text,
    next_attempt_at timestamp with time zone,
    started_at timestamp with time zone,
    done_at timestamp with time zone,
    vendor_id text,
    mail_state text,
    mail_state_at timestamp with time zone,
    created_at timestamp with time zone not null,
    offered_at timestamp with time zone,
    taken_at timestamp with time zone,
    constraint deliveries_attempt_check CHECK ((attempt >= 1)),
    constraint deliveries_channel_check CHECK ((channel = ANY (ARRAY['email'::text, 'pagerduty'::text, 'webhook'::text]))),
    constraint deliveries_check CHECK (((status = ANY (ARRAY['sent'::text, 'skipped'::text, 'failed'::text])) = (done_at IS NOT NULL))),
    constraint deliveries_check1 CHECK (((status = 'skipped'::text) <= (reason IS NOT NULL))),
    constraint deliveries_event_id_channel_recipient_key UNIQUE (event_id, channel, recipient),
    constraint deliveries_event_id_fkey FOREIGN KEY (event_id) REFERENCES portal.events(event_id),
    constraint deliveries_event_type_check CHECK (((length(event_type) >= 1) AND (length(event_type) <= 100))),
    constraint deliveries_last_error_check CHECK ((length(last_error) <= 1000)),
    constraint deliveries_mail_state_check CHECK ((mail_state = ANY (ARRAY['accepted'::text, 'delivered'::text, 'bounced'::text, 'complained'::text, 'failed'::text, 'suppressed'::text]))),
    constraint deliveries_pkey PRIMARY KEY (id),
    constraint deliveries_reason_check CHECK ((length(reason) <= 200)),
    constraint deliveries_recipient_check CHECK (((length(recipient) >= 1) AND (length(recipient) <= 200))),
    constraint deliveries_status_check CHECK ((status = ANY (ARRAY['pending'::text, 'sending'::text, 'sent'::text, 'skipped'::text, 'failed'::text]))),
    constraint deliveries_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES portal.tenants(id),
    constraint deliveries_vendor_id_check CHECK (((length(vendor_id) >= 1) AND (length(vendor_id) <= 200)))
);
CREATE INDEX deliveries_by_age ON portal.deliveries USING btree (created_at);
CREATE INDEX deliveries_by_endpoint ON portal.deliveries USING btree (tenant_id, recipient, created_at, id) WHERE (channel = 'webhook'::text);
CREATE UNIQUE INDEX deliveries_by_vendor_id ON portal.deliveries USING btree (vendor_id);
CREATE INDEX deliveries_failed ON portal.deliveries USING btree (done_at) WHERE (status = 'failed'::text);
CREATE INDEX deliveries_open ON portal.deliveries USING btree (tenant_id, aggregate_id, channel, recipient, seq) WHERE (status = ANY (ARRAY['pending'::text, 'sending'::text]));
CREATE INDEX deliveries_pending ON portal.deliveries USING btree (created_at, id) WHERE (status = 'pending'::text);
CREATE INDEX deliveries_sending ON portal.deliveries USING btree (started_at) WHERE (status = 'sending'::text);
alter table portal.deliveries enable row level security;
create policy all_tenants on portal.deliveries as permissive for all to portal_system
    using (true)
    with check (true);
create policy own_tenant on portal.deliveries as permissive for all to portal_app
    using ((tenant_id = ( SELECT portal.current_tenant() AS current_tenant)))
    with check ((tenant_id = ( SELECT portal.current_tenant() AS current_tenant)));
grant insert, select, update on table portal.deliveries to portal_app;
grant delete, select, update on table portal.deliveries to portal_system;

create table portal.digests (
    tenant_id uuid not null,
    user_id uuid not null,
    day date not null,
    settled_at timestamp with time zone not null,
    constraint digests_pkey PRIMARY KEY (tenant_id, user_id, day),
    constraint digests_tenant_id_user_id_fkey FOREIGN KEY (tenant_id, user_id) REFERENCES portal.users(tenant_id, id)
);
CREATE INDEX digests_by_day ON portal.digests USING btree (day);
alter table portal.digests enable row level security;
create policy own_tenant on portal.digests as permissive for all to portal_app
    using ((tenant_id = ( SELECT portal.current_tenant() AS current_tenant)))
    with check ((tenant_id = ( SELECT portal.current_tenant() AS current_tenant)));
create policy retention on portal.digests as permissive for all to portal_system
    using (true);
grant insert, select on table portal.digests to portal_app;
grant delete on table portal.digests to portal_system;
grant select (tenant_id, user_id, day) on table portal.digests to portal_system;

create table portal.erasure_certificates (
    erasure_id uuid not null,
    tenant_id uuid not null,
    document text not null,
    key_id text not null,
    signature bytea not null,
    created_at timestamp with time zone not null,
    constraint erasure_certificates_document_check CHECK ((length(document) <= 65536)),
    constraint erasure_certificates_pkey PRIMARY KEY (erasure_id),
    constraint erasure_certificates_tenant_id_erasure_id_fkey FOREIGN KEY (tenant_id, erasure_id) REFERENCES portal.erasure_requests(tenant_id, id),
    constraint erasure_certificates_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES portal.tenants(id)
);
alter table portal.erasure_certificates enable row level security;
create policy by_code on portal.erasure_certificates as permissive for select to portal_system
    using (true);
create policy own_tenant on portal.erasure_certificates as permissive for all to portal_app
    using ((tenant_id = ( SELECT portal.current_tenant() AS current_tenant)))
    with check ((tenant_id = ( SELECT portal.current_tenant() AS current_tenant)));
CREATE TRIGGER erasure_certificates_append_only BEFORE DELETE OR UPDATE ON portal.erasure_certificates FOR EACH ROW EXECUTE FUNCTION portal.refuse_change();
CREATE TRIGGER erasure_certificates_no_truncate BEFORE TRUNCATE ON portal.erasure_certificates FOR EACH STATEMENT EXECUTE FUNCTION portal.refuse_change();
grant insert, select on table portal.erasure_certificates to portal_app;
grant select on table portal.erasure_certificates to portal_system;

create table portal.erasure_requests (
    id uuid not null,
    tenant_id uuid not null,
    kind text not null,
    subject_id uuid,
    status text default 'requested'::text not null,
    requested_at timestamp with time zone not null,
    due_at timestamp with time zone not null,
    starts_at timestamp with time zone not null,
    comments text default 'keep'::text not null,
    address text,
    address_hash text,
    viewer_ids uuid[] default '{}'::uuid[] not null,
    clerk_user_id text,
    requested_by uuid,
    attempt integer default 1 not null,
    last_error text,
    next_at timestamp with time zone,
    done jsonb default '{}'::jsonb not null,
    started_at timestamp with time zone,
    ended_at timestamp with time zone,
    version integer default 1 not null,
    constraint erasure_requests_address_check CHECK (((length(address) >= 3) AND (length(address) <= 320))),
    constraint erasure_requests_address_hash_check CHECK ((address_hash ~ '^[0-9a-f]{64}$'::text)),
    constraint erasure_requests_attempt_check CHECK ((attempt >= 1)),
    constraint erasure_requests_check CHECK ((due_at >= requested_at)),
    constraint erasure_requests_clerk_user_id_check CHECK (((length(clerk_user_id) >= 1) AND (length(clerk_user_id) <= 200))),
    constraint erasure_requests_comments_check CHECK ((comments = ANY (ARRAY['keep'::text, 'remove'::text]))),
    constraint erasure_requests_ended_check CHECK (((status = ANY (ARRAY['completed'::text, 'cancelled'::text])) = (ended_at IS NOT NULL))),
    constraint erasure_requests_forgets_check CHECK (((status <> 'completed'::text) OR ((address IS NULL) AND (clerk_user_id IS NULL)))),
    constraint erasure_requests_guest_check CHECK (((kind <> 'guest'::text) OR (address_hash IS NOT NULL))),
    constraint erasure_requests_kind_check CHECK ((kind = ANY (ARRAY['person'::text, 'guest'::text, 'tenant'::text]))),
    constraint erasure_requests_last_error_check CHECK ((length(last_error) <= 1000)),
    constraint erasure_requests_pkey PRIMARY KEY (id),
    constraint erasure_requests_status_check CHECK ((status = ANY (ARRAY['requested'::text, 'running'::text, 'completed'::text, 'failed'::text, 'held'::text, 'cancelled'::text]))),
    constraint erasure_requests_subject_check CHECK (((kind = 'person'::text) = (subject_id IS NOT NULL))),
    constraint erasure_requests_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES portal.tenants(id),
    constraint erasure_requests_tenant_id_id_key UNIQUE (tenant_id, id),
    constraint erasure_requests_viewer_ids_check CHECK ((cardinality(viewer_ids) <= 100))
);
CREATE INDEX erasure_requests_by_age ON portal.erasure_requests USING btree (tenant_id, requested_at DESC, id DESC);
CREATE INDEX erasure_requests_by_due ON portal.erasure_requests USING btree (due_at);
CREATE INDEX erasure_requests_by_end ON portal.erasure_requests USING btree (ended_at) WHERE (status = 'completed'::text);
CREATE INDEX erasure_requests_due ON portal.erasure_requests USING btree (next_at) WHERE (status = ANY (ARRAY['requested'::text, 'running'::text, 'failed'::text]));
CREATE UNIQUE INDEX erasure_requests_open ON portal.erasure_requests USING btree (tenant_id, kind, COALESCE((subject_id)::text, address_hash, ''::text)) WHERE (status = ANY (ARRAY['requested'::text, 'running'::text, 'failed'::text, 'held'::text]));
alter table portal.erasure_requests enable row level security;
create policy all_tenants on portal.erasure_requests as permissive for select to portal_system
    using (true);
create policy own_tenant on portal.erasure_requests as permissive for all to portal_app
    using ((tenant_id = ( SELECT portal.current_tenant() AS current_tenant)))
    with check ((tenant_id = ( SELECT portal.current_tenant() AS current_tenant)));
grant insert, select, update on table portal.erasure_requests to portal_app;
grant select (id, tenant_id, kind, status, due_at, starts_at, attempt, next_at) on table portal.erasure_requests to portal_system;

create table portal.events (
    event_id uuid not null,
    tenant_id uuid not null,
    aggregate_type text not null,
    aggregate_id uuid not null,
    type text not null,
    version integer default 1 not null,
    payload jsonb not null,
    occurred_at timestamp with time zone not null,
    actor_id uuid,
    seq bigint generated always as identity not null,
    safe_from bigint default 0 not null,
    constraint events_aggregate_type_check CHECK (((length(aggregate_type) >= 1) AND (length(aggregate_type) <= 50))),
    constraint events_pkey PRIMARY KEY (event_id),
    constraint events_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES portal.tenants(id),
    constraint events_type_check CHECK (((length(type) >= 1) AND (length(type) <= 100)))
);
CREATE INDEX events_by_aggregate ON portal.events USING btree (tenant_id, aggregate_id, occurred_at);
CREATE INDEX events_by_tenant ON portal.events USING btree (tenant_id, occurred_at DESC, event_id DESC);
CREATE INDEX events_in_order ON portal.events USING btree (tenant_id, safe_from, seq);
alter table portal.events enable row level security;
create policy own_tenant on portal.events as permissive for all to portal_app
    using ((tenant_id = ( SELECT portal.current_tenant() AS current_tenant)))
    with check ((tenant_id = ( SELECT portal.current_tenant() AS current_tenant)));
create policy write_only on portal.events as permissive for insert to portal_system
    with check (true);
CREATE TRIGGER events_append_only BEFORE DELETE OR UPDATE ON portal.events FOR EACH ROW EXECUTE FUNCTION portal.refuse_change();
CREATE TRIGGER events_place BEFORE INSERT ON portal.events FOR EACH ROW EXECUTE FUNCTION portal.place_event();
CREATE TRIGGER events_to_outbox AFTER INSERT ON portal.events FOR EACH ROW EXECUTE FUNCTION portal.put_into_outbox();
grant insert, select on table portal.events to portal_app;
grant insert on table portal.events to portal_system;

create table portal.exports (
    id uuid not null,
    tenant_id uuid not null,
    kind text not null,
    subject_id uuid,
    address text,
    address_hash text,
    viewer_ids uuid[] default '{}'::uuid[] not null,
    status text default 'requested'::text not null,
    attempt integer default 1 not null,
    last_error text,
    requested_by uuid not null,
    requested_at timestamp with time zone not null,
    next_at timestamp with time zone,
    pathname text,
    size_bytes bigint,
    sha256 text,
    rows jsonb default '{}'::jsonb not null,
    discard boolean default false not null,
    ready_at timestamp with time zone,
    expires_at timestamp with time zone,
    version integer default 1 not null,
    constraint exports_address_check CHECK (((length(address) >= 3) AND (length(address) <= 320))),
    constraint exports_address_hash_check CHECK ((address_hash ~ '^[0-9a-f]{64}$'::text)),
    constraint exports_attempt_check CHECK ((attempt >= 1)),
    constraint exports_forgets_check CHECK (((status <> 'expired'::text) OR ((address IS NULL) AND (pathname IS NULL)))),
    constraint exports_guest_check CHECK (((kind <> 'guest'::text) OR (address_hash IS NOT NULL))),
    constraint exports_kind_check CHECK ((kind = ANY (ARRAY['person'::text, 'guest'::text, 'tenant'::text]))),
    constraint exports_last_error_check CHECK ((length(last_error) <= 1000)),
    constraint exports_pathname_check CHECK (((length(pathname) >= 1) AND (length(pathname) <= 500))),
    constraint exports_pkey PRIMARY KEY (id),
    constraint exports_ready_check CHECK (((status <> 'ready'::text) OR ((pathname IS NOT NULL) AND (sha256 IS NOT NULL) AND (expires_at IS NOT NULL)))),
    constraint exports_requested_by FOREIGN KEY (tenant_id, requested_by) REFERENCES portal.users(tenant_id, id),
    constraint exports_sha256_check CHECK ((sha256 ~ '^[0-9a-f]{64}$'::text)),
    constraint exports_size_bytes_check CHECK ((size_bytes >= 0)),
    constraint exports_status_check CHECK ((status = ANY (ARRAY['requested'::text, 'running'::text, 'ready'::text, 'failed'::text, 'expired'::text]))),
    constraint exports_subject FOREIGN KEY (tenant_id, subject_id) REFERENCES portal.users(tenant_id, id),
    constraint exports_subject_check CHECK (((kind = 'person'::text) = (subject_id IS NOT NULL))),
    constraint exports_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES portal.tenants(id),
    constraint exports_tenant_id_id_key UNIQUE (tenant_id, id),
    constraint exports_viewer_ids_check CHECK ((cardinality(viewer_ids) <= 100))
);
CREATE INDEX exports_by_age ON portal.exports USING btree (tenant_id, requested_at DESC, id DESC);
CREATE INDEX exports_due ON portal.exports USING btree (next_at) WHERE (status = ANY (ARRAY['requested'::text, 'running'::text, 'failed'::text, 'ready'::text]));
CREATE INDEX exports_of_subject ON portal.exports USING btree (tenant_id, subject_id) WHERE (subject_id IS NOT NULL);
CREATE UNIQUE INDEX exports_open ON portal.exports USING btree (tenant_id, kind, COALESCE((subject_id)::text, address_hash, ''::text)) WHERE (status = ANY (ARRAY['requested'::text, 'running'::text, 'failed'::text]));
alter table portal.exports enable row level security;
create policy all_tenants on portal.exports as permissive for select to portal_system
    using (true);
create policy own_tenant on portal.exports as permissive for all to portal_app
    using ((tenant_id = ( SELECT portal.current_tenant() AS current_tenant)))
    with check ((tenant_id = ( SELECT portal.current_tenant() AS current_tenant)));
grant insert, select, update on table portal.exports to portal_app;
grant select (id, tenant_id, status, attempt, next_at) on table portal.exports to portal_system;

create table portal.holds (
    id uuid not null,
    tenant_id uuid not null,
    kind text not null,
    subject_id uuid not null,
    reason text not null,
    review_on date not null,
    placed_by uuid not null,
    placed_at timestamp with time zone not null,
    lifted_by uuid,
    lifted_at timestamp with time zone,
    lift_reason text,
    version integer default 1 not null,
    constraint holds_check CHECK ((((lifted_at IS NULL) = (lifted_by IS NULL)) AND ((lifted_at IS NULL) = (lift_reason IS NULL)))),
    constraint holds_kind_check CHECK ((kind = ANY (ARRAY['tenant'::text, 'project'::text, 'asset'::text, 'person'::text]))),
    constraint holds_lift_reason_check CHECK (((length(lift_reason) >= 1) AND (length(lift_reason) <= 1000))),
    constraint holds_pkey PRIMARY KEY (id),
    constraint holds_reason_check CHECK (((length(reason) >= 1) AND (length(reason) <= 1000))),
    constraint holds_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES portal.tenants(id),
    constraint holds_tenant_id_id_key UNIQUE (tenant_id, id),
    constraint holds_tenant_id_lifted_by_fkey FOREIGN KEY (tenant_id, lifted_by) REFERENCES portal.users(tenant_id, id),
    constraint holds_tenant_id_placed_by_fkey FOREIGN KEY (tenant_id, placed_by) REFERENCES portal.users(tenant_id, id)
);
CREATE INDEX holds_by_age ON portal.holds USING btree (tenant_id, placed_at DESC, id DESC);
CREATE UNIQUE INDEX holds_in_force ON portal.holds USING btree (tenant_id, kind, subject_id) WHERE (lifted_at IS NULL);
alter table portal.holds enable row level security;
create policy own_tenant on portal.holds as permissive for all to portal_app
    using ((tenant_id = ( SELECT portal.current_tenant() AS current_tenant)))
    with check ((tenant_id = ( SELECT portal.current_tenant() AS current_tenant)));
grant insert, select, update on table portal.holds to portal_app;

create table portal.idempotency_keys (
    tenant_id uuid not null,
    actor_id uuid not null,
    key text not null,
    request_hash bytea not null,
    status integer not null,
    body text,
    location text,
    entity_version integer,
    created_at timestamp with time zone not null,
    constraint idempotency_keys_body_check CHECK ((length(body) <= 1048576)),
    constraint idempotency_keys_key_check CHECK (((length(key) >= 1) AND (length(key) <= 255))),
    constraint idempotency_keys_location_check CHECK ((length(location) <= 1000)),
    constraint idempotency_keys_pkey PRIMARY KEY (tenant_id, actor_id, key),
    constraint idempotency_keys_request_hash_check CHECK ((length(request_hash) = 32)),
    constraint idempotency_keys_status_check CHECK (((status >= 200) AND (status <= 499))),
    constraint idempotency_keys_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES portal.tenants(id)
);
CREATE INDEX idempotency_keys_by_age ON portal.idempotency_keys USING btree (tenant_id, actor_id, created_at);
CREATE INDEX idempotency_keys_by_location ON portal.idempotency_keys USING btree (tenant_id, location) WHERE (location IS NOT NULL);
CREATE INDEX idempotency_keys_by_name ON portal.idempotency_keys USING gin (portal.names_in(body)) WHERE (body IS NOT NULL);
CREATE INDEX idempotency_keys_old ON portal.idempotency_keys USING btree (created_at);
alter table portal.idempotency_keys enable row level security;
create policy own_tenant on portal.idempotency_keys as permissive for all to portal_app
    using ((tenant_id = ( SELECT portal.current_tenant() AS current_tenant)))
    with check ((tenant_id = ( SELECT portal.current_tenant() AS current_tenant)));
create policy retention on portal.idempotency_keys as permissive for all to portal_system
    using (true);
grant delete, insert, select on table portal.idempotency_keys to portal_app;
grant delete on table portal.idempotency_keys to portal_system;
grant select (tenant_id, actor_id, key, created_at) on table portal.idempotency_keys to portal_system;

create table portal.incident_entries (
    id uuid not null,
    seq bigint generated always as identity not null,
    incident_id uuid not null,
    kind text not null,
    at timestamp with time zone not null,
    by text,
    text text,
    previous text,
    became text,
    constraint incident_entries_became_check CHECK (((length(became) >= 1) AND (length(became) <= 200))),
    constraint incident_entries_by_check CHECK (((length(by) >= 1) AND (length(by) <= 200))),
    constraint incident_entries_check CHECK (((kind <> ALL (ARRAY['note'::text, 'severity_changed'::text])) OR ((text IS NOT NULL) AND (by IS NOT NULL)))),
    constraint incident_entries_incident_id_fkey FOREIGN KEY (incident_id) REFERENCES portal.incidents(id) ON DELETE CASCADE,
    constraint incident_entries_kind_check CHECK ((kind = ANY (ARRAY['paged'::text, 'page_updated'::text, 'paged_late'::text, 'assigned'::text, 'unassigned'::text, 'note'::text, 'severity_changed'::text, 'notice_sent'::text]))),
    constraint incident_entries_pkey PRIMARY KEY (id),
    constraint incident_entries_previous_check CHECK (((length(previous) >= 1) AND (length(previous) <= 200))),
    constraint incident_entries_text_check CHECK (((length(text) >= 1) AND (length(text) <= 2000)))
);
CREATE INDEX incident_entries_notes ON portal.incident_entries USING btree (incident_id) WHERE (kind = 'note'::text);
CREATE INDEX incident_entries_of ON portal.incident_entries USING btree (incident_id, at, seq);
alter table portal.incident_entries enable row level security;
create policy platform on portal.incident_entries as permissive for all to portal_system
    using (true)
    with check (true);
grant insert, select on table portal.incident_entries to portal_system;

create table portal.incident_notice_tenants (
    notice_id uuid not null,
    tenant_id uuid not null,
    constraint incident_notice_tenants_notice_id_fkey FOREIGN KEY (notice_id) REFERENCES portal.incident_notices(id) ON DELETE CASCADE,
    constraint incident_notice_tenants_pkey PRIMARY KEY (notice_id, tenant_id),
    constraint incident_notice_tenants_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES portal.tenants(id)
);
alter table portal.incident_notice_tenants enable row level security;
create policy platform on portal.incident_notice_tenants as permissive for all to portal_system
    using (true)
    with check (true);
grant insert, select on table portal.incident_notice_tenants to portal_system;

create table portal.incident_notices (
    id uuid not null,
    incident_id uuid not null,
    subject text not null,
    text text not null,
    status text default 'draft'::text not null,
    drafted_at timestamp with time zone not null,
    drafted_by text not null,
    sent_at timestamp with time zone,
    sent_by text,
    constraint incident_notices_check CHECK (((status = 'sent'::text) = (sent_at IS NOT NULL))),
    constraint incident_notices_check1 CHECK (((sent_at IS NULL) = (sent_by IS NULL))),
    constraint incident_notices_drafted_by_check CHECK (((length(drafted_by) >= 1) AND (length(drafted_by) <= 200))),
    constraint incident_notices_incident_id_fkey FOREIGN KEY (incident_id) REFERENCES portal.incidents(id) ON DELETE CASCADE,
    constraint incident_notices_pkey PRIMARY KEY (id),
    constraint incident_notices_sent_by_check CHECK (((length(sent_by) >= 1) AND (length(sent_by) <= 200))),
    constraint incident_notices_status_check CHECK ((status = ANY (ARRAY['draft'::text, 'sent'::text]))),
    constraint incident_notices_subject_check CHECK (((length(subject) >= 1) AND (length(subject) <= 150))),
    constraint incident_notices_text_check CHECK (((length(text) >= 1) AND (length(text) <= 4000)))
);
CREATE INDEX incident_notices_of ON portal.incident_notices USING btree (incident_id, drafted_at DESC, id DESC);
alter table portal.incident_notices enable row level security;
create policy platform on portal.incident_notices as permissive for all to portal_system
    using (true)
    with check (true);
grant insert, select, update on table portal.incident_notices to portal_system;

create table portal.incident_reports (
    report_id text not null,
    incident_id uuid not null,
    reported_at timestamp with time zone not null,
    constraint incident_reports_incident_id_fkey FOREIGN KEY (incident_id) REFERENCES portal.incidents(id),
    constraint incident_reports_pkey PRIMARY KEY (report_id),
    constraint incident_reports_report_id_check CHECK (((length(report_id) >= 1) AND (length(report_id) <= 200)))
);
CREATE INDEX incident_reports_by_age ON portal.incident_reports USING btree (reported_at);
alter table portal.incident_reports enable row level security;
create policy platform on portal.incident_reports as permissive for all to portal_system
    using (true)
    with check (true);
grant delete, insert, select on table portal.incident_reports to portal_system;

create table portal.incidents (
    id uuid not null,
    kind text not null,
    dedup_key text not null,
    severity text not null,
    summary text not null,
    tenant_id uuid,
    pages boolean not null,
    status text default 'open'::text not null,
    times bigint default 1 not null,
    opened_at timestamp with time zone not null,
    last_at timestamp with time zone not null,
    acknowledged_at timestamp with time zone,
    acknowledged_by text,
    resolved_at timestamp with time zone,
    resolved_by text,
    version integer default 1 not null,
    urgency text default 'high'::text not null,
    pager_id text,
    opened_by text,
    assignee text,
    again_at timestamp with time zone,
    resolved_reason text,
    paged_at timestamp with time zone,
    discovered_at timestamp with time zone,
    constraint incidents_acknowledged_by_check CHECK (((length(acknowledged_by) >= 1) AND (length(acknowledged_by) <= 200))),
    constraint incidents_assignee_fkey FOREIGN KEY (assignee) REFERENCES portal.operators(clerk_user_id) ON DELETE SET NULL,
    constraint incidents_check CHECK (((acknowledged_at IS NULL) = (acknowledged_by IS NULL))),
    constraint incidents_check1 CHECK (((status = 'resolved'::text) = (resolved_at IS NOT NULL))),
    constraint incidents_check2 CHECK (((resolved_by IS NULL) OR (resolved_at IS NOT NULL))),
    constraint incidents_check3 CHECK (((status <> 'acknowledged'::text) OR (acknowledged_at IS NOT NULL))),
    constraint incidents_check4 CHECK ((last_at >= opened_at)),
    constraint incidents_check5 CHECK ((again_at >= opened_at)),
    constraint incidents_check6 CHECK ((discovered_at <= opened_at)),
    constraint incidents_check7 CHECK (((kind = 'security'::text) = (discovered_at IS NOT NULL))),
    constraint incidents_dedup_key_check CHECK (((length(dedup_key) >= 1) AND (length(dedup_key) <= 400))),
    constraint incidents_kind_check CHECK ((kind = ANY (ARRAY['error_budget_breach'::text, 'restore_test_failed'::text, 'upload_failed'::text, 'alert'::text, 'security'::text]))),
    constraint incidents_opened_by_check CHECK (((length(opened_by) >= 1) AND (length(opened_by) <= 200))),
    constraint incidents_pager_id_check CHECK (((length(pager_id) >= 1) AND (length(pager_id) <= 200))),
    constraint incidents_pkey PRIMARY KEY (id),
    constraint incidents_resolved_by_check CHECK (((length(resolved_by) >= 1) AND (length(resolved_by) <= 200))),
    constraint incidents_resolved_reason_check CHECK (((length(resolved_reason) >= 1) AND (length(resolved_reason) <= 500))),
    constraint incidents_severity_check CHECK ((severity = ANY (ARRAY['critical'::text, 'error'::text, 'warning'::text, 'info'::text]))),
    constraint incidents_status_check CHECK ((status = ANY (ARRAY['open'::text, 'acknowledged'::text, 'resolved'::text]))),
    constraint incidents_summary_check CHECK (((length(summary) >= 1) AND (length(summary) <= 500))),
    constraint incidents_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES portal.tenants(id),
    constraint incidents_urgency_check CHECK ((urgency = ANY (ARRAY['high'::text, 'low'::text])))
);
CREATE INDEX incidents_by_assignee ON portal.incidents USING btree (assignee) WHERE (assignee IS NOT NULL);
CREATE INDEX incidents_by_kind ON portal.incidents USING btree (kind, opened_at DESC, id DESC);
CREATE INDEX incidents_by_pager_id ON portal.incidents USING btree (pager_id);
CREATE INDEX incidents_by_status ON portal.incidents USING btree (status, opened_at DESC, id DESC);
CREATE INDEX incidents_by_time ON portal.incidents USING btree (opened_at DESC, id DESC);
CREATE UNIQUE INDEX incidents_open ON portal.incidents USING btree (kind, dedup_key) WHERE (status <> 'resolved'::text);
alter table portal.incidents enable row level security;
create policy platform on portal.incidents as permissive for all to portal_system
    using (true)
    with check (true);
grant insert, select, update on table portal.incidents to portal_system;

create table portal.invites (
    id uuid not null,
    tenant_id uuid not null,
    email text not null,
    role text not null,
    project_ids uuid[] default '{}'::uuid[] not null,
    status text default 'pending'::text not null,
    expires_at timestamp with time zone not null,
    generation integer default 1 not null,
    clerk_state text default 'wanted'::text not null,
    clerk_invitation_id text,
    clerk_fault text,
    clerk_attempts integer default 0 not null,
    clerk_next_at timestamp with time zone not null,
    invited_by uuid not null,
    accepted_by uuid,
    accepted_at timestamp with time zone,
    version integer default 1 not null,
    created_at timestamp with time zone not null,
    updated_at timestamp with time zone not null,
    constraint invites_check CHECK (((status = 'accepted'::text) = (accepted_by IS NOT NULL))),
    constraint invites_check1 CHECK (((accepted_by IS NULL) = (accepted_at IS NULL))),
    constraint invites_clerk_fault_check CHECK ((length(clerk_fault) <= 200)),
    constraint invites_clerk_invitation_id_check CHECK (((length(clerk_invitation_id) >= 1) AND (length(clerk_invitation_id) <= 200))),
    constraint invites_clerk_state_check CHECK ((clerk_state = ANY (ARRAY['wanted'::text, 'sent'::text, 'unwanted'::text, 'none'::text, 'accepted'::text, 'refused'::text]))),
    constraint invites_email_check CHECK (((length(email) >= 3) AND (length(email) <= 254))),
    constraint invites_pkey PRIMARY KEY (id),
    constraint invites_project_ids_check CHECK ((cardinality(project_ids) <= 100)),
    constraint invites_role_check CHECK ((role = ANY (ARRAY['admin'::text, 'agency'::text, 'client'::text, 'compliance'::text]))),
    constraint invites_status_check CHECK ((status = ANY (ARRAY['pending'::text, 'accepted'::text, 'expired'::text, 'revoked'::text]))),
    constraint invites_tenant_id_accepted_by_fkey FOREIGN KEY (tenant_id, accepted_by) REFERENCES portal.users(tenant_id, id),
    constraint invites_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES portal.tenants(id),
    constraint invites_tenant_id_id_key UNIQUE (tenant_id, id),
    constraint invites_tenant_id_invited_by_fkey FOREIGN KEY (tenant_id, invited_by) REFERENCES portal.users(tenant_id, id)
);
CREATE INDEX invites_by_address ON portal.invites USING btree (tenant_id, lower(email));
CREATE INDEX invites_by_status ON portal.invites USING btree (tenant_id, status, created_at DESC, id DESC);
CREATE INDEX invites_by_tenant ON portal.invites USING btree (tenant_id, created_at DESC, id DESC);
CREATE INDEX invites_due_at_clerk ON portal.invites USING btree (clerk_next_at) WHERE (clerk_state = ANY (ARRAY['wanted'::text, 'unwanted'::text]));
CREATE INDEX invites_overdue ON portal.invites USING btree (expires_at) WHERE (status = 'pending'::text);
CREATE UNIQUE INDEX invites_pending_email ON portal.invites USING btree (tenant_id, lower(email)) WHERE (status = 'pending'::text);
alter table portal.invites enable row level security;
create policy own_tenant on portal.invites as permissive for all to portal_app
    using ((tenant_id = ( SELECT portal.current_tenant() AS current_tenant)))
    with check ((tenant_id = ( SELECT portal.current_tenant() AS current_tenant)));
create policy sweep on portal.invites as permissive for select to portal_system
    using (true);
grant insert, select, update on table portal.invites to portal_app;
grant select (id, tenant_id, status, expires_at, clerk_state, clerk_next_at) on table portal.invites to portal_system;

create table portal.limit_figures (
    minute timestamp with time zone not null,
    limit_name text not null,
    key text not null,
    mode text not null,
    times bigint not null,
    constraint limit_figures_key_check CHECK (((length(key) >= 1) AND (length(key) <= 64))),
    constraint limit_figures_limit_name_check CHECK ((limit_name = ANY (ARRAY['user'::text, 'tenant'::text, 'playback'::text, 'uploads'::text, 'audit_reads'::text, 'failed_attempts'::text]))),
    constraint limit_figures_minute_check CHECK ((((EXTRACT(epoch FROM minute))::bigint % (60)::bigint) = 0)),
    constraint limit_figures_mode_check CHECK ((mode = ANY (ARRAY['enforce'::text, 'observe'::text]))),
    constraint limit_figures_pkey PRIMARY KEY (minute, limit_name, key, mode),
    constraint limit_figures_times_check CHECK ((times > 0))
);
alter table portal.limit_figures enable row level security;
create policy platform on portal.limit_figures as permissive for all to portal_system
    using (true)
    with check (true);
grant delete, insert, select, update on table portal.limit_figures to portal_system;

create table portal.mail_suppressions (
    tenant_id uuid not null,
    address_hash text not null,
    event_type text default ''::text not null,
    reason text not null,
    created_at timestamp with time zone not null,
    constraint mail_suppressions_address_hash_check CHECK ((address_hash ~ '^[0-9a-f]{64}$'::text)),
    constraint mail_suppressions_event_type_check CHECK ((length(event_type) <= 100)),
    constraint mail_suppressions_pkey PRIMARY KEY (tenant_id, address_hash, event_type),
    constraint mail_suppressions_reason_check CHECK ((reason = ANY (ARRAY['bounced'::text, 'complained'::text, 'unsubscribed'::text]))),
    constraint mail_suppressions_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES portal.tenants(id)
);
alter table portal.mail_suppressions enable row level security;
create policy all_tenants on portal.mail_suppressions as permissive for all to portal_system
    using (true)
    with check (true);
create policy own_tenant on portal.mail_suppressions as permissive for all to portal_app
    using ((tenant_id = ( SELECT portal.current_tenant() AS current_tenant)))
    with check ((tenant_id = ( SELECT portal.current_tenant() AS current_tenant)));
grant delete, insert, select, update on table portal.mail_suppressions to portal_app;
grant insert, select, update on table portal.mail_suppressions to portal_system;

create table portal.milestone_template_versions (
    tenant_id uuid not null,
    template_id uuid not null,
    version integer not null,
    name text not null,
    description text not null,
    items jsonb not null,
    created_by uuid not null,
    created_at timestamp with time zone not null,
    constraint milestone_template_versions_description_check CHECK ((length(description) <= 4000)),
    constraint milestone_template_versions_items_check CHECK (((jsonb_typeof(items) = 'array'::text) AND ((jsonb_array_length(items) >= 1) AND (jsonb_array_length(items) <= 50)))),
    constraint milestone_template_versions_name_check CHECK (((length(name) >= 1) AND (length(name) <= 200))),
    constraint milestone_template_versions_pkey PRIMARY KEY (template_id, version),
    constraint milestone_template_versions_tenant_id_created_by_fkey FOREIGN KEY (tenant_id, created_by) REFERENCES portal.users(tenant_id, id),
    constraint milestone_template_versions_tenant_id_template_id_fkey FOREIGN KEY (tenant_id, template_id) REFERENCES portal.milestone_templates(tenant_id, id),
    constraint milestone_template_versions_tenant_id_template_id_version_key UNIQUE (tenant_id, template_id, version),
    constraint milestone_template_versions_version_check CHECK ((version >= 1))
);
alter table portal.milestone_template_versions enable row level security;
create policy own_tenant on portal.milestone_template_versions as permissive for all to portal_app
    using ((tenant_id = ( SELECT portal.current_tenant() AS current_tenant)))
    with check ((tenant_id = ( SELECT portal.current_tenant() AS current_tenant)));
grant insert, select on table portal.milestone_template_versions to portal_app;

create table portal.milestone_templates (
    id uuid not null,
    tenant_id uuid not null,
    name text not null,
    status text default 'active'::text not null,
    created_by uuid not null,
    version integer default 1 not null,
    created_at timestamp with time zone not null,
    updated_at timestamp with time zone not null,
    constraint milestone_templates_name_check CHECK (((length(name) >= 1) AND (length(name) <= 200))),
    constraint milestone_templates_pkey PRIMARY KEY (id),
    constraint milestone_templates_status_check CHECK ((status = ANY (ARRAY['active'::text, 'archived'::text]))),
    constraint milestone_templates_tenant_id_created_by_fkey FOREIGN KEY (tenant_id, created_by) REFERENCES portal.users(tenant_id, id),
    constraint milestone_templates_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES portal.tenants(id),
    constraint milestone_templates_tenant_id_id_key UNIQUE (tenant_id, id),
    constraint milestone_templates_version_check CHECK ((version >= 1))
);
CREATE INDEX milestone_templates_by_tenant ON portal.milestone_templates USING btree (tenant_id, created_at DESC, id DESC);
alter table portal.milestone_templates enable row level security;
create policy own_tenant on portal.milestone_templates as permissive for all to portal_app
    using ((tenant_id = ( SELECT portal.current_tenant() AS current_tenant)))
    with check ((tenant_id = ( SELECT portal.current_tenant() AS current_tenant)));
grant insert, select, update on table portal.milestone_templates to portal_app;

create table portal.milestones (
    id uuid not null,
    tenant_id uuid not null,
    project_id uuid not null,
    application_id uuid,
    name text not null,
    description text default ''::text not null,
    status text default 'planned'::text not null,
    starts_on date,
    due_on date,
    due_key date generated always as (COALESCE(due_on, 'infinity'::date)) stored not null,
    created_by uuid not null,
    version integer default 1 not null,
    created_at timestamp with time zone not null,
    updated_at timestamp with time zone not null,
    constraint milestones_check CHECK ((starts_on <= due_on)),
    constraint milestones_description_check CHECK ((length(description) <= 4000)),
    constraint milestones_name_check CHECK (((length(name) >= 1) AND (length(name) <= 200))),
    constraint milestones_pkey PRIMARY KEY (id),
    constraint milestones_status_check CHECK ((status = ANY (ARRAY['planned'::text, 'in_progress'::text, 'done'::text]))),
    constraint milestones_tenant_id_created_by_fkey FOREIGN KEY (tenant_id, created_by) REFERENCES portal.users(tenant_id, id),
    constraint milestones_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES portal.tenants(id),
    constraint milestones_tenant_id_project_id_application_id_fkey FOREIGN KEY (tenant_id, project_id, application_id) REFERENCES portal.template_applications(tenant_id, project_id, id),
    constraint milestones_tenant_id_project_id_fkey FOREIGN KEY (tenant_id, project_id) REFERENCES portal.projects(tenant_id, id),
    constraint milestones_tenant_id_project_id_id_key UNIQUE (tenant_id, project_id, id)
);
CREATE INDEX milestones_by_due ON portal.milestones USING btree (tenant_id, due_key, id);
CREATE INDEX milestones_of_project ON portal.milestones USING btree (tenant_id, project_id, due_key, id);
alter table portal.milestones enable row level security;
create policy own_tenant on portal.milestones as permissive for all to portal_app
    using ((tenant_id = ( SELECT portal.current_tenant() AS current_tenant)))
    with check ((tenant_id = ( SELECT portal.current_tenant() AS current_tenant)));
grant delete, insert, select, update on table portal.milestones to portal_app;

create table portal.mux_cleanups (
    mux_asset_id text not null,
    tenant_id uuid not null,
    job_id uuid not null,
    reason text not null,
    attempts integer default 0 not null,
    last_error text,
    next_attempt_at timestamp with time zone not null,
    done_at timestamp with time zone,
    created_at timestamp with time zone not null,
    constraint mux_cleanups_last_error_check CHECK ((length(last_error) <= 1000)),
    constraint mux_cleanups_mux_asset_id_check CHECK (((length(mux_asset_id) >= 1) AND (length(mux_asset_id) <= 200))),
    constraint mux_cleanups_pkey PRIMARY KEY (mux_asset_id),
    constraint mux_cleanups_reason_check CHECK (((length(reason) >= 1) AND (length(reason) <= 100))),
    constraint mux_cleanups_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES portal.tenants(id)
);
CREATE INDEX mux_cleanups_due ON portal.mux_cleanups USING btree (next_attempt_at) WHERE (done_at IS NULL);
alter table portal.mux_cleanups enable row level security;
create policy all_tenants on portal.mux_cleanups as permissive for all to portal_system
    using (true)
    with check (true);
grant insert, select, update on table portal.mux_cleanups to portal_system;

create table portal.mux_tasks (
    id uuid not null,
    tenant_id uuid not null,
    kind text not null,
    asset_version_id uuid not null,
    mux_asset_id text not null,
    old_playback_id text,
    attempts integer default 0 not null,
    slot_at timestamp with time zone,
    last_error text,
    next_attempt_at timestamp with time zone not null,
    done_at timestamp with time zone,
    outcome text,
    created_at timestamp with time zone not null,
    constraint mux_tasks_check CHECK (((kind = 'replace_playback_id'::text) = (old_playback_id IS NOT NULL))),
    constraint mux_tasks_check1 CHECK (((done_at IS NULL) = (outcome IS NULL))),
    constraint mux_tasks_kind_check CHECK ((kind = ANY (ARRAY['replace_playback_id'::text, 'rendition'::text]))),
    constraint mux_tasks_last_error_check CHECK ((length(last_error) <= 1000)),
    constraint mux_tasks_mux_asset_id_check CHECK (((length(mux_asset_id) >= 1) AND (length(mux_asset_id) <= 200))),
    constraint mux_tasks_old_playback_id_check CHECK (((length(old_playback_id) >= 1) AND (length(old_playback_id) <= 200))),
    constraint mux_tasks_outcome_check CHECK ((outcome = ANY (ARRAY['done'::text, 'refused'::text]))),
    constraint mux_tasks_pkey PRIMARY KEY (id),
    constraint mux_tasks_tenant_id_asset_version_id_fkey FOREIGN KEY (tenant_id, asset_version_id) REFERENCES portal.asset_versions(tenant_id, id),
    constraint mux_tasks_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES portal.tenants(id)
);
CREATE INDEX mux_tasks_due ON portal.mux_tasks USING btree (next_attempt_at) WHERE (done_at IS NULL);
CREATE UNIQUE INDEX mux_tasks_rendition ON portal.mux_tasks USING btree (asset_version_id) WHERE (kind = 'rendition'::text);
CREATE UNIQUE INDEX mux_tasks_replace ON portal.mux_tasks USING btree (old_playback_id);
CREATE INDEX mux_tasks_replaced ON portal.mux_tasks USING btree (created_at) WHERE (kind = 'replace_playback_id'::text);
alter table portal.mux_tasks enable row level security;
create policy all_tenants on portal.mux_tasks as permissive for all to portal_system
    using (true)
    with check (true);
create policy own_tenant on portal.mux_tasks as permissive for all to portal_app
    using ((tenant_id = ( SELECT portal.current_tenant() AS current_tenant)))
    with check ((tenant_id = ( SELECT portal.current_tenant() AS current_tenant)));
grant insert, select on table portal.mux_tasks to portal_app;
grant select, update on table portal.mux_tasks to portal_system;

create table portal.notification_preferences (
    tenant_id uuid not null,
    user_id uuid not null,
    event_type text not null,
    in_app boolean not null,
    email boolean not null,
    constraint notification_preferences_event_type_check CHECK (((length(event_type) >= 1) AND (length(event_type) <= 100))),
    constraint notification_preferences_pkey PRIMARY KEY (tenant_id, user_id, event_type),
    constraint notification_preferences_tenant_id_user_id_fkey FOREIGN KEY (tenant_id, user_id) REFERENCES portal.users(tenant_id, id)
);
alter table portal.notification_preferences enable row level security;
create policy own_tenant on portal.notification_preferences as permissive for all to portal_app
    using ((tenant_id = ( SELECT portal.current_tenant() AS current_tenant)))
    with check ((tenant_id = ( SELECT portal.current_tenant() AS current_tenant)));
grant delete, insert, select, update on table portal.notification_preferences to portal_app;

create table portal.notifications (
    id uuid not null,
    tenant_id uuid not null,
    user_id uuid not null,
    event_id uuid,
    type text not null,
    subject_type text not null,
    subject_id uuid not null,
    project_id uuid,
    read_at timestamp with time zone,
    created_at timestamp with time zone not null,
    constraint notifications_pkey PRIMARY KEY (id),
    constraint notifications_subject_type_check CHECK (((length(subject_type) >= 1) AND (length(subject_type) <= 50))),
    constraint notifications_tenant_id_user_id_event_id_key UNIQUE (tenant_id, user_id, event_id),
    constraint notifications_tenant_id_user_id_fkey FOREIGN KEY (tenant_id, user_id) REFERENCES portal.users(tenant_id, id),
    constraint notifications_type_check CHECK (((length(type) >= 1) AND (length(type) <= 100)))
);
CREATE INDEX notifications_by_age ON portal.notifications USING btree (tenant_id, created_at);
CREATE INDEX notifications_by_type ON portal.notifications USING btree (tenant_id, user_id, type, created_at DESC, id DESC);
CREATE INDEX notifications_by_user ON portal.notifications USING btree (tenant_id, user_id, created_at DESC, id DESC);
CREATE INDEX notifications_unread ON portal.notifications USING btree (tenant_id, user_id, created_at DESC, id DESC) WHERE (read_at IS NULL);
alter table portal.notifications enable row level security;
create policy own_tenant on portal.notifications as permissive for all to portal_app
    using ((tenant_id = ( SELECT portal.current_tenant() AS current_tenant)))
    with check ((tenant_id = ( SELECT portal.current_tenant() AS current_tenant)));
create policy retention on portal.notifications as permissive for all to portal_system
    using (true);
grant insert, select on table portal.notifications to portal_app;
grant delete on table portal.notifications to portal_system;
grant update (read_at) on table portal.notifications to portal_app;
grant select (id, tenant_id, user_id, read_at, created_at) on table portal.notifications to portal_system;

create table portal.objective_minutes (
    objective text not null,
    minute timestamp with time zone not null,
    good bigint not null,
    total bigint not null,
    constraint objective_minutes_check CHECK ((good <= total)),
    constraint objective_minutes_good_check CHECK ((good >= 0)),
    constraint objective_minutes_minute_check CHECK ((((EXTRACT(epoch FROM minute))::bigint % (60)::bigint) = 0)),
    constraint objective_minutes_objective_check CHECK (((length(objective) >= 1) AND (length(objective) <= 100))),
    constraint objective_minutes_pkey PRIMARY KEY (objective, minute),
    constraint objective_minutes_total_check CHECK ((total > 0))
);
CREATE INDEX objective_minutes_by_age ON portal.objective_minutes USING btree (minute);
alter table portal.objective_minutes enable row level security;
create policy platform on portal.objective_minutes as permissive for all to portal_system
    using (true)
    with check (true);
grant delete, insert, select, update on table portal.objective_minutes to portal_system;

create table portal.objective_states (
    objective text not null,
    measured_until timestamp with time zone,
    incident_id uuid,
    warned boolean default false not null,
    constraint objective_states_incident_id_fkey FOREIGN KEY (incident_id) REFERENCES portal.incidents(id),
    constraint objective_states_objective_check CHECK (((length(objective) >= 1) AND (length(objective) <= 100))),
    constraint objective_states_pkey PRIMARY KEY (objective)
);
alter table portal.objective_states enable row level security;
create policy platform on portal.objective_states as permissive for all to portal_system
    using (true)
    with check (true);
grant insert, select, update on table portal.objective_states to portal_system;

create table portal.operator_mails (
    id uuid not null,
    kind text not null,
    since timestamp with time zone not null,
    until timestamp with time zone not null,
    mailed boolean not null,
    created_at timestamp with time zone not null,
    constraint operator_mails_check CHECK ((until > since)),
    constraint operator_mails_kind_check CHECK ((kind = ANY (ARRAY['warnings'::text, 'objectives'::text]))),
    constraint operator_mails_kind_until_key UNIQUE (kind, until),
    constraint operator_mails_pkey PRIMARY KEY (id)
);
alter table portal.operator_mails enable row level security;
create policy platform on portal.operator_mails as permissive for all to portal_system
    using (true)
    with check (true);
grant insert, select on table portal.operator_mails to portal_system;

create table portal.operator_sessions (
    id uuid not null,
    token_hash bytea not null,
    clerk_user_id text not null,
    created_at timestamp with time zone not null,
    expires_at timestamp with time zone not null,
    ended_at timestamp with time zone,
    constraint operator_sessions_clerk_user_id_fkey FOREIGN KEY (clerk_user_id) REFERENCES portal.operators(clerk_user_id) ON DELETE CASCADE,
    constraint operator_sessions_pkey PRIMARY KEY (id),
    constraint operator_sessions_token_hash_check CHECK ((length(token_hash) = 32)),
    constraint operator_sessions_token_hash_key UNIQUE (token_hash)
);
CREATE INDEX operator_sessions_by_end ON portal.operator_sessions USING btree (expires_at);
CREATE INDEX operator_sessions_by_person ON portal.operator_sessions USING btree (clerk_user_id);
alter table portal.operator_sessions enable row level security;
create policy platform on portal.operator_sessions as permissive for all to portal_system
    using (true)
    with check (true);
grant delete, insert, select, update on table portal.operator_sessions to portal_system;

create table portal.operators (
    clerk_user_id text not null,
    created_at timestamp with time zone not null,
    constraint operators_clerk_user_id_check CHECK (((length(clerk_user_id) >= 1) AND (length(clerk_user_id) <= 200))),
    constraint operators_pkey PRIMARY KEY (clerk_user_id)
);
alter table portal.operators enable row level security;
create policy timers on portal.operators as permissive for select to portal_system
    using (true);
grant select on table portal.operators to portal_system;

create table portal.outbox (
    seq bigint generated always as identity not null,
    event_id uuid not null,
    tenant_id uuid not null,
    attempts integer default 0 not null,
    next_attempt_at timestamp with time zone default '-infinity'::timestamp with time zone not null,
    last_error text,
    constraint outbox_event_id_fkey FOREIGN KEY (event_id) REFERENCES portal.events(event_id),
    constraint outbox_event_id_key UNIQUE (event_id),
    constraint outbox_last_error_check CHECK ((length(last_error) <= 1000)),
    constraint outbox_pkey PRIMARY KEY (seq),
    constraint outbox_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES portal.tenants(id)
);
CREATE INDEX outbox_by_tenant ON portal.outbox USING btree (tenant_id, seq);
alter table portal.outbox enable row level security;
create policy own_tenant on portal.outbox as permissive for all to portal_app
    using ((tenant_id = ( SELECT portal.current_tenant() AS current_tenant)))
    with check ((tenant_id = ( SELECT portal.current_tenant() AS current_tenant)));
create policy sweep on portal.outbox as permissive for select to portal_system
    using (true);
grant delete, select, update on table portal.outbox to portal_app;
grant select on table portal.outbox to portal_system;

create table portal.playback_archive (
    id uuid not null,
    tenant_id uuid not null,
    asset_version_id uuid not null,
    share_link_id uuid,
    viewer_id uuid,
    user_id uuid,
    ip_hash bytea not null,
    agent_family text not null,
    request_id text,
    minted_at timestamp with time zone not null,
    token_expires_at timestamp with time zone not null,
    written_in bigint,
    row_hash bytea,
    constraint playback_archive_pkey PRIMARY KEY (id),
    constraint playback_archive_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES portal.tenants(id)
);
CREATE INDEX playback_archive_by_link ON portal.playback_archive USING btree (tenant_id, share_link_id, minted_at, id) WHERE (share_link_id IS NOT NULL);
CREATE INDEX playback_archive_by_tenant ON portal.playback_archive USING btree (tenant_id, minted_at DESC, id DESC);
CREATE INDEX playback_archive_by_write ON portal.playback_archive USING btree (tenant_id, written_in, id) WHERE (written_in IS NOT NULL);
alter table portal.playback_archive enable row level security;
create policy own_tenant on portal.playback_archive as permissive for all to portal_app
    using ((tenant_id = ( SELECT portal.current_tenant() AS current_tenant)))
    with check ((tenant_id = ( SELECT portal.current_tenant() AS current_tenant)));
CREATE TRIGGER playback_archive_append_only BEFORE DELETE OR UPDATE ON portal.playback_archive FOR EACH ROW EXECUTE FUNCTION portal.refuse_change();
CREATE TRIGGER playback_archive_no_truncate BEFORE TRUNCATE ON portal.playback_archive FOR EACH STATEMENT EXECUTE FUNCTION portal.refuse_change();
grant select on table portal.playback_archive to portal_app;

create table portal.playback_audit (
    id uuid not null,
    tenant_id uuid not null,
    asset_version_id uuid not null,
    share_link_id uuid,
    viewer_id uuid,
    user_id uuid,
    ip_hash bytea not null,
    agent_family text not null,
    request_id text,
    minted_at timestamp with time zone not null,
    token_expires_at timestamp with time zone not null,
    written_in bigint not null,
    row_hash bytea not null,
    constraint playback_audit_agent_family_check CHECK ((length(agent_family) <= 50)),
    constraint playback_audit_check CHECK (((user_id IS NULL) <> (share_link_id IS NULL))),
    constraint playback_audit_pkey PRIMARY KEY (id),
    constraint playback_audit_request_id_check CHECK ((length(request_id) <= 100)),
    constraint playback_audit_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES portal.tenants(id)
);
CREATE INDEX playback_audit_by_link ON portal.playback_audit USING btree (tenant_id, share_link_id, minted_at DESC, id DESC) WHERE (share_link_id IS NOT NULL);
CREATE INDEX playback_audit_by_tenant ON portal.playback_audit USING btree (tenant_id, minted_at DESC, id DESC);
CREATE INDEX playback_audit_by_time ON portal.playback_audit USING brin (minted_at);
CREATE INDEX playback_audit_by_user ON portal.playback_audit USING btree (tenant_id, user_id, minted_at DESC, id DESC) WHERE (user_id IS NOT NULL);
CREATE INDEX playback_audit_by_version ON portal.playback_audit USING btree (tenant_id, asset_version_id, minted_at DESC, id DESC);
CREATE INDEX playback_audit_by_viewer ON portal.playback_audit USING btree (tenant_id, viewer_id, minted_at DESC, id DESC) WHERE (viewer_id IS NOT NULL);
CREATE INDEX playback_audit_by_write ON portal.playback_audit USING btree (tenant_id, written_in, id);
alter table portal.playback_audit enable row level security;
create policy own_tenant on portal.playback_audit as permissive for all to portal_app
    using ((tenant_id = ( SELECT portal.current_tenant() AS current_tenant)))
    with check ((tenant_id = ( SELECT portal.current_tenant() AS current_tenant)));
CREATE TRIGGER playback_audit_append_only BEFORE UPDATE ON portal.playback_audit FOR EACH ROW EXECUTE FUNCTION portal.refuse_change();
CREATE TRIGGER playback_audit_hash BEFORE INSERT ON portal.playback_audit FOR EACH ROW EXECUTE FUNCTION portal.hash_playback_row();
CREATE TRIGGER playback_audit_leaves_for_archive BEFORE DELETE ON portal.playback_audit FOR EACH ROW EXECUTE FUNCTION portal.refuse_unless_playback_archived();
grant insert, select on table portal.playback_audit to portal_app;

create table portal.playback_events (
    tenant_id uuid not null,
    playback_session_id uuid not null,
    type text not null,
    asset_version_id uuid not null,
    watched_through text not null,
    agent_family text not null,
    startup_ms integer,
    rebuffers integer,
    rebuffer_ms integer,
    error_code text,
    minute timestamp with time zone not null,
    constraint playback_events_agent_family_check CHECK ((agent_family = ANY (ARRAY['Chrome'::text, 'Edge'::text, 'Firefox'::text, 'Safari'::text, 'curl'::text, 'robot'::text, 'other'::text, 'unknown'::text]))),
    constraint playback_events_check CHECK (((type = 'started'::text) = (startup_ms IS NOT NULL))),
    constraint playback_events_check1 CHECK (((type = 'failed'::text) = (error_code IS NOT NULL))),
    constraint playback_events_check2 CHECK (((type = 'ended'::text) = (rebuffers IS NOT NULL))),
    constraint playback_events_check3 CHECK (((rebuffers IS NULL) = (rebuffer_ms IS NULL))),
    constraint playback_events_check4 CHECK (((rebuffers > 0) OR (rebuffer_ms = 0))),
    constraint playback_events_error_code_check CHECK ((error_code = ANY (ARRAY['network'::text, 'media'::text, 'refused'::text, 'unsupported'::text, 'other'::text]))),
    constraint playback_events_minute_check CHECK ((((EXTRACT(epoch FROM minute))::bigint % (60)::bigint) = 0)),
    constraint playback_events_pkey PRIMARY KEY (tenant_id, playback_session_id, type),
    constraint playback_events_rebuffer_ms_check CHECK (((rebuffer_ms >= 0) AND (rebuffer_ms <= 86400000))),
    constraint playback_events_rebuffers_check CHECK (((rebuffers >= 0) AND (rebuffers <= 10000))),
    constraint playback_events_startup_ms_check CHECK (((startup_ms >= 0) AND (startup_ms <= 600000))),
    constraint playback_events_tenant_id_asset_version_id_fkey FOREIGN KEY (tenant_id, asset_version_id) REFERENCES portal.asset_versions(tenant_id, id),
    constraint playback_events_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES portal.tenants(id),
    constraint playback_events_type_check CHECK ((type = ANY (ARRAY['started'::text, 'failed'::text, 'ended'::text]))),
    constraint playback_events_watched_through_check CHECK ((watched_through = ANY (ARRAY['portal'::text, 'share_link'::text])))
);
CREATE INDEX playback_events_by_minute ON portal.playback_events USING btree (minute, type);
CREATE INDEX playback_events_by_version ON portal.playback_events USING btree (tenant_id, asset_version_id);
alter table portal.playback_events enable row level security;
create policy all_tenants on portal.playback_events as permissive for all to portal_system
    using (true)
    with check (true);
create policy own_tenant on portal.playback_events as permissive for all to portal_app
    using ((tenant_id = ( SELECT portal.current_tenant() AS current_tenant)))
    with check ((tenant_id = ( SELECT portal.current_tenant() AS current_tenant)));
grant insert, select on table portal.playback_events to portal_app;
grant delete, select on table portal.playback_events to portal_system;

create table portal.probe_runs (
    minute timestamp with time zone not null,
    started_at timestamp with time zone not null,
    outcome text,
    step text,
    status integer,
    took_ms integer,
    constraint probe_runs_check CHECK (((outcome IS NULL) = (took_ms IS NULL))),
    constraint probe_runs_check1 CHECK (((step IS NULL) = ((outcome IS NULL) OR (outcome = ANY (ARRAY['played'::text, 'no_link'::text]))))),
    constraint probe_runs_check2 CHECK (((status IS NULL) OR (outcome = ANY (ARRAY['refused'::text, 'failed'::text])))),
    constraint probe_runs_minute_check CHECK ((((EXTRACT(epoch FROM minute))::bigint % (60)::bigint) = 0)),
    constraint probe_runs_outcome_check CHECK ((outcome = ANY (ARRAY['played'::text, 'no_link'::text, 'refused'::text, 'failed'::text, 'unreachable'::text, 'timed_out'::text, 'unreadable'::text]))),
    constraint probe_runs_pkey PRIMARY KEY (minute),
    constraint probe_runs_status_check CHECK (((status >= 100) AND (status <= 599))),
    constraint probe_runs_step_check CHECK ((step = ANY (ARRAY['open'::text, 'playlist'::text]))),
    constraint probe_runs_took_ms_check CHECK ((took_ms >= 0))
);
alter table portal.probe_runs enable row level security;
create policy platform on portal.probe_runs as permissive for all to portal_system
    using (true)
    with check (true);
grant delete, insert, select, update on table portal.probe_runs to portal_system;

create table portal.project_members (
    tenant_id uuid not null,
    project_id uuid not null,
    user_id uuid not null,
    added_at timestamp with time zone not null,
    constraint project_members_pkey PRIMARY KEY (project_id, user_id),
    constraint project_members_tenant_id_project_id_fkey FOREIGN KEY (tenant_id, project_id) REFERENCES portal.projects(tenant_id, id),
    constraint project_members_tenant_id_user_id_fkey FOREIGN KEY (tenant_id, user_id) REFERENCES portal.users(tenant_id, id)
);
CREATE INDEX project_members_by_user ON portal.project_members USING btree (tenant_id, user_id);
CREATE INDEX project_members_of_project ON portal.project_members USING btree (tenant_id, project_id, added_at, user_id);
alter table portal.project_members enable row level security;
create policy own_tenant on portal.project_members as permissive for all to portal_app
    using ((tenant_id = ( SELECT portal.current_tenant() AS current_tenant)))
    with check ((tenant_id = ( SELECT portal.current_tenant() AS current_tenant)));
grant delete, insert, select on table portal.project_members to portal_app;

create table portal.project_mutes (
    tenant_id uuid not null,
    user_id uuid not null,
    project_id uuid not null,
    constraint project_mutes_pkey PRIMARY KEY (tenant_id, user_id, project_id),
    constraint project_mutes_tenant_id_project_id_fkey FOREIGN KEY (tenant_id, project_id) REFERENCES portal.projects(tenant_id, id),
    constraint project_mutes_tenant_id_user_id_fkey FOREIGN KEY (tenant_id, user_id) REFERENCES portal.users(tenant_id, id)
);
alter table portal.project_mutes enable row level security;
create policy own_tenant on portal.project_mutes as permissive for all to portal_app
    using ((tenant_id = ( SELECT portal.current_tenant() AS current_tenant)))
    with check ((tenant_id = ( SELECT portal.current_tenant() AS current_tenant)));
grant delete, insert, select on table portal.project_mutes to portal_app;

create table portal.project_progress (
    tenant_id uuid not null,
    project_id uuid not null,
    tasks integer not null,
    done integer not null,
    constraint project_progress_pkey PRIMARY KEY (tenant_id, project_id),
    constraint project_progress_tenant_id_project_id_fkey FOREIGN KEY (tenant_id, project_id) REFERENCES portal.projects(tenant_id, id)
);
alter table portal.project_progress enable row level security;
create policy own_tenant on portal.project_progress as permissive for all to portal_app
    using ((tenant_id = ( SELECT portal.current_tenant() AS current_tenant)))
    with check ((tenant_id = ( SELECT portal.current_tenant() AS current_tenant)));
grant delete, insert, select, update on table portal.project_progress to portal_app;

create table portal.projects (
    id uuid not null,
    tenant_id uuid not null,
    name text not null,
    description text default ''::text not null,
    status text default 'active'::text not null,
    created_by uuid not null,
    version integer default 1 not null,
    created_at timestamp with time zone not null,
    updated_at timestamp with time zone not null,
    name_key text collate "C" generated always as ("left"(lower(name), 48)) stored not null,
    constraint projects_description_check CHECK ((length(description) <= 4000)),
    constraint projects_name_check CHECK (((length(name) >= 1) AND (length(name) <= 200))),
    constraint projects_pkey PRIMARY KEY (id),
    constraint projects_status_check CHECK ((status = ANY (ARRAY['active'::text, 'on_hold'::text, 'completed'::text, 'archived'::text]))),
    constraint projects_tenant_id_created_by_fkey FOREIGN KEY (tenant_id, created_by) REFERENCES portal.users(tenant_id, id),
    constraint projects_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES portal.tenants(id),
    constraint projects_tenant_id_id_key UNIQUE (tenant_id, id)
);
CREATE INDEX projects_by_name ON portal.projects USING btree (tenant_id, name_key, id);
CREATE INDEX projects_by_tenant ON portal.projects USING btree (tenant_id, created_at DESC, id DESC);
alter table portal.projects enable row level security;
create policy own_tenant on portal.projects as permissive for all to portal_app
    using ((tenant_id = ( SELECT portal.current_tenant() AS current_tenant)))
    with check ((tenant_id = ( SELECT portal.current_tenant() AS current_tenant)));
grant insert, select, update on table portal.projects to portal_app;

create unlogged table portal.rate_windows (
    key text not null,
    window_start timestamp with time zone not null,
    hits integer not null,
    window_end timestamp with time zone not null,
    constraint rate_windows_key_check CHECK (((length(key) >= 1) AND (length(key) <= 200))),
    constraint rate_windows_pkey PRIMARY KEY (key, window_start)
) with (fillfactor=50);
alter table portal.rate_windows enable row level security;
create policy platform on portal.rate_windows as permissive for all to portal_system
    using (true)
    with check (true);
grant delete, select on table portal.rate_windows to portal_system;

create table portal.request_figures (
    minute timestamp with time zone not null,
    function text not null,
    outcome text not null,
    under_ms integer not null,
    requests bigint not null,
    constraint request_figures_function_check CHECK (((length(function) >= 1) AND (length(function) <= 100))),
    constraint request_figures_minute_check CHECK ((((EXTRACT(epoch FROM minute))::bigint % (60)::bigint) = 0)),
    constraint request_figures_outcome_check CHECK ((outcome = ANY (ARRAY['ok'::text, 'refused'::text, 'failed'::text]))),
    constraint request_figures_pkey PRIMARY KEY (minute, function, outcome, under_ms),
    constraint request_figures_requests_check CHECK ((requests > 0)),
    constraint request_figures_under_ms_check CHECK ((under_ms > 0))
);
alter table portal.request_figures enable row level security;
create policy platform on portal.request_figures as permissive for all to portal_system
    using (true)
    with check (true);
grant delete, insert, select, update on table portal.request_figures to portal_system;

create table portal.request_flushes (
    instance uuid not null,
    number bigint not null,
    at timestamp with time zone not null,
    constraint request_flushes_number_check CHECK ((number > 0)),
    constraint request_flushes_pkey PRIMARY KEY (instance)
);
CREATE INDEX request_flushes_by_age ON portal.request_flushes USING btree (at);
alter table portal.request_flushes enable row level security;
create policy platform on portal.request_flushes as permissive for all to portal_system
    using (true)
    with check (true);
grant delete, insert, select, update on table portal.request_flushes to portal_system;

create table portal.residency_reports (
    id uuid not null,
    tenant_id uuid not null,
    week text not null,
    period_start timestamp with time zone not null,
    period_end timestamp with time zone not null,
    json text not null,
    html text not null,
    json_sha256 bytea not null,
    html_sha256 bytea not null,
    created_at timestamp with time zone not null,
    constraint residency_reports_html_check CHECK ((length(html) <= 1048576)),
    constraint residency_reports_html_sha256_check CHECK ((length(html_sha256) = 32)),
    constraint residency_reports_json_check CHECK ((length(json) <= 1048576)),
    constraint residency_reports_json_sha256_check CHECK ((length(json_sha256) = 32)),
    constraint residency_reports_pkey PRIMARY KEY (id),
    constraint residency_reports_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES portal.tenants(id),
    constraint residency_reports_tenant_id_week_key UNIQUE (tenant_id, week),
    constraint residency_reports_week_check CHECK ((week ~ '^\d{4}-W\d{2}$'::text))
);
CREATE INDEX residency_reports_by_tenant ON portal.residency_reports USING btree (tenant_id, created_at DESC, id DESC);
alter table portal.residency_reports enable row level security;
create policy own_tenant on portal.residency_reports as permissive for all to portal_app
    using ((tenant_id = ( SELECT portal.current_tenant() AS current_tenant)))
    with check ((tenant_id = ( SELECT portal.current_tenant() AS current_tenant)));
create policy timers on portal.residency_reports as permissive for select to portal_system
    using (true);
CREATE TRIGGER residency_reports_append_only BEFORE UPDATE ON portal.residency_reports FOR EACH ROW EXECUTE FUNCTION portal.refuse_change();
CREATE TRIGGER residency_reports_leave_with_the_tenant BEFORE DELETE ON portal.residency_reports FOR EACH ROW EXECUTE FUNCTION portal.refuse_unless_erased();
grant insert, select on table portal.residency_reports to portal_app;
grant select (tenant_id, week) on table portal.residency_reports to portal_system;

create table portal.restore_tests (
    id uuid not null,
    ran_at timestamp with time zone not null,
    backup_taken_at timestamp with time zone not null,
    succeeded boolean not null,
    duration_s integer not null,
    notes text default ''::text not null,
    recorded_by text,
    recorded_at timestamp with time zone not null,
    incident_id uuid,
    evidence_url text,
    constraint restore_tests_check CHECK ((backup_taken_at <= ran_at)),
    constraint restore_tests_check1 CHECK (((NOT succeeded) OR (incident_id IS NULL))),
    constraint restore_tests_duration_s_check CHECK (((duration_s >= 0) AND (duration_s <= 604800))),
    constraint restore_tests_evidence_url_check CHECK (((evidence_url ~~ 'https://%'::text) AND (length(evidence_url) <= 2000))),
    constraint restore_tests_incident_id_fkey FOREIGN KEY (incident_id) REFERENCES portal.incidents(id),
    constraint restore_tests_notes_check CHECK ((length(notes) <= 2000)),
    constraint restore_tests_pkey PRIMARY KEY (id),
    constraint restore_tests_ran_at_key UNIQUE (ran_at),
    constraint restore_tests_recorded_by_check CHECK (((length(recorded_by) >= 1) AND (length(recorded_by) <= 200)))
);
CREATE INDEX restore_tests_by_time ON portal.restore_tests USING btree (ran_at DESC, id DESC);
alter table portal.restore_tests enable row level security;
create policy platform on portal.restore_tests as permissive for all to portal_system
    using (true)
    with check (true);
grant insert, select on table portal.restore_tests to portal_system;

create table portal.share_link_guests (
    tenant_id uuid not null,
    share_link_id uuid not null,
    email text not null,
    added_at timestamp with time zone not null,
    constraint share_link_guests_email_check CHECK ((((length(email) >= 3) AND (length(email) <= 254)) AND (email = lower(email)))),
    constraint share_link_guests_pkey PRIMARY KEY (share_link_id, email),
    constraint share_link_guests_tenant_id_share_link_id_fkey FOREIGN KEY (tenant_id, share_link_id) REFERENCES portal.share_links(tenant_id, id)
);
CREATE INDEX share_link_guests_by_email ON portal.share_link_guests USING btree (tenant_id, email, share_link_id);
alter table portal.share_link_guests enable row level security;
create policy own_tenant on portal.share_link_guests as permissive for all to portal_app
    using ((tenant_id = ( SELECT portal.current_tenant() AS current_tenant)))
    with check ((tenant_id = ( SELECT portal.current_tenant() AS current_tenant)));
grant delete, insert, select on table portal.share_link_guests to portal_app;

create table portal.share_link_notices (
    tenant_id uuid not null,
    share_link_id uuid not null,
    noticed_at timestamp with time zone not null,
    constraint share_link_notices_pkey PRIMARY KEY (share_link_id),
    constraint share_link_notices_tenant_id_share_link_id_fkey FOREIGN KEY (tenant_id, share_link_id) REFERENCES portal.share_links(tenant_id, id)
);
alter table portal.share_link_notices enable row level security;
create policy own_tenant on portal.share_link_notices as permissive for all to portal_app
    using ((tenant_id = ( SELECT portal.current_tenant() AS current_tenant)))
    with check ((tenant_id = ( SELECT portal.current_tenant() AS current_tenant)));
grant delete, insert, select, update on table portal.share_link_notices to portal_app;

create table portal.share_links (
    id uuid not null,
    tenant_id uuid not null,
    project_id uuid not null,
    asset_id uuid not null,
    asset_version_id uuid,
    token_hash bytea not null,
    token_kid text not null,
    generation integer default 1 not null,
    status text default 'active'::text not null,
    expires_at timestamp with time zone not null,
    allow_comments boolean default false not null,
    allow_download boolean default false not null,
    max_opens integer,
    opens integer default 0 not null,
    notify text default 'first'::text not null,
    label text default ''::text not null,
    created_by uuid not null,
    version integer default 1 not null,
    created_at timestamp with time zone not null,
    updated_at timestamp with time zone not null,
    revoked_at timestamp with time zone,
    revoked_by uuid,
    require_sign_in boolean default false not null,
    passphrase_hash bytea,
    passphrase_salt bytea,
    passphrase_iterations integer,
    passphrase_version integer default 0 not null,
    hard_revoked_at timestamp with time zone,
    constraint share_links_check CHECK (((max_opens IS NULL) OR (opens <= max_opens))),
    constraint share_links_check1 CHECK (((status = 'revoked'::text) = (revoked_at IS NOT NULL))),
    constraint share_links_hard_is_revoked CHECK (((hard_revoked_at IS NULL) OR (status = 'revoked'::text))),
    constraint share_links_label_check CHECK ((length(label) <= 200)),
    constraint share_links_max_opens_check CHECK (((max_opens >= 1) AND (max_opens <= 1000000))),
    constraint share_links_notify_check CHECK ((notify = ANY (ARRAY['off'::text, 'first'::text, 'every'::text, 'daily'::text]))),
    constraint share_links_passphrase_hash_check CHECK ((length(passphrase_hash) = 32)),
    constraint share_links_passphrase_iterations_check CHECK ((passphrase_iterations >= 600000)),
    constraint share_links_passphrase_salt_check CHECK ((length(passphrase_salt) >= 16)),
    constraint share_links_passphrase_whole CHECK ((num_nulls(passphrase_hash, passphrase_salt, passphrase_iterations) = ANY (ARRAY[0, 3]))),
    constraint share_links_pkey PRIMARY KEY (id),
    constraint share_links_status_check CHECK ((status = ANY (ARRAY['active'::text, 'expired'::text, 'revoked'::text]))),
    constraint share_links_tenant_id_asset_id_fkey FOREIGN KEY (tenant_id, asset_id) REFERENCES portal.assets(tenant_id, id),
    constraint share_links_tenant_id_asset_version_id_fkey FOREIGN KEY (tenant_id, asset_version_id) REFERENCES portal.asset_versions(tenant_id, id),
    constraint share_links_tenant_id_created_by_fkey FOREIGN KEY (tenant_id, created_by) REFERENCES portal.users(tenant_id, id),
    constraint share_links_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES portal.tenants(id),
    constraint share_links_tenant_id_id_key UNIQUE (tenant_id, id),
    constraint share_links_tenant_id_project_id_fkey FOREIGN KEY (tenant_id, project_id) REFERENCES portal.projects(tenant_id, id),
    constraint share_links_token_hash_check CHECK ((length(token_hash) = 32)),
    constraint share_links_token_hash_key UNIQUE (token_hash),
    constraint share_links_token_kid_check CHECK (((length(token_kid) >= 1) AND (length(token_kid) <= 50)))
);
CREATE INDEX share_links_by_asset ON portal.share_links USING btree (tenant_id, asset_id, created_at DESC, id DESC);
CREATE INDEX share_links_by_end ON portal.share_links USING btree (expires_at) WHERE (status = 'active'::text);
CREATE INDEX share_links_by_revoking ON portal.share_links USING btree (revoked_at) WHERE (status = 'revoked'::text);
CREATE INDEX share_links_by_tenant ON portal.share_links USING btree (tenant_id, created_at DESC, id DESC);
CREATE INDEX share_links_revoked ON portal.share_links USING btree (tenant_id, id) WHERE (status = 'revoked'::text);
alter table portal.share_links enable row level security;
create policy all_tenants on portal.share_links as permissive for all to portal_system
    using (true)
    with check (true);
create policy own_tenant on portal.share_links as permissive for all to portal_app
    using ((tenant_id = ( SELECT portal.current_tenant() AS current_tenant)))
    with check ((tenant_id = ( SELECT portal.current_tenant() AS current_tenant)));
grant insert, select, update on table portal.share_links to portal_app;
grant select, update on table portal.share_links to portal_system;

create table portal.share_unlocks (
    tenant_id uuid not null,
    share_link_id uuid not null,
    unlock_hash bytea not null,
    passphrase_version integer not null,
    created_at timestamp with time zone not null,
    constraint share_unlocks_pkey PRIMARY KEY (share_link_id, unlock_hash),
    constraint share_unlocks_tenant_id_share_link_id_fkey FOREIGN KEY (tenant_id, share_link_id) REFERENCES portal.share_links(tenant_id, id),
    constraint share_unlocks_unlock_hash_check CHECK ((length(unlock_hash) = 32))
);
alter table portal.share_unlocks enable row level security;
create policy own_tenant on portal.share_unlocks as permissive for all to portal_app
    using ((tenant_id = ( SELECT portal.current_tenant() AS current_tenant)))
    with check ((tenant_id = ( SELECT portal.current_tenant() AS current_tenant)));
create policy retention on portal.share_unlocks as permissive for all to portal_system
    using (true);
grant delete, insert, select on table portal.share_unlocks to portal_app;
grant delete on table portal.share_unlocks to portal_system;
grant select (tenant_id, share_link_id, unlock_hash, created_at) on table portal.share_unlocks to portal_system;

create table portal.share_viewers (
    id uuid not null,
    tenant_id uuid not null,
    share_link_id uuid not null,
    viewer_hash bytea not null,
    ip_hash bytea not null,
    agent_family text not null,
    first_seen_at timestamp with time zone not null,
    last_seen_at timestamp with time zone not null,
    user_id uuid,
    minted integer default 0 not null,
    constraint share_viewers_agent_family_check CHECK ((length(agent_family) <= 50)),
    constraint share_viewers_pkey PRIMARY KEY (id),
    constraint share_viewers_share_link_id_viewer_hash_key UNIQUE (share_link_id, viewer_hash),
    constraint share_viewers_tenant_id_id_key UNIQUE (tenant_id, id),
    constraint share_viewers_tenant_id_share_link_id_fkey FOREIGN KEY (tenant_id, share_link_id) REFERENCES portal.share_links(tenant_id, id),
    constraint share_viewers_user FOREIGN KEY (tenant_id, user_id) REFERENCES portal.users(tenant_id, id),
    constraint share_viewers_viewer_hash_check CHECK ((length(viewer_hash) = 32))
);
CREATE INDEX share_viewers_by_link ON portal.share_viewers USING btree (tenant_id, share_link_id, first_seen_at DESC, id DESC);
CREATE INDEX share_viewers_by_user ON portal.share_viewers USING btree (tenant_id, user_id) WHERE (user_id IS NOT NULL);
alter table portal.share_viewers enable row level security;
create policy own_tenant on portal.share_viewers as permissive for all to portal_app
    using ((tenant_id = ( SELECT portal.current_tenant() AS current_tenant)))
    with check ((tenant_id = ( SELECT portal.current_tenant() AS current_tenant)));
grant insert, select on table portal.share_viewers to portal_app;
grant update (minted) on table portal.share_viewers to portal_app;

create table portal.switches (
    target text not null,
    reason text not null,
    until timestamp with time zone not null,
    set_by text not null,
    set_at timestamp with time zone not null,
    cleared_at timestamp with time zone,
    cleared_by text,
    constraint switches_check CHECK ((until > set_at)),
    constraint switches_check1 CHECK (((cleared_at IS NULL) = (cleared_by IS NULL))),
    constraint switches_cleared_by_check CHECK (((length(cleared_by) >= 1) AND (length(cleared_by) <= 200))),
    constraint switches_pkey PRIMARY KEY (target),
    constraint switches_reason_check CHECK (((length(reason) >= 1) AND (length(reason) <= 1000))),
    constraint switches_set_by_check CHECK (((length(set_by) >= 1) AND (length(set_by) <= 200))),
    constraint switches_target_check CHECK (((length(target) >= 1) AND (length(target) <= 50)))
);
alter table portal.switches enable row level security;
create policy platform on portal.switches as permissive for all to portal_system
    using (true)
    with check (true);
grant insert, select, update on table portal.switches to portal_system;

create table portal.task_assignees (
    tenant_id uuid not null,
    project_id uuid not null,
    task_id uuid not null,
    user_id uuid not null,
    added_at timestamp with time zone not null,
    constraint task_assignees_pkey PRIMARY KEY (task_id, user_id),
    constraint task_assignees_tenant_id_project_id_task_id_fkey FOREIGN KEY (tenant_id, project_id, task_id) REFERENCES portal.tasks(tenant_id, project_id, id) ON DELETE CASCADE,
    constraint task_assignees_tenant_id_user_id_fkey FOREIGN KEY (tenant_id, user_id) REFERENCES portal.users(tenant_id, id)
);
CREATE INDEX task_assignees_by_user ON portal.task_assignees USING btree (tenant_id, user_id, task_id);
alter table portal.task_assignees enable row level security;
create policy own_tenant on portal.task_assignees as permissive for all to portal_app
    using ((tenant_id = ( SELECT portal.current_tenant() AS current_tenant)))
    with check ((tenant_id = ( SELECT portal.current_tenant() AS current_tenant)));
grant delete, insert, select on table portal.task_assignees to portal_app;

create table portal.task_dependencies (
    tenant_id uuid not null,
    project_id uuid not null,
    task_id uuid not null,
    depends_on uuid not null,
    added_at timestamp with time zone not null,
    constraint task_dependencies_check CHECK ((task_id <> depends_on)),
    constraint task_dependencies_pkey PRIMARY KEY (task_id, depends_on),
    constraint task_dependencies_tenant_id_project_id_depends_on_fkey FOREIGN KEY (tenant_id, project_id, depends_on) REFERENCES portal.tasks(tenant_id, project_id, id) ON DELETE CASCADE,
    constraint task_dependencies_tenant_id_project_id_task_id_fkey FOREIGN KEY (tenant_id, project_id, task_id) REFERENCES portal.tasks(tenant_id, project_id, id) ON DELETE CASCADE
);
CREATE INDEX task_dependencies_on ON portal.task_dependencies USING btree (tenant_id, project_id, depends_on);
alter table portal.task_dependencies enable row level security;
create policy own_tenant on portal.task_dependencies as permissive for all to portal_app
    using ((tenant_id = ( SELECT portal.current_tenant() AS current_tenant)))
    with check ((tenant_id = ( SELECT portal.current_tenant() AS current_tenant)));
grant delete, insert, select on table portal.task_dependencies to portal_app;

create table portal.task_watchers (
    tenant_id uuid not null,
    project_id uuid not null,
    task_id uuid not null,
    user_id uuid not null,
    added_at timestamp with time zone not null,
    constraint task_watchers_pkey PRIMARY KEY (task_id, user_id),
    constraint task_watchers_tenant_id_project_id_task_id_fkey FOREIGN KEY (tenant_id, project_id, task_id) REFERENCES portal.tasks(tenant_id, project_id, id) ON DELETE CASCADE,
    constraint task_watchers_tenant_id_user_id_fkey FOREIGN KEY (tenant_id, user_id) REFERENCES portal.users(tenant_id, id)
);
CREATE INDEX task_watchers_by_user ON portal.task_watchers USING btree (tenant_id, user_id, task_id);
alter table portal.task_watchers enable row level security;
create policy own_tenant on portal.task_watchers as permissive for all to portal_app
    using ((tenant_id = ( SELECT portal.current_tenant() AS current_tenant)))
    with check ((tenant_id = ( SELECT portal.current_tenant() AS current_tenant)));
grant delete, insert, select on table portal.task_watchers to portal_app;

create table portal.tasks (
    id uuid not null,
    tenant_id uuid not null,
    project_id uuid not null,
    milestone_id uuid,
    title text not null,
    title_key text collate "C" generated always as ("left"(lower(title), 48)) stored not null,
    description text default ''::text not null,
    status text default 'pending'::text not null,
    priority text default 'normal'::text not null,
    priority_rank smallint generated always as (
CASE priority
    WHEN 'low'::text THEN 1
    WHEN 'normal'::text THEN 2
    WHEN 'high'::text THEN 3
    ELSE 4
END) stored not null,
    due_on date,
    due_key date generated always as (COALESCE(due_on, 'infinity'::date)) stored not null,
    done_at timestamp with time zone,
    created_by uuid not null,
    version integer default 1 not null,
    created_at timestamp with time zone not null,
    updated_at timestamp with time zone not null,
    constraint tasks_check CHECK (((status = 'done'::text) = (done_at IS NOT NULL))),
    constraint tasks_description_check CHECK ((length(description) <= 10000)),
    constraint tasks_pkey PRIMARY KEY (id),
    constraint tasks_priority_check CHECK ((priority = ANY (ARRAY['low'::text, 'normal'::text, 'high'::text, 'urgent'::text]))),
    constraint tasks_status_check CHECK ((status = ANY (ARRAY['pending'::text, 'in_progress'::text, 'blocked'::text, 'done'::text]))),
    constraint tasks_tenant_id_created_by_fkey FOREIGN KEY (tenant_id, created_by) REFERENCES portal.users(tenant_id, id),
    constraint tasks_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES portal.tenants(id),
    constraint tasks_tenant_id_project_id_fkey FOREIGN KEY (tenant_id, project_id) REFERENCES portal.projects(tenant_id, id),
    constraint tasks_tenant_id_project_id_id_key UNIQUE (tenant_id, project_id, id),
    constraint tasks_tenant_id_project_id_milestone_id_fkey FOREIGN KEY (tenant_id, project_id, milestone_id) REFERENCES portal.milestones(tenant_id, project_id, id),
    constraint tasks_title_check CHECK (((length(title) >= 1) AND (length(title) <= 200)))
);
CREATE INDEX tasks_by_due ON portal.tasks USING btree (tenant_id, due_key, id);
CREATE INDEX tasks_by_priority ON portal.tasks USING btree (tenant_id, priority_rank DESC, id DESC);
CREATE INDEX tasks_by_tenant ON portal.tasks USING btree (tenant_id, created_at DESC, id DESC);
CREATE INDEX tasks_by_title ON portal.tasks USING btree (tenant_id, title_key, id);
CREATE INDEX tasks_of_milestone ON portal.tasks USING btree (tenant_id, milestone_id, status) WHERE (milestone_id IS NOT NULL);
CREATE INDEX tasks_of_project ON portal.tasks USING btree (tenant_id, project_id, created_at DESC, id DESC);
CREATE INDEX tasks_open_by_due ON portal.tasks USING btree (tenant_id, due_key, id) WHERE (status <> 'done'::text);
CREATE INDEX tasks_open_by_priority ON portal.tasks USING btree (tenant_id, priority_rank DESC, id DESC) WHERE (status <> 'done'::text);
CREATE INDEX tasks_open_by_status ON portal.tasks USING btree (tenant_id, status, created_at DESC, id DESC) WHERE (status <> 'done'::text);
CREATE INDEX tasks_open_of_project ON portal.tasks USING btree (tenant_id, project_id) WHERE (status <> 'done'::text);
alter table portal.tasks enable row level security;
create policy own_tenant on portal.tasks as permissive for all to portal_app
    using ((tenant_id = ( SELECT portal.current_tenant() AS current_tenant)))
    with check ((tenant_id = ( SELECT portal.current_tenant() AS current_tenant)));
grant delete, insert, select, update on table portal.tasks to portal_app;

create table portal.template_applications (
    id uuid not null,
    tenant_id uuid not null,
    project_id uuid not null,
    template_id uuid not null,
    template_version integer not null,
    starts_on date not null,
    applied_by uuid not null,
    applied_at timestamp with time zone not null,
    constraint template_applications_pkey PRIMARY KEY (id),
    constraint template_applications_tenant_id_applied_by_fkey FOREIGN KEY (tenant_id, applied_by) REFERENCES portal.users(tenant_id, id),
    constraint template_applications_tenant_id_project_id_fkey FOREIGN KEY (tenant_id, project_id) REFERENCES portal.projects(tenant_id, id),
    constraint template_applications_tenant_id_project_id_id_key UNIQUE (tenant_id, project_id, id),
    constraint template_applications_tenant_id_template_id_template_versi_fkey FOREIGN KEY (tenant_id, template_id, template_version) REFERENCES portal.milestone_template_versions(tenant_id, template_id, version)
);
CREATE INDEX template_applications_of_template ON portal.template_applications USING btree (tenant_id, project_id, template_id);
alter table portal.template_applications enable row level security;
create policy own_tenant on portal.template_applications as permissive for all to portal_app
    using ((tenant_id = ( SELECT portal.current_tenant() AS current_tenant)))
    with check ((tenant_id = ( SELECT portal.current_tenant() AS current_tenant)));
grant insert, select on table portal.template_applications to portal_app;

create table portal.tenants (
    id uuid not null,
    clerk_org_id text not null,
    name text not null,
    time_zone text default 'Australia/Sydney'::text not null,
    status text default 'active'::text not null,
    version integer default 1 not null,
    created_at timestamp with time zone not null,
    updated_at timestamp with time zone not null,
    logo_url text,
    accent_color text,
    sender_name text,
    digest_hour integer default 8 not null,
    residency_contact text,
    keep_notification_days integer,
    keep_upload_job_days integer,
    keep_active_video_days integer,
    keep_inactive_video_days integer,
    keep_raw_analytics_days integer,
    deleted_at timestamp with time zone,
    residency text default 'any'::text not null,
    monthly_budget_usd integer,
    constraint tenants_accent_color_check CHECK ((accent_color ~ '^#[0-9a-f]{6}$'::text)),
    constraint tenants_clerk_org_id_check CHECK (((length(clerk_org_id) >= 1) AND (length(clerk_org_id) <= 200))),
    constraint tenants_clerk_org_id_key UNIQUE (clerk_org_id),
    constraint tenants_deleted_at CHECK (((status = 'active'::text) = (deleted_at IS NULL))),
    constraint tenants_digest_hour_check CHECK (((digest_hour >= 0) AND (digest_hour <= 23))),
    constraint tenants_keep_active_video_days_check CHECK (((keep_active_video_days >= 30) AND (keep_active_video_days <= 180))),
    constraint tenants_keep_inactive_video_days_check CHECK (((keep_inactive_video_days >= 30) AND (keep_inactive_video_days <= 90))),
    constraint tenants_keep_notification_days_check CHECK (((keep_notification_days >= 7) AND (keep_notification_days <= 90))),
    constraint tenants_keep_raw_analytics_days_check CHECK (((keep_raw_analytics_days >= 1) AND (keep_raw_analytics_days <= 30))),
    constraint tenants_keep_upload_job_days_check CHECK (((keep_upload_job_days >= 30) AND (keep_upload_job_days <= 365))),
    constraint tenants_logo_url_check CHECK (((logo_url ~~ 'https://%'::text) AND (length(logo_url) <= 2000))),
    constraint tenants_monthly_budget_usd_check CHECK (((monthly_budget_usd >= 1) AND (monthly_budget_usd <= 1000000))),
    constraint tenants_name_check CHECK (((length(name) >= 1) AND (length(name) <= 200))),
    constraint tenants_pkey PRIMARY KEY (id),
    constraint tenants_residency_check CHECK ((residency = ANY (ARRAY['any'::text, 'australia'::text]))),
    constraint tenants_residency_contact_check CHECK (((length(residency_contact) >= 3) AND (length(residency_contact) <= 254))),
    constraint tenants_sender_name_check CHECK (((length(sender_name) >= 1) AND (length(sender_name) <= 100))),
    constraint tenants_status_check CHECK ((status = ANY (ARRAY['active'::text, 'deleted'::text, 'erased'::text]))),
    constraint tenants_time_zone_check CHECK (((length(time_zone) >= 1) AND (length(time_zone) <= 64)))
);
alter table portal.tenants enable row level security;
create policy own_tenant on portal.tenants as permissive for all to portal_app
    using ((id = ( SELECT portal.current_tenant() AS current_tenant)))
    with check ((id = ( SELECT portal.current_tenant() AS current_tenant)));
create policy sweep on portal.tenants as permissive for select to portal_system
    using (true);
create policy timers on portal.tenants as permissive for select to portal_system
    using (true);
create policy whose on portal.tenants as permissive for select to portal_system
    using (true);
grant insert, select on table portal.tenants to portal_app;
grant update (name, time_zone, status, version, updated_at, logo_url, accent_color, sender_name, digest_hour, residency_contact, keep_notification_days, keep_upload_job_days, keep_active_video_days, keep_inactive_video_days, keep_raw_analytics_days, deleted_at, residency, monthly_budget_usd) on table portal.tenants to portal_app;
grant select (id, clerk_org_id, time_zone, status, created_at, digest_hour, keep_notification_days, keep_upload_job_days, keep_active_video_days, keep_inactive_video_days, keep_raw_analytics_days, residency, monthly_budget_usd) on table portal.tenants to portal_system;

create table portal.timer_runs (
    id uuid not null,
    timer text not null,
    started_at timestamp with time zone not null,
    ended_at timestamp with time zone,
    counts jsonb default '{}'::jsonb not null,
    error text,
    idle boolean default false not null,
    constraint timer_runs_check CHECK (((ended_at IS NOT NULL) OR ((error IS NULL) AND (NOT idle)))),
    constraint timer_runs_check1 CHECK ((NOT (idle AND (error IS NOT NULL)))),
    constraint timer_runs_counts_check CHECK ((jsonb_typeof(counts) = 'object'::text)),
    constraint timer_runs_error_check CHECK ((length(error) <= 1000)),
    constraint timer_runs_pkey PRIMARY KEY (id),
    constraint timer_runs_timer_check CHECK (((length(timer) >= 1) AND (length(timer) <= 100)))
);
CREATE INDEX timer_runs_by_age ON portal.timer_runs USING btree (started_at);
CREATE INDEX timer_runs_by_timer ON portal.timer_runs USING btree (timer, started_at DESC, id DESC);
CREATE INDEX timer_runs_failed ON portal.timer_runs USING btree (timer, started_at DESC, id DESC) WHERE (error IS NOT NULL);
CREATE INDEX timer_runs_idle ON portal.timer_runs USING btree (timer) WHERE idle;
alter table portal.timer_runs enable row level security;
create policy platform on portal.timer_runs as permissive for all to portal_system
    using (true)
    with check (true);
grant delete, insert, select, update on table portal.timer_runs to portal_system;

create table portal.unread_counts (
    tenant_id uuid not null,
    user_id uuid not null,
    unread integer not null,
    constraint unread_counts_pkey PRIMARY KEY (tenant_id, user_id),
    constraint unread_counts_tenant_id_user_id_fkey FOREIGN KEY (tenant_id, user_id) REFERENCES portal.users(tenant_id, id)
);
alter table portal.unread_counts enable row level security;
create policy own_tenant on portal.unread_counts as permissive for all to portal_app
    using ((tenant_id = ( SELECT portal.current_tenant() AS current_tenant)))
    with check ((tenant_id = ( SELECT portal.current_tenant() AS current_tenant)));
grant delete, insert, select, update on table portal.unread_counts to portal_app;

create table portal.upload_attempts (
    tenant_id uuid not null,
    job_id uuid not null,
    attempt integer not null,
    mux_upload_id text,
    mux_asset_id text,
    outcome text not null,
    failure_code text,
    failure_reason text,
    ended_at timestamp with time zone not null,
    constraint upload_attempts_mux_asset_id_key UNIQUE (mux_asset_id),
    constraint upload_attempts_mux_upload_id_key UNIQUE (mux_upload_id),
    constraint upload_attempts_pkey PRIMARY KEY (job_id, attempt),
    constraint upload_attempts_tenant_id_job_id_fkey FOREIGN KEY (tenant_id, job_id) REFERENCES portal.upload_jobs(tenant_id, id)
);
alter table portal.upload_attempts enable row level security;
create policy all_tenants on portal.upload_attempts as permissive for all to portal_system
    using (true)
    with check (true);
create policy own_tenant on portal.upload_attempts as permissive for all to portal_app
    using ((tenant_id = ( SELECT portal.current_tenant() AS current_tenant)))
    with check ((tenant_id = ( SELECT portal.current_tenant() AS current_tenant)));
grant insert, select on table portal.upload_attempts to portal_app;
grant delete, insert, select, update on table portal.upload_attempts to portal_system;

create table portal.upload_jobs (
    id uuid not null,
    tenant_id uuid not null,
    project_id uuid not null,
    asset_id uuid not null,
    asset_version_id uuid not null,
    created_by uuid not null,
    source text not null,
    status text not null,
    attempt integer default 1 not null,
    started_at timestamp with time zone,
    mux_upload_id text,
    mux_upload_url text,
    mux_asset_id text,
    mux_create_at timestamp with time zone,
    blob_pathname text,
    blob_url text,
    cors_origin text,
    expires_at timestamp with time zone not null,
    asked_at timestamp with time zone,
    attempts integer default 0 not null,
    last_error text,
    next_retry_at timestamp with time zone,
    failure_code text,
    failure_reason text,
    created_at timestamp with time zone not null,
    updated_at timestamp with time zone not null,
    bytes_at timestamp with time zone,
    ready_at timestamp with time zone,
    constraint upload_jobs_asset_version_id_key UNIQUE (asset_version_id),
    constraint upload_jobs_attempt_check CHECK ((attempt >= 1)),
    constraint upload_jobs_blob_pathname_check CHECK ((length(blob_pathname) <= 950)),
    constraint upload_jobs_blob_pathname_key UNIQUE (blob_pathname),
    constraint upload_jobs_blob_url_check CHECK ((length(blob_url) <= 4000)),
    constraint upload_jobs_cors_origin_check CHECK ((length(cors_origin) <= 300)),
    constraint upload_jobs_failure_code_check CHECK ((length(failure_code) <= 50)),
    constraint upload_jobs_failure_reason_check CHECK ((length(failure_reason) <= 1000)),
    constraint upload_jobs_last_error_check CHECK ((length(last_error) <= 1000)),
    constraint upload_jobs_mux_asset_id_check CHECK ((length(mux_asset_id) <= 200)),
    constraint upload_jobs_mux_asset_id_key UNIQUE (mux_asset_id),
    constraint upload_jobs_mux_upload_id_check CHECK ((length(mux_upload_id) <= 200)),
    constraint upload_jobs_mux_upload_id_key UNIQUE (mux_upload_id),
    constraint upload_jobs_mux_upload_url_check CHECK ((length(mux_upload_url) <= 4000)),
    constraint upload_jobs_pkey PRIMARY KEY (id),
    constraint upload_jobs_source_check CHECK ((source = ANY (ARRAY['direct'::text, 'blob'::text]))),
    constraint upload_jobs_status_check CHECK ((status = ANY (ARRAY['waiting'::text, 'processing'::text, 'ready'::text, 'failed'::text, 'timed_out'::text, 'cancelled'::text]))),
    constraint upload_jobs_tenant_id_asset_id_fkey FOREIGN KEY (tenant_id, asset_id) REFERENCES portal.assets(tenant_id, id),
    constraint upload_jobs_tenant_id_asset_version_id_fkey FOREIGN KEY (tenant_id, asset_version_id) REFERENCES portal.asset_versions(tenant_id, id),
    constraint upload_jobs_tenant_id_created_by_fkey FOREIGN KEY (tenant_id, created_by) REFERENCES portal.users(tenant_id, id),
    constraint upload_jobs_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES portal.tenants(id),
    constraint upload_jobs_tenant_id_id_key UNIQUE (tenant_id, id),
    constraint upload_jobs_tenant_id_project_id_fkey FOREIGN KEY (tenant_id, project_id) REFERENCES portal.projects(tenant_id, id)
);
CREATE INDEX upload_jobs_by_age ON portal.upload_jobs USING btree (created_at);
CREATE INDEX upload_jobs_by_tenant ON portal.upload_jobs USING btree (tenant_id, created_at DESC, id DESC);
CREATE INDEX upload_jobs_failed ON portal.upload_jobs USING btree (updated_at) WHERE (status = ANY (ARRAY['failed'::text, 'timed_out'::text]));
CREATE INDEX upload_jobs_over ON portal.upload_jobs USING btree (tenant_id, updated_at) WHERE (status = ANY (ARRAY['ready'::text, 'failed'::text, 'timed_out'::text, 'cancelled'::text]));
CREATE INDEX upload_jobs_unfinished ON portal.upload_jobs USING btree (updated_at) WHERE (status = ANY (ARRAY['waiting'::text, 'processing'::text]));
alter table portal.upload_jobs enable row level security;
create policy all_tenants on portal.upload_jobs as permissive for all to portal_system
    using (true)
    with check (true);
create policy own_tenant on portal.upload_jobs as permissive for all to portal_app
    using ((tenant_id = ( SELECT portal.current_tenant() AS current_tenant)))
    with check ((tenant_id = ( SELECT portal.current_tenant() AS current_tenant)));
grant insert, select, update on table portal.upload_jobs to portal_app;
grant delete, select, update on table portal.upload_jobs to portal_system;

create table portal.usage_counts (
    day date not null,
    counted_at timestamp with time zone not null,
    delivered_at timestamp with time zone,
    settled boolean default false not null,
    exported_at timestamp with time zone,
    exported_bytes bigint,
    constraint usage_counts_check CHECK (((NOT settled) OR (delivered_at IS NOT NULL))),
    constraint usage_counts_exported CHECK (((exported_at IS NULL) = (exported_bytes IS NULL))),
    constraint usage_counts_exported_bytes_check CHECK ((exported_bytes >= 0)),
    constraint usage_counts_pkey PRIMARY KEY (day)
);
alter table portal.usage_counts enable row level security;
create policy platform on portal.usage_counts as permissive for all to portal_system
    using (true)
    with check (true);
create policy tenants on portal.usage_counts as permissive for select to portal_app
    using ((portal.current_tenant() IS NOT NULL));
grant select on table portal.usage_counts to portal_app;
grant delete, insert, select, update on table portal.usage_counts to portal_system;

create table portal.usage_days (
    tenant_id uuid not null,
    day date not null,
    metric text not null,
    project_id uuid,
    asset_id uuid,
    asset_version_id uuid,
    quantity numeric(30,6) not null,
    tier text,
    source text default 'portal'::text not null,
    replaced boolean default false not null,
    constraint usage_days_check CHECK (((metric = 'mails'::text) = (asset_version_id IS NULL))),
    constraint usage_days_check1 CHECK ((((asset_version_id IS NULL) = (asset_id IS NULL)) AND ((asset_version_id IS NULL) = (project_id IS NULL)))),
    constraint usage_days_exported CHECK (((source = 'portal'::text) OR ((metric = ANY (ARRAY['encoded'::text, 'stored'::text, 'delivered'::text])) AND (NOT replaced)))),
    constraint usage_days_key UNIQUE NULLS NOT DISTINCT (tenant_id, day, metric, asset_version_id, tier, source),
    constraint usage_days_metric_check CHECK ((metric = ANY (ARRAY['encoded'::text, 'stored'::text, 'delivered'::text, 'originals'::text, 'mails'::text]))),
    constraint usage_days_quantity_check CHECK (((quantity > (0)::numeric) OR ((quantity = (0)::numeric) AND (source = 'mux_export'::text)))),
    constraint usage_days_source_check CHECK ((source = ANY (ARRAY['portal'::text, 'mux_export'::text]))),
    constraint usage_days_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES portal.tenants(id),
    constraint usage_days_tier_check CHECK ((tier = ANY (ARRAY['audio_only'::text, '720p'::text, '1080p'::text, '1440p'::text, '2160p'::text]))),
    constraint usage_days_tier_of_video CHECK (((tier IS NULL) OR (metric = ANY (ARRAY['encoded'::text, 'stored'::text, 'delivered'::text]))))
);
CREATE INDEX usage_days_by_day ON portal.usage_days USING btree (day, metric);
alter table portal.usage_days enable row level security;
create policy all_tenants on portal.usage_days as permissive for all to portal_system
    using (true)
    with check (true);
create policy own_tenant on portal.usage_days as permissive for all to portal_app
    using ((tenant_id = ( SELECT portal.current_tenant() AS current_tenant)))
    with check ((tenant_id = ( SELECT portal.current_tenant() AS current_tenant)));
grant select on table portal.usage_days to portal_app;
grant delete, select on table portal.usage_days to portal_system;

create table portal.users (
    id uuid not null,
    tenant_id uuid not null,
    clerk_user_id text not null,
    email text not null,
    name text not null,
    role text not null,
    status text default 'active'::text not null,
    version integer default 1 not null,
    created_at timestamp with time zone not null,
    updated_at timestamp with time zone not null,
    clerk_updated_at timestamp with time zone,
    own_name boolean default false not null,
    erased_at timestamp with time zone,
    constraint users_clerk_user_id_check CHECK (((length(clerk_user_id) >= 1) AND (length(clerk_user_id) <= 200))),
    constraint users_email_check CHECK (((length(email) >= 3) AND (length(email) <= 320))),
    constraint users_name_check CHECK (((length(name) >= 1) AND (length(name) <= 200))),
    constraint users_pkey PRIMARY KEY (id),
    constraint users_role_check CHECK ((role = ANY (ARRAY['admin'::text, 'agency'::text, 'client'::text, 'compliance'::text]))),
    constraint users_status_check CHECK ((status = ANY (ARRAY['active'::text, 'deactivated'::text]))),
    constraint users_tenant_id_clerk_user_id_key UNIQUE (tenant_id, clerk_user_id),
    constraint users_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES portal.tenants(id),
    constraint users_tenant_id_id_key UNIQUE (tenant_id, id)
);
CREATE INDEX users_admins ON portal.users USING btree (tenant_id) WHERE ((role = 'admin'::text) AND (status = 'active'::text));
CREATE INDEX users_by_clerk_user ON portal.users USING btree (clerk_user_id);
CREATE INDEX users_by_email ON portal.users USING btree (tenant_id, lower(email));
CREATE INDEX users_by_name ON portal.users USING btree (tenant_id, "left"(lower(name), 50), id);
CREATE INDEX users_by_time ON portal.users USING btree (tenant_id, created_at DESC, id DESC);
alter table portal.users enable row level security;
create policy own_tenant on portal.users as permissive for all to portal_app
    using ((tenant_id = ( SELECT portal.current_tenant() AS current_tenant)))
    with check ((tenant_id = ( SELECT portal.current_tenant() AS current_tenant)));
create policy whose on portal.users as permissive for select to portal_system
    using (true);
grant insert, select on table portal.users to portal_app;
grant update (email, name, role, status, version, updated_at, clerk_updated_at, own_name) on table portal.users to portal_app;
grant select (id, tenant_id, clerk_user_id) on table portal.users to portal_system;

create table portal.vendor_circuits (
    vendor text not null,
    opened_at timestamp with time zone not null,
    open_until timestamp with time zone not null,
    times bigint not null,
    constraint vendor_circuits_pkey PRIMARY KEY (vendor),
    constraint vendor_circuits_times_check CHECK ((times > 0)),
    constraint vendor_circuits_vendor_check CHECK (((length(vendor) >= 1) AND (length(vendor) <= 50)))
);
alter table portal.vendor_circuits enable row level security;
create policy platform on portal.vendor_circuits as permissive for all to portal_system
    using (true)
    with check (true);
grant insert, select, update on table portal.vendor_circuits to portal_system;

create table portal.vendor_rate_limits (
    vendor text not null,
    next_at timestamp with time zone not null,
    constraint vendor_pace_pkey PRIMARY KEY (vendor),
    constraint vendor_pace_vendor_check CHECK (((length(vendor) >= 1) AND (length(vendor) <= 50)))
);
grant insert, select, update on table portal.vendor_rate_limits to portal_system;

create table portal.vendor_review_reminders (
    tenant_id uuid not null,
    vendor text not null,
    due_on date not null,
    state text not null,
    reminder_id uuid not null,
    told_at timestamp with time zone not null,
    constraint vendor_review_reminders_pkey PRIMARY KEY (tenant_id, vendor, due_on, state),
    constraint vendor_review_reminders_state_check CHECK ((state = ANY (ARRAY['due_soon'::text, 'overdue'::text]))),
    constraint vendor_review_reminders_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES portal.tenants(id)
);
alter table portal.vendor_review_reminders enable row level security;
create policy own_tenant on portal.vendor_review_reminders as permissive for all to portal_app
    using ((tenant_id = ( SELECT portal.current_tenant() AS current_tenant)))
    with check ((tenant_id = ( SELECT portal.current_tenant() AS current_tenant)));
grant insert, select on table portal.vendor_review_reminders to portal_app;

create table portal.vendor_reviews (
    id uuid not null,
    tenant_id uuid not null,
    vendor text not null,
    result text not null,
    findings text default ''::text not null,
    evidence_urls text[] default '{}'::text[] not null,
    reviewed_on date not null,
    recorded_by uuid not null,
    recorded_at timestamp with time zone not null,
    constraint vendor_reviews_check CHECK (((result = 'approved'::text) OR (findings <> ''::text))),
    constraint vendor_reviews_evidence_urls_check CHECK ((cardinality(evidence_urls) <= 10)),
    constraint vendor_reviews_findings_check CHECK ((length(findings) <= 4000)),
    constraint vendor_reviews_pkey PRIMARY KEY (id),
    constraint vendor_reviews_result_check CHECK ((result = ANY (ARRAY['approved'::text, 'approved_with_findings'::text, 'rejected'::text]))),
    constraint vendor_reviews_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES portal.tenants(id),
    constraint vendor_reviews_tenant_id_recorded_by_fkey FOREIGN KEY (tenant_id, recorded_by) REFERENCES portal.users(tenant_id, id),
    constraint vendor_reviews_vendor_check CHECK ((vendor ~ '^[a-z][a-z_]{0,39}$'::text))
);
CREATE INDEX vendor_reviews_by_age ON portal.vendor_reviews USING btree (tenant_id, recorded_at DESC, id DESC);
CREATE INDEX vendor_reviews_last ON portal.vendor_reviews USING btree (tenant_id, vendor, reviewed_on DESC, recorded_at DESC, id DESC);
alter table portal.vendor_reviews enable row level security;
create policy own_tenant on portal.vendor_reviews as permissive for all to portal_app
    using ((tenant_id = ( SELECT portal.current_tenant() AS current_tenant)))
    with check ((tenant_id = ( SELECT portal.current_tenant() AS current_tenant)));
CREATE TRIGGER vendor_reviews_append_only BEFORE UPDATE ON portal.vendor_reviews FOR EACH ROW EXECUTE FUNCTION portal.refuse_change();
CREATE TRIGGER vendor_reviews_leave_with_the_tenant BEFORE DELETE ON portal.vendor_reviews FOR EACH ROW EXECUTE FUNCTION portal.refuse_unless_erased();
CREATE TRIGGER vendor_reviews_no_truncate BEFORE TRUNCATE ON portal.vendor_reviews FOR EACH STATEMENT EXECUTE FUNCTION portal.refuse_change();
grant insert, select on table portal.vendor_reviews to portal_app;

create table portal.webhook_attempts (
    delivery_id uuid not null,
    attempt integer not null,
    number integer not null,
    tenant_id uuid not null,
    endpoint_id uuid not null,
    sent_at timestamp with time zone not null,
    url text not null,
    status integer,
    error text,
    duration_ms integer not null,
    response_type text,
    response_body text not null,
    constraint webhook_attempts_attempt_check CHECK ((attempt >= 1)),
    constraint webhook_attempts_delivery_id_fkey FOREIGN KEY (delivery_id) REFERENCES portal.deliveries(id) ON DELETE CASCADE,
    constraint webhook_attempts_duration_ms_check CHECK ((duration_ms >= 0)),
    constraint webhook_attempts_endpoint_fkey FOREIGN KEY (tenant_id, endpoint_id) REFERENCES portal.webhook_endpoints(tenant_id, id) ON DELETE CASCADE,
    constraint webhook_attempts_error_check CHECK ((length(error) <= 500)),
    constraint webhook_attempts_number_check CHECK ((number >= 1)),
    constraint webhook_attempts_pkey PRIMARY KEY (delivery_id, attempt, number),
    constraint webhook_attempts_response_body_check CHECK ((length(response_body) <= 2000)),
    constraint webhook_attempts_response_type_check CHECK ((length(response_type) <= 200)),
    constraint webhook_attempts_status_check CHECK (((status >= 100) AND (status <= 999))),
    constraint webhook_attempts_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES portal.tenants(id),
    constraint webhook_attempts_url_check CHECK (((length(url) >= 1) AND (length(url) <= 500)))
);
CREATE INDEX webhook_attempts_by_age ON portal.webhook_attempts USING btree (sent_at);
CREATE INDEX webhook_attempts_by_endpoint ON portal.webhook_attempts USING btree (tenant_id, endpoint_id);
alter table portal.webhook_attempts enable row level security;
create policy all_tenants on portal.webhook_attempts as permissive for all to portal_system
    using (true)
    with check (true);
create policy own_tenant on portal.webhook_attempts as permissive for all to portal_app
    using ((tenant_id = ( SELECT portal.current_tenant() AS current_tenant)))
    with check ((tenant_id = ( SELECT portal.current_tenant() AS current_tenant)));
grant insert, select on table portal.webhook_attempts to portal_app;
grant delete, select on table portal.webhook_attempts to portal_system;

create table portal.webhook_endpoints (
    id uuid not null,
    tenant_id uuid not null,
    url text not null,
    description text not null,
    event_types text[] not null,
    enabled boolean default true not null,
    disabled_reason text,
    disabled_at timestamp with time zone,
    failing_since timestamp with time zone,
    last_success_at timestamp with time zone,
    secret_kid text not null,
    secret_generation integer default 1 not null,
    secret_made_at timestamp with time zone not null,
    previous_kid text,
    previous_until timestamp with time zone,
    created_by uuid not null,
    created_at timestamp with time zone not null,
    updated_at timestamp with time zone not null,
    version integer default 1 not null,
    constraint webhook_endpoints_created_by_fkey FOREIGN KEY (tenant_id, created_by) REFERENCES portal.users(tenant_id, id),
    constraint webhook_endpoints_description_check CHECK ((length(description) <= 200)),
    constraint webhook_endpoints_disabled_check CHECK (((enabled = (disabled_reason IS NULL)) AND (enabled = (disabled_at IS NULL)))),
    constraint webhook_endpoints_disabled_reason_check CHECK ((disabled_reason = ANY (ARRAY['by_admin'::text, 'gone'::text, 'failing'::text]))),
    constraint webhook_endpoints_event_types_check CHECK ((cardinality(event_types) <= 200)),
    constraint webhook_endpoints_pkey PRIMARY KEY (id),
    constraint webhook_endpoints_previous_check CHECK (((previous_kid IS NULL) = (previous_until IS NULL))),
    constraint webhook_endpoints_previous_kid_check CHECK (((length(previous_kid) >= 1) AND (length(previous_kid) <= 50))),
    constraint webhook_endpoints_secret_generation_check CHECK ((secret_generation >= 1)),
    constraint webhook_endpoints_secret_kid_check CHECK (((length(secret_kid) >= 1) AND (length(secret_kid) <= 50))),
    constraint webhook_endpoints_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES portal.tenants(id),
    constraint webhook_endpoints_tenant_id_key UNIQUE (tenant_id, id),
    constraint webhook_endpoints_url_check CHECK (((length(url) >= 1) AND (length(url) <= 500)))
);
CREATE INDEX webhook_endpoints_by_age ON portal.webhook_endpoints USING btree (tenant_id, created_at, id);
alter table portal.webhook_endpoints enable row level security;
create policy own_tenant on portal.webhook_endpoints as permissive for all to portal_app
    using ((tenant_id = ( SELECT portal.current_tenant() AS current_tenant)))
    with check ((tenant_id = ( SELECT portal.current_tenant() AS current_tenant)));
grant delete, insert, select, update on table portal.webhook_endpoints to portal_app;

create table portal.webhook_inbox (
    provider text not null,
    event_id text not null,
    type text not null,
    body text not null,
    status text default 'received'::text not null,
    outcome text,
    attempts integer default 0 not null,
    last_error text,
    next_attempt_at timestamp with time zone not null,
    received_at timestamp with time zone not null,
    processed_at timestamp with time zone,
    id uuid default gen_random_uuid() not null,
    constraint webhook_inbox_body_check CHECK ((length(body) <= 1048576)),
    constraint webhook_inbox_event_id_check CHECK (((length(event_id) >= 1) AND (length(event_id) <= 200))),
    constraint webhook_inbox_last_error_check CHECK ((length(last_error) <= 1000)),
    constraint webhook_inbox_outcome_check CHECK ((length(outcome) <= 200)),
    constraint webhook_inbox_pkey PRIMARY KEY (provider, event_id),
    constraint webhook_inbox_provider_check CHECK ((provider = ANY (ARRAY['mux'::text, 'clerk'::text, 'resend'::text, 'blob'::text, 'alerts'::text, 'pagerduty'::text]))),
    constraint webhook_inbox_status_check CHECK ((status = ANY (ARRAY['received'::text, 'processed'::text, 'retrying'::text, 'dead'::text]))),
    constraint webhook_inbox_type_check CHECK (((length(type) >= 1) AND (length(type) <= 200)))
);
CREATE INDEX webhook_inbox_by_name ON portal.webhook_inbox USING gin (portal.names_in(body)) WHERE (status = ANY (ARRAY['processed'::text, 'dead'::text]));
CREATE INDEX webhook_inbox_by_provider ON portal.webhook_inbox USING btree (provider, received_at DESC, id DESC);
CREATE INDEX webhook_inbox_by_time ON portal.webhook_inbox USING btree (received_at DESC, id DESC);
CREATE INDEX webhook_inbox_by_type ON portal.webhook_inbox USING btree (type, received_at DESC, id DESC);
CREATE INDEX webhook_inbox_due ON portal.webhook_inbox USING btree (next_attempt_at) WHERE (status = ANY (ARRAY['received'::text, 'retrying'::text]));
CREATE INDEX webhook_inbox_not_done ON portal.webhook_inbox USING btree (status, received_at DESC, id DESC) WHERE (status <> 'processed'::text);
CREATE INDEX webhook_inbox_processed ON portal.webhook_inbox USING btree (processed_at) WHERE (status = 'processed'::text);
alter table portal.webhook_inbox enable row level security;
create policy platform on portal.webhook_inbox as permissive for all to portal_system
    using (true)
    with check (true);
grant delete, insert, select, update on table portal.webhook_inbox to portal_system;

-- Functions

CREATE OR REPLACE FUNCTION portal.admit_caller(p_clerk_user_id text, p_clerk_org_id text, p_now timestamp with time zone, p_user_limit integer, p_tenant_limit integer)
 RETURNS TABLE(tenant_id uuid, user_id uuid, role text, user_status text, tenant_status text, is_operator boolean, admitted boolean, rate_limit integer, rate_remaining integer, rate_reset integer)
 LANGUAGE sql
 SECURITY DEFINER
 SET search_path TO 'portal', 'pg_temp';
grant execute on function portal.admit_caller(text,text,timestamp with time zone,integer,integer) to portal_app;

CREATE OR REPLACE FUNCTION portal.admit_caller(p_clerk_user_id text, p_clerk_org_id text, p_now timestamp with time zone, p_user_limit integer, p_tenant_limit integer, p_observe_user boolean, p_observe_tenant boolean)
 RETURNS TABLE(tenant_id uuid, user_id uuid, role text, user_status text, tenant_status text, is_operator boolean, admitted boolean, rate_limit integer, rate_remaining integer, rate_reset integer, over_user boolean, over_tenant boolean)
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'portal', 'pg_temp';
grant execute on function portal.admit_caller(text,text,timestamp with time zone,integer,integer,boolean,boolean) to portal_app;

CREATE OR REPLACE FUNCTION portal.alerts_over(p_now timestamp with time zone)
 RETURNS TABLE(id uuid)
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO 'portal', 'pg_temp';
grant execute on function portal.alerts_over(timestamp with time zone) to portal_system;

CREATE OR REPLACE FUNCTION portal.archive_old_versions(p_tenant uuid, p_active_before timestamp with time zone, p_inactive_before timestamp with time zone, p_acted_since timestamp with time zone, p_warned_before timestamp with time zone, p_now timestamp with time zone, p_limit integer)
 RETURNS TABLE(version_id uuid, asset_id uuid, project_id uuid, version_number integer, status text)
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'portal', 'pg_temp';
grant execute on function portal.archive_old_versions(uuid,timestamp with time zone,timestamp with time zone,timestamp with time zone,timestamp with time zone,timestamp with time zone,integer) to portal_system;

CREATE OR REPLACE FUNCTION portal.archive_playback(p_tenant uuid, p_before timestamp with time zone, p_limit integer)
 RETURNS integer
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'portal', 'pg_temp';
grant execute on function portal.archive_playback(uuid,timestamp with time zone,integer) to portal_system;

CREATE OR REPLACE FUNCTION portal.check_tenant_erasure(p_tenant uuid)
 RETURNS void
 LANGUAGE plpgsql
 STABLE SECURITY DEFINER
 SET search_path TO 'portal', 'pg_temp';

CREATE OR REPLACE FUNCTION portal.client_links(p_tenant uuid, p_user uuid, p_now timestamp with time zone)
 RETURNS TABLE(share_link_id uuid, asset_version_id uuid, allow_comments boolean)
 LANGUAGE sql
 STABLE
 SET search_path TO 'portal', 'pg_temp';
grant execute on function portal.client_links(uuid,uuid,timestamp with time zone) to portal_app;

CREATE OR REPLACE FUNCTION portal.comment_readable(p_tenant uuid, p_user uuid, p_comment uuid, p_now timestamp with time zone)
 RETURNS boolean
 LANGUAGE sql
 STABLE
 SET search_path TO 'portal', 'pg_temp';
grant execute on function portal.comment_readable(uuid,uuid,uuid,timestamp with time zone) to portal_app;

CREATE OR REPLACE FUNCTION portal.count_objectives(p_from timestamp with time zone, p_until timestamp with time zone, p_minting text[], p_probe_link uuid DEFAULT NULL::uuid, p_probe_viewer bytea DEFAULT NULL::bytea)
 RETURNS TABLE(objective text, minute timestamp with time zone, good bigint, total bigint)
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO 'portal', 'pg_temp';
grant execute on function portal.count_objectives(timestamp with time zone,timestamp with time zone,text[],uuid,bytea) to portal_system;

CREATE OR REPLACE FUNCTION portal.count_usage(p_day date)
 RETURNS integer
 LANGUAGE sql
 SECURITY DEFINER
 SET search_path TO 'portal', 'pg_temp';
grant execute on function portal.count_usage(date) to portal_system;

CREATE OR REPLACE FUNCTION portal.current_tenant()
 RETURNS uuid
 LANGUAGE sql
 STABLE PARALLEL SAFE;
grant execute on function portal.current_tenant() to public;

CREATE OR REPLACE FUNCTION portal.enter_share_link(p_token_hash bytea, p_viewer_hash bytea, p_unlock_hash bytea, p_clerk_user_id text, p_ip_hash bytea, p_now timestamp with time zone, p_ip_limit integer)
 RETURNS TABLE(outcome text, reason text, retry_after integer, tenant_id uuid, share_link_id uuid, project_id uuid, asset_id uuid, asset_version_id uuid, version_number integer, viewer_id uuid, new_viewer boolean, user_id uuid, expires_at timestamp with time zone, token_expires_at timestamp with time zone, title text, allow_comments boolean, allow_download boolean, playback_id text, download_name text, duration_s double precision, aspect_ratio text, frame_rate double precision)
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'portal', 'pg_temp';
grant execute on function portal.enter_share_link(bytea,bytea,bytea,text,bytea,timestamp with time zone,integer) to portal_app;

CREATE OR REPLACE FUNCTION portal.erase_answers(p_tenant uuid, p_erasure uuid, p_needles text[])
 RETURNS bigint
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'portal', 'pg_temp';
grant execute on function portal.erase_answers(uuid,uuid,text[]) to portal_app;

CREATE OR REPLACE FUNCTION portal.erase_guest(p_tenant uuid, p_address text, p_address_hash text, p_viewers uuid[], p_remove_comments boolean, p_now timestamp with time zone)
 RETURNS TABLE(what text, count bigint)
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'portal', 'pg_temp';
grant execute on function portal.erase_guest(uuid,text,text,uuid[],boolean,timestamp with time zone) to portal_app;

CREATE OR REPLACE FUNCTION portal.erase_invites(p_tenant uuid, p_address text)
 RETURNS TABLE(what text, count bigint)
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'portal', 'pg_temp';

CREATE OR REPLACE FUNCTION portal.erase_person(p_tenant uuid, p_user uuid, p_address text, p_clerk_user text, p_remove_comments boolean, p_now timestamp with time zone)
 RETURNS TABLE(what text, count bigint)
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'portal', 'pg_temp';
grant execute on function portal.erase_person(uuid,uuid,text,text,boolean,timestamp with time zone) to portal_app;

CREATE OR REPLACE FUNCTION portal.erase_tenant_rows(p_tenant uuid, p_limit integer)
 RETURNS TABLE(what text, count bigint)
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'portal', 'pg_temp';
grant execute on function portal.erase_tenant_rows(uuid,integer) to portal_app;

CREATE OR REPLACE FUNCTION portal.erase_tenant_webhooks(p_tenant uuid, p_at timestamp with time zone, p_id uuid, p_limit integer)
 RETURNS TABLE(looked bigint, erased bigint, waiting bigint, last_at timestamp with time zone, last_id uuid)
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'portal', 'pg_temp';
grant execute on function portal.erase_tenant_webhooks(uuid,timestamp with time zone,uuid,integer) to portal_app;

CREATE OR REPLACE FUNCTION portal.erase_texts(p_tenant uuid, p_needles text[])
 RETURNS TABLE(what text, count bigint)
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'portal', 'pg_temp';

CREATE OR REPLACE FUNCTION portal.erasure_texts_waiting(p_tenant uuid, p_erasure uuid)
 RETURNS bigint
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO 'portal', 'pg_temp';
grant execute on function portal.erasure_texts_waiting(uuid,uuid) to portal_app;

CREATE OR REPLACE FUNCTION portal.find_caller(p_clerk_user_id text, p_clerk_org_id text)
 RETURNS TABLE(tenant_id uuid, user_id uuid, role text, user_status text, tenant_status text, is_operator boolean)
 LANGUAGE plpgsql
 STABLE SECURITY DEFINER
 SET search_path TO 'portal', 'pg_temp';
grant execute on function portal.find_caller(text,text) to portal_app;

CREATE OR REPLACE FUNCTION portal.find_passphrase(p_token_hash bytea, p_ip_hash bytea, p_now timestamp with time zone, p_request_limit integer, p_address_limit integer, p_link_limit integer)
 RETURNS TABLE(outcome text, retry_after integer, tenant_id uuid, share_link_id uuid, expires_at timestamp with time zone, passphrase_hash bytea, passphrase_salt bytea, passphrase_iterations integer, passphrase_version integer, guesses integer)
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'portal', 'pg_temp';
grant execute on function portal.find_passphrase(bytea,bytea,timestamp with time zone,integer,integer,integer) to portal_app;

CREATE OR REPLACE FUNCTION portal.forget_tenant(p_tenant uuid, p_now timestamp with time zone)
 RETURNS bigint
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'portal', 'pg_temp';
grant execute on function portal.forget_tenant(uuid,timestamp with time zone) to portal_app;

CREATE OR REPLACE FUNCTION portal.forget_viewers(p_ids uuid[])
 RETURNS bigint
 LANGUAGE sql
 SECURITY DEFINER
 SET search_path TO 'portal', 'pg_temp';

CREATE OR REPLACE FUNCTION portal.hash_audit_row()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO 'pg_catalog', 'pg_temp';
grant execute on function portal.hash_audit_row() to public;

CREATE OR REPLACE FUNCTION portal.hash_playback_row()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO 'pg_catalog', 'pg_temp';
grant execute on function portal.hash_playback_row() to public;

CREATE OR REPLACE FUNCTION portal.is_held(p_tenant uuid, p_project uuid, p_asset uuid, p_person uuid)
 RETURNS boolean
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO 'portal', 'pg_temp';
grant execute on function portal.is_held(uuid,uuid,uuid,uuid) to portal_app;
grant execute on function portal.is_held(uuid,uuid,uuid,uuid) to portal_system;

CREATE OR REPLACE FUNCTION portal.last_restored_at()
 RETURNS timestamp with time zone
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO 'portal', 'pg_temp';
grant execute on function portal.last_restored_at() to portal_app;
grant execute on function portal.last_restored_at() to portal_system;

CREATE OR REPLACE FUNCTION portal.last_seal_before(p_tenant uuid, p_before timestamp with time zone)
 RETURNS bigint
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO 'portal', 'pg_temp';
grant execute on function portal.last_seal_before(uuid,timestamp with time zone) to portal_system;

CREATE OR REPLACE FUNCTION portal.link_imported(p_clerk_user text, p_addresses text[])
 RETURNS uuid
 LANGUAGE sql
 SECURITY DEFINER
 SET search_path TO 'portal', 'pg_temp';
grant execute on function portal.link_imported(text,text[]) to portal_app;

CREATE OR REPLACE FUNCTION portal.measure_backlog(p_now timestamp with time zone, p_since timestamp with time zone)
 RETURNS TABLE(what text, part text, depth bigint, oldest timestamp with time zone)
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO 'portal', 'pg_temp';
grant execute on function portal.measure_backlog(timestamp with time zone,timestamp with time zone) to portal_system;

CREATE OR REPLACE FUNCTION portal.measure_link_use(p_addresses_since timestamp with time zone, p_links integer, p_links_since timestamp with time zone, p_addresses integer, p_probe_link uuid DEFAULT NULL::uuid, p_probe_viewer bytea DEFAULT NULL::bytea)
 RETURNS TABLE(what text, subject text, tenant_id uuid, number bigint)
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO 'portal', 'pg_temp'
 SET jit TO 'off';
grant execute on function portal.measure_link_use(timestamp with time zone,integer,timestamp with time zone,integer,uuid,bytea) to portal_system;

CREATE OR REPLACE FUNCTION portal.minted_after_revoke(p_since timestamp with time zone, p_limit integer)
 RETURNS TABLE(tenant_id uuid, share_link_id uuid, tokens bigint, last_minted_at timestamp with time zone)
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO 'portal', 'pg_temp';
grant execute on function portal.minted_after_revoke(timestamp with time zone,integer) to portal_system;

CREATE OR REPLACE FUNCTION portal.names_in(p_text text)
 RETURNS text[]
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE STRICT
 SET search_path TO 'pg_catalog', 'pg_temp';
grant execute on function portal.names_in(text) to public;

CREATE OR REPLACE FUNCTION portal.open_share_link(p_token_hash bytea, p_viewer_hash bytea, p_new_viewer_hash bytea, p_unlock_hash bytea, p_clerk_user_id text, p_ip_hash bytea, p_agent_family text, p_request_id text, p_now timestamp with time zone, p_token_ttl interval, p_peek boolean, p_viewer_id uuid, p_playback_audit_id uuid, p_audit_id uuid, p_event_id uuid, p_ip_limit integer)
 RETURNS TABLE(outcome text, reason text, retry_after integer, tenant_id uuid, share_link_id uuid, project_id uuid, asset_id uuid, asset_version_id uuid, version_number integer, viewer_id uuid, new_viewer boolean, user_id uuid, expires_at timestamp with time zone, token_expires_at timestamp with time zone, title text, allow_comments boolean, allow_download boolean, playback_id text, download_name text, duration_s double precision, aspect_ratio text, frame_rate double precision)
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'portal', 'pg_temp';
grant execute on function portal.open_share_link(bytea,bytea,bytea,bytea,text,bytea,text,text,timestamp with time zone,interval,boolean,uuid,uuid,uuid,uuid,integer) to portal_app;

CREATE OR REPLACE FUNCTION portal.open_upload_incident(p_job uuid, p_attempt integer, p_code text, p_incident uuid, p_audit uuid, p_event uuid, p_now timestamp with time zone)
 RETURNS uuid
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'portal', 'pg_temp';
grant execute on function portal.open_upload_incident(uuid,integer,text,uuid,uuid,uuid,timestamp with time zone) to portal_app;

CREATE OR REPLACE FUNCTION portal.place_event()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO 'pg_catalog', 'pg_temp';

CREATE OR REPLACE FUNCTION portal.prune_guest_addresses(p_before timestamp with time zone, p_limit integer)
 RETURNS integer
 LANGUAGE sql
 SECURITY DEFINER
 SET search_path TO 'portal', 'pg_temp';
grant execute on function portal.prune_guest_addresses(timestamp with time zone,integer) to portal_system;

CREATE OR REPLACE FUNCTION portal.prune_invites(p_before timestamp with time zone, p_limit integer)
 RETURNS integer
 LANGUAGE sql
 SECURITY DEFINER
 SET search_path TO 'portal', 'pg_temp';
grant execute on function portal.prune_invites(timestamp with time zone,integer) to portal_system;

CREATE OR REPLACE FUNCTION portal.prune_viewers(p_before timestamp with time zone, p_limit integer)
 RETURNS integer
 LANGUAGE sql
 SECURITY DEFINER
 SET search_path TO 'portal', 'pg_temp';
grant execute on function portal.prune_viewers(timestamp with time zone,integer) to portal_system;

CREATE OR REPLACE FUNCTION portal.put_into_outbox()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'portal', 'pg_temp';

CREATE OR REPLACE FUNCTION portal.read_incident_notice(p_notice uuid)
 RETURNS TABLE(id uuid, subject text, body text, sent_at timestamp with time zone)
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO 'portal', 'pg_temp';
grant execute on function portal.read_incident_notice(uuid) to portal_app;

CREATE OR REPLACE FUNCTION portal.refuse_change()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO 'pg_catalog', 'pg_temp';
grant execute on function portal.refuse_change() to public;

CREATE OR REPLACE FUNCTION portal.refuse_unless_archived()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO 'portal', 'pg_temp';
grant execute on function portal.refuse_unless_archived() to public;

CREATE OR REPLACE FUNCTION portal.refuse_unless_erased()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO 'portal', 'pg_temp';
grant execute on function portal.refuse_unless_erased() to public;

CREATE OR REPLACE FUNCTION portal.refuse_unless_playback_archived()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO 'portal', 'pg_temp';
grant execute on function portal.refuse_unless_playback_archived() to public;

CREATE OR REPLACE FUNCTION portal.release_audit(p_tenant uuid, p_actions text[], p_others boolean, p_before timestamp with time zone, p_limit integer)
 RETURNS integer
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'portal', 'pg_temp'
 SET plan_cache_mode TO 'force_custom_plan';
grant execute on function portal.release_audit(uuid,text[],boolean,timestamp with time zone,integer) to portal_system;

CREATE OR REPLACE FUNCTION portal.replace_delivered(p_day date, p_assets text[], p_tiers text[], p_seconds double precision[])
 RETURNS numeric
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'portal', 'pg_temp';
grant execute on function portal.replace_delivered(date,text[],text[],double precision[]) to portal_system;

CREATE OR REPLACE FUNCTION portal.replace_exported(p_day date, p_assets text[], p_metrics text[], p_tiers text[], p_seconds numeric[])
 RETURNS integer
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'portal', 'pg_temp';
grant execute on function portal.replace_exported(date,text[],text[],text[],numeric[]) to portal_system;

CREATE OR REPLACE FUNCTION portal.resolve_upload_incident(p_job uuid, p_audit uuid, p_event uuid, p_now timestamp with time zone)
 RETURNS uuid
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'portal', 'pg_temp';
grant execute on function portal.resolve_upload_incident(uuid,uuid,uuid,timestamp with time zone) to portal_app;

CREATE OR REPLACE FUNCTION portal.share_link_gate(p_link portal.share_links, p_user portal.users, p_unlock_hash bytea)
 RETURNS text
 LANGUAGE plpgsql
 STABLE
 SET search_path TO 'portal', 'pg_temp';

CREATE OR REPLACE FUNCTION portal.subject_readable(p_tenant uuid, p_user uuid, p_type text, p_subject uuid, p_project uuid, p_now timestamp with time zone)
 RETURNS boolean
 LANGUAGE sql
 STABLE
 SET search_path TO 'portal', 'pg_temp';
grant execute on function portal.subject_readable(uuid,uuid,text,uuid,uuid,timestamp with time zone) to portal_app;

CREATE OR REPLACE FUNCTION portal.take_back_guess(p_share_link_id uuid, p_ip_hash bytea, p_asked_at timestamp with time zone)
 RETURNS void
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'portal', 'pg_temp';
grant execute on function portal.take_back_guess(uuid,bytea,timestamp with time zone) to portal_app;

CREATE OR REPLACE FUNCTION portal.take_hit(p_key text, p_now timestamp with time zone, p_window interval, p_limit integer)
 RETURNS TABLE(allowed boolean, retry_after integer, hits integer)
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'portal', 'pg_temp';
grant execute on function portal.take_hit(text,timestamp with time zone,interval,integer) to portal_app;

CREATE OR REPLACE FUNCTION portal.take_playback_hit(p_ip_hash bytea, p_now timestamp with time zone, p_limit integer)
 RETURNS TABLE(allowed boolean, retry_after integer, hits integer)
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'portal', 'pg_temp';
grant execute on function portal.take_playback_hit(bytea,timestamp with time zone,integer) to portal_app;

CREATE OR REPLACE FUNCTION portal.tenants_with_changes(p_tenants uuid[], p_after bigint)
 RETURNS TABLE(horizon bigint, tenant_ids uuid[])
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO 'portal', 'pg_temp';
grant execute on function portal.tenants_with_changes(uuid[],bigint) to portal_system;

CREATE OR REPLACE FUNCTION portal.unsealed_audit_rows(p_limit integer)
 RETURNS TABLE(tenant_id uuid, last_number bigint, last_seal bytea, row_id uuid, row_hash bytea, written_in bigint, occurred_at timestamp with time zone)
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO 'portal', 'pg_temp';
grant execute on function portal.unsealed_audit_rows(integer) to portal_system;

CREATE OR REPLACE FUNCTION portal.version_is_old(v portal.asset_versions, a portal.assets, p_active_before timestamp with time zone, p_inactive_before timestamp with time zone, p_acted_since timestamp with time zone, p_now timestamp with time zone)
 RETURNS boolean
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO 'portal', 'pg_temp';

CREATE OR REPLACE FUNCTION portal.version_tier(p_said text, p_width integer, p_height integer)
 RETURNS text
 LANGUAGE sql
 IMMUTABLE
 SET search_path TO 'portal', 'pg_temp';

CREATE OR REPLACE FUNCTION portal.warn_old_versions(p_tenant uuid, p_active_before timestamp with time zone, p_inactive_before timestamp with time zone, p_acted_since timestamp with time zone, p_now timestamp with time zone, p_limit integer)
 RETURNS TABLE(version_id uuid, asset_id uuid, project_id uuid, version_number integer, status text)
 LANGUAGE sql
 SECURITY DEFINER
 SET search_path TO 'portal', 'pg_temp';
grant execute on function portal.warn_old_versions(uuid,timestamp with time zone,timestamp with time zone,timestamp with time zone,timestamp with time zone,integer) to portal_system;

CREATE OR REPLACE FUNCTION portal.xid_offset()
 RETURNS bigint
 LANGUAGE sql
 STABLE PARALLEL SAFE;
grant execute on function portal.xid_offset() to public;
