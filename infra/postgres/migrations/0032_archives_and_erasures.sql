-- Files in the private Blob store that hold the audit log seal by seal, each the rows of its seals whole. A row leaves the log when the
-- time of its class is over and a file that has it was read back and verified. first_seal, last_seal and pathname are noted before
-- anything is sent there, so that a run after a crash goes on with the same file; once verified, a line never changes.
create table portal.audit_archives (
    tenant_id   uuid not null references portal.tenants (id),
    first_seal  bigint not null check (first_seal >= 1),
    last_seal   bigint not null,
    pathname    text not null unique check (length(pathname) between 1 and 500),
    planned_at  timestamptz not null,
    attempts    integer not null default 0 check (attempts >= 0),
    last_error  text check (length(last_error) <= 1000),
    rows        bigint check (rows >= 1),
    size_bytes  bigint check (size_bytes >= 1),
    sha256      bytea check (length(sha256) = 32),
    verified_at timestamptz,
    primary key (tenant_id, first_seal),
    constraint audit_archives_last_seal_key unique (tenant_id, last_seal),
    constraint audit_archives_first_is_sealed foreign key (tenant_id, first_seal) references portal.audit_seals (tenant_id, number),
    constraint audit_archives_last_is_sealed foreign key (tenant_id, last_seal) references portal.audit_seals (tenant_id, number),
    constraint audit_archives_range_check check (last_seal >= first_seal),
    constraint audit_archives_verified_check check (
        (verified_at is null) = (sha256 is null) and (verified_at is null) = (rows is null)
        and (verified_at is null) = (size_bytes is null))
);
create trigger audit_archives_verified_stays before update on portal.audit_archives
    for each row when (old.verified_at is not null) execute function portal.refuse_change();
create trigger audit_archives_append_only before delete on portal.audit_archives
    for each row execute function portal.refuse_change();
create trigger audit_archives_no_truncate before truncate on portal.audit_archives
    for each statement execute function portal.refuse_change();

alter table portal.audit_archives enable row level security;
create policy own_tenant on portal.audit_archives to portal_app
    using (tenant_id = (select portal.current_tenant())) with check (tenant_id = (select portal.current_tenant()));
grant select, insert, update on portal.audit_archives to portal_app;

-- Nothing moves into the table any more; what earlier versions moved there leaves it as rows leave the log.
drop function portal.archive_audit(uuid, bigint, integer);
drop trigger audit_archive_append_only on portal.audit_archive;
create trigger audit_archive_append_only before update on portal.audit_archive
    for each row execute function portal.refuse_change();
create trigger audit_archive_leaves_for_file before delete on portal.audit_archive
    for each row execute function portal.refuse_unless_archived();

-- An erasure looks for the invites to an address, and for the answer to its own request.
create index invites_by_address on portal.invites (tenant_id, lower(email));
create index idempotency_keys_by_location on portal.idempotency_keys (tenant_id, location) where location is not null;
