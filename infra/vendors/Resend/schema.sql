-- The local Resend: one team.
create table if not exists vendors.resend_emails (
    id           uuid primary key,
    sender       text not null,
    recipients   text[] not null,
    subject      text not null,
    message      jsonb not null,          -- as posted
    last_event   text not null,
    scheduled_at timestamptz,
    created_at   timestamptz not null,
    seq          bigint generated always as identity
);

-- A key is kept 24 hours; the answer given first is given again.
create table if not exists vendors.resend_idempotency (
    key        text primary key,
    payload    bytea not null,            -- SHA-256 of path and body
    answer     text not null,
    created_at timestamptz not null
);
