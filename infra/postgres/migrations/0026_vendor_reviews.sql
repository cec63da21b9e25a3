-- What a tenant found when it looked at a vendor. Evidence: never changed, never deleted. Which vendors there are is in the code
-- (shared/Compliance/Reviews/VendorRegister.cs), for they are the same for all tenants.
create table portal.vendor_reviews (
    id              uuid primary key,
    tenant_id       uuid not null references portal.tenants (id),
    vendor          text not null check (vendor ~ '^[a-z][a-z_]{0,39}$'),
    result          text not null check (result in ('approved', 'approved_with_findings', 'rejected')),
    findings        text not null default '' check (length(findings) <= 4000),
    evidence_urls   text[] not null default '{}' check (cardinality(evidence_urls) <= 10),
    reviewed_on     date not null,
    recorded_by     uuid not null,
    recorded_at     timestamptz not null,
    check (result = 'approved' or findings <> ''),
    foreign key (tenant_id, recorded_by) references portal.users (tenant_id, id)
);
create index vendor_reviews_by_age on portal.vendor_reviews (tenant_id, recorded_at desc, id desc);
create index vendor_reviews_last on portal.vendor_reviews (tenant_id, vendor, reviewed_on desc, recorded_at desc, id desc);
create trigger vendor_reviews_append_only before update or delete on portal.vendor_reviews
    for each row execute function portal.refuse_change();
create trigger vendor_reviews_no_truncate before truncate on portal.vendor_reviews
    for each statement execute function portal.refuse_change();
alter table portal.vendor_reviews enable row level security;
create policy own_tenant on portal.vendor_reviews to portal_app
    using (tenant_id = (select portal.current_tenant())) with check (tenant_id = (select portal.current_tenant()));
grant select, insert on portal.vendor_reviews to portal_app;

-- That a tenant was told of the day on which a review is due: once before it, once after. One reminder names all vendors of that day.
create table portal.vendor_review_reminders (
    tenant_id       uuid not null references portal.tenants (id),
    vendor          text not null,
    due_on          date not null,
    state           text not null check (state in ('due_soon', 'overdue')),
    reminder_id     uuid not null,
    told_at         timestamptz not null,
    primary key (tenant_id, vendor, due_on, state)
);
alter table portal.vendor_review_reminders enable row level security;
create policy own_tenant on portal.vendor_review_reminders to portal_app
    using (tenant_id = (select portal.current_tenant())) with check (tenant_id = (select portal.current_tenant()));
grant select, insert on portal.vendor_review_reminders to portal_app;

alter table portal.restore_tests
    add column evidence_url text check (evidence_url like 'https://%' and length(evidence_url) <= 2000);
