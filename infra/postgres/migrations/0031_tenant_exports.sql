-- A copy of everything a tenant has: an export of another kind. Whose it is goes without saying, so that one is being made at a time.
alter table portal.exports
    drop constraint exports_kind_check,
    add constraint exports_kind_check check (kind in ('person', 'guest', 'tenant'));
drop index portal.exports_open;
create unique index exports_open on portal.exports (tenant_id, kind, coalesce(subject_id::text, address_hash, ''))
    where status in ('requested', 'running', 'failed');

-- What restores such a copy runs as portal_app too, so that row-level security holds whatever the file says.
grant insert on portal.share_viewers to portal_app;
