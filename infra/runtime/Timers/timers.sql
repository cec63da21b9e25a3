-- One row per timer function: when it is due next, and which process runs it at the moment. Applied at every start under an advisory
-- lock; changes to it are additions that older processes can live with.
create schema if not exists runtime;

create table if not exists runtime.timers (
    hub         text        not null,
    name        text        not null,
    schedule    text        not null,
    next_due    timestamptz not null,
    last_run    timestamptz,
    updated_at  timestamptz not null,
    lease_owner uuid,
    lease_until timestamptz,
    primary key (hub, name),
    check ((lease_owner is null) = (lease_until is null))
);
