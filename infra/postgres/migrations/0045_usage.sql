-- What videos and mails use at vendors that charge for it: one row for a day (UTC), a version and a metric. In units of which nothing is
-- lost: seconds of video, seconds of video times days, bytes times days, mails. Prices are settings, and never here.
create table portal.usage_days (
    tenant_id        uuid not null references portal.tenants (id),
    day              date not null,
    metric           text not null check (metric in ('encoded', 'stored', 'delivered', 'originals', 'mails')),
    project_id       uuid,
    asset_id         uuid,
    -- Null: mails, which belong to no video.
    asset_version_id uuid,
    quantity         numeric(30, 6) not null check (quantity > 0),
    check ((metric = 'mails') = (asset_version_id is null)),
    check ((asset_version_id is null) = (asset_id is null) and (asset_version_id is null) = (project_id is null)),
    unique nulls not distinct (tenant_id, day, metric, asset_version_id)
);
-- A day is counted again as a whole, and a month is read over all tenants.
create index usage_days_by_day on portal.usage_days (day, metric);
alter table portal.usage_days enable row level security;
create policy own_tenant on portal.usage_days to portal_app
    using (tenant_id = (select portal.current_tenant())) with check (tenant_id = (select portal.current_tenant()));
create policy all_tenants on portal.usage_days to portal_system using (true) with check (true);
grant select on portal.usage_days to portal_app;
grant select, delete on portal.usage_days to portal_system;

-- Which days were counted. What we know ourselves is counted once, for rows of jobs go; what Mux delivered, until it is settled there.
create table portal.usage_counts (
    day          date primary key,
    counted_at   timestamptz not null,
    delivered_at timestamptz,
    settled      boolean not null default false,
    check (not settled or delivered_at is not null)
);
alter table portal.usage_counts enable row level security;
-- Of no tenant: whoever acts for one may know how far the counting is.
create policy tenants on portal.usage_counts for select to portal_app using (portal.current_tenant() is not null);
create policy platform on portal.usage_counts to portal_system using (true) with check (true);
grant select on portal.usage_counts to portal_app;
grant select, insert, update, delete on portal.usage_counts to portal_system;

-- What a tenant may cost in a month, as its Admins set it; null: nobody is told.
alter table portal.tenants add column monthly_budget_usd integer check (monthly_budget_usd between 1 and 1000000);
grant update (monthly_budget_usd) on portal.tenants to portal_app;
grant select (monthly_budget_usd) on portal.tenants to portal_system;

-- How much of its budget a tenant was told to have used, once each for a month and a budget: who raises it is told again.
create table portal.budget_notices (
    tenant_id  uuid not null references portal.tenants (id),
    month      date not null check (extract(day from month) = 1),
    percent    integer not null check (percent in (50, 80, 100)),
    budget_usd integer not null,
    usd        numeric(20, 6) not null,
    told_at    timestamptz not null,
    primary key (tenant_id, month, percent, budget_usd)
);
alter table portal.budget_notices enable row level security;
create policy own_tenant on portal.budget_notices to portal_app
    using (tenant_id = (select portal.current_tenant())) with check (tenant_id = (select portal.current_tenant()));
create policy all_tenants on portal.budget_notices to portal_system using (true) with check (true);
grant select on portal.budget_notices to portal_app;
grant select, insert, delete on portal.budget_notices to portal_system;
