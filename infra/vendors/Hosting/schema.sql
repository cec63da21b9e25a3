-- What all local vendors share. Run under an advisory lock at every start; every statement may be repeated.
create schema if not exists vendors;

-- Small facts that must outlive a process: an environment's id, a store's secret.
create table if not exists vendors.facts (
    vendor text not null,
    name   text not null,
    value  text not null,
    primary key (vendor, name)
);

-- Work that falls due. A worker claims a row with SKIP LOCKED and keeps its transaction open while it works, so the row and
-- the effects go together and a killed process gives its rows back. Rows of one lane are first tried in the order of their ids.
create table if not exists vendors.due_work (
    id      bigint generated always as identity primary key,
    vendor  text not null,
    kind    text not null,
    subject text not null,
    lane    text not null default '',
    due_at  timestamptz not null,
    attempts int not null default 0
);
do $$ begin
    if exists (select from pg_attribute where attrelid = 'vendors.due_work'::regclass and attname = 'tries') then
        alter table vendors.due_work rename column tries to attempts;
    end if;
end $$;
create index if not exists due_work_due on vendors.due_work (vendor, due_at, id);
create index if not exists due_work_lane on vendors.due_work (vendor, lane, id) where lane <> '';

-- Bytes. Video does not compress: EXTERNAL keeps Postgres from trying, and makes substring() read only what it needs.
create table if not exists vendors.files (
    id         text primary key,
    size       bigint not null default 0,
    complete   boolean not null default false,
    created_at timestamptz not null
);
create table if not exists vendors.file_chunks (
    file_id text not null references vendors.files (id) on delete cascade,
    start   bigint not null,
    bytes   bytea not null,
    primary key (file_id, start)
);
alter table vendors.file_chunks alter column bytes set storage external;

-- Token buckets, shared by every process on this database as an account's limit is.
create table if not exists vendors.buckets (
    name      text primary key,
    tokens    double precision not null,
    filled_at timestamptz not null
);

-- One row a delivery of an event to our one endpoint (a duplicated event has two).
create table if not exists vendors.webhooks (
    id         text primary key,
    vendor     text not null,
    event_id   text not null,
    type       text not null,
    lane       text not null,
    body       text not null,
    state      text not null check (state in ('waiting', 'held', 'delivered', 'given_up', 'dropped')),
    attempts   jsonb not null default '[]',
    created_at timestamptz not null,
    seq        bigint generated always as identity
);
create index if not exists webhooks_held on vendors.webhooks (vendor, lane) where state = 'held';
create index if not exists webhooks_seq on vendors.webhooks (vendor, seq);
