-- A tenant is erased whole: what is left of it is its row, under another name, and what may name nobody.
alter table portal.tenants
    drop constraint tenants_status_check,
    drop constraint tenants_deleted_at,
    add constraint tenants_status_check check (status in ('active', 'deleted', 'erased')),
    add constraint tenants_deleted_at check ((status = 'active') = (deleted_at is null));

-- The requests outlive the people whom they name by id, and who was given playback outlives what was played.
alter table portal.erasure_requests
    drop constraint erasure_requests_kind_check,
    add constraint erasure_requests_kind_check check (kind in ('person', 'guest', 'tenant')),
    drop constraint erasure_requests_requested_by,
    drop constraint erasure_requests_tenant_id_subject_id_fkey;
alter table portal.playback_audit drop constraint playback_audit_tenant_id_asset_version_id_fkey;

-- One that is open for each subject; the subject of a tenant's is the tenant.
drop index portal.erasure_requests_open;
create unique index erasure_requests_open on portal.erasure_requests (tenant_id, kind, coalesce(subject_id::text, address_hash, ''))
    where status in ('requested', 'running', 'failed', 'held');
grant select (kind) on portal.erasure_requests to portal_system;

-- Reports and reviews name the tenant and its people: they leave with it. That nothing else deletes them is the trigger's of
-- functions/refuse_unless_erased.sql.
drop trigger residency_reports_append_only on portal.residency_reports;
create trigger residency_reports_append_only before update on portal.residency_reports
    for each row execute function portal.refuse_change();
drop trigger vendor_reviews_append_only on portal.vendor_reviews;
create trigger vendor_reviews_append_only before update on portal.vendor_reviews
    for each row execute function portal.refuse_change();
