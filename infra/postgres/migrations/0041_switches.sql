-- What people on call have switched off while a vendor is away, and which vendors the app's own calls find failing. Of the platform: no
-- tenant, no person but the one on call.

-- The last time that something was switched off. On while it is not cleared and its end has not come: nothing has to run for it to end.
create table portal.switches (
    target      text primary key check (length(target) between 1 and 50),
    reason      text not null check (length(reason) between 1 and 1000),
    until       timestamptz not null,
    set_by      text not null check (length(set_by) between 1 and 200),
    set_at      timestamptz not null,
    cleared_at  timestamptz,
    cleared_by  text check (length(cleared_by) between 1 and 200),
    check (until > set_at),
    check ((cleared_at is null) = (cleared_by is null))
);

-- A circuit that some instance found broken. It counts as open until then; an instance that finds it so again says so again.
create table portal.vendor_circuits (
    vendor      text primary key check (length(vendor) between 1 and 50),
    opened_at   timestamptz not null,
    open_until  timestamptz not null,
    times       bigint not null check (times > 0)
);

alter table portal.switches enable row level security;
alter table portal.vendor_circuits enable row level security;
create policy platform on portal.switches to portal_system using (true) with check (true);
create policy platform on portal.vendor_circuits to portal_system using (true) with check (true);
grant select, insert, update on portal.switches, portal.vendor_circuits to portal_system;
