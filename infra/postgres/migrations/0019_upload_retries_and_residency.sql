-- Where a tenant's originals may be kept. australia: uploads go to Vercel Blob in Sydney first, never straight to Mux.
alter table portal.tenants add column residency text not null default 'any' constraint tenants_residency_check
    check (residency in ('any', 'australia'));
grant update (residency) on portal.tenants to portal_app;
grant select (residency) on portal.tenants to portal_system;

-- People retry an upload themselves (role portal_app): what Mux called the last attempt is kept, as a replay by an Operator keeps it.
create policy own_tenant on portal.upload_attempts to portal_app
    using (tenant_id = (select portal.current_tenant())) with check (tenant_id = (select portal.current_tenant()));
grant insert, select on portal.upload_attempts to portal_app;

-- They take no tenant from the caller any more; the functions as they are now are made after the migrations.
drop function portal.open_upload_incident(uuid, integer, text, uuid, uuid, uuid, uuid, timestamptz);
drop function portal.resolve_upload_incident(uuid, uuid, uuid, uuid, timestamptz);

-- Constraints kept the old word when the table got its new one (0017).
alter table portal.mux_tasks rename constraint mux_chores_check to mux_tasks_check;
alter table portal.mux_tasks rename constraint mux_chores_check1 to mux_tasks_check1;
alter table portal.mux_tasks rename constraint mux_chores_kind_check to mux_tasks_kind_check;
alter table portal.mux_tasks rename constraint mux_chores_last_error_check to mux_tasks_last_error_check;
alter table portal.mux_tasks rename constraint mux_chores_mux_asset_id_check to mux_tasks_mux_asset_id_check;
alter table portal.mux_tasks rename constraint mux_chores_old_playback_id_check to mux_tasks_old_playback_id_check;
alter table portal.mux_tasks rename constraint mux_chores_outcome_check to mux_tasks_outcome_check;
alter table portal.mux_tasks rename constraint mux_chores_pkey to mux_tasks_pkey;
alter table portal.mux_tasks rename constraint mux_chores_tenant_id_asset_version_id_fkey to mux_tasks_tenant_id_asset_version_id_fkey;
alter table portal.mux_tasks rename constraint mux_chores_tenant_id_fkey to mux_tasks_tenant_id_fkey;
