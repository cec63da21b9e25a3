-- The order in which changes are told to people who wait for them. A reader who remembers its place must never find a row below it later,
-- and rows become visible when their transactions commit, not when they are written. So each event carries a transaction number that all
-- transactions lie below which could still put an event before it; it is told once none of those is running (pg_snapshot_xmin). Within
-- one aggregate the order is that of its writers, who hold its row one after the other. The trigger is infra/postgres/functions/place_event.sql.
alter table portal.events
    add column seq bigint generated always as identity,
    add column safe_from bigint not null default 0;

create index events_in_order on portal.events (tenant_id, safe_from, seq);
