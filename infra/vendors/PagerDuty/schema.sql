-- The local PagerDuty: three services, each with an integration key, two of which wake people.
create table if not exists vendors.pagerduty_incidents (
    id              text primary key,
    dedup_key       text not null,
    urgency         text not null,        -- high, low, security: the service it came to
    status          text not null,        -- triggered, acknowledged, resolved
    severity        text not null,
    summary         text not null,
    source          text not null,
    opened_at       timestamptz not null,
    acknowledged_at timestamptz,
    resolved_at     timestamptz,
    triggers        integer not null default 1,
    seq             bigint generated always as identity
);
-- One key of a service, one open incident; after it is resolved the key is free again.
create unique index if not exists pagerduty_incidents_open on vendors.pagerduty_incidents (urgency, dedup_key) where status <> 'resolved';

create table if not exists vendors.pagerduty_events (
    seq         bigint generated always as identity primary key,
    action      text not null,
    dedup_key   text not null,
    incident_id text,                     -- null: dropped, no open incident has this key
    message     jsonb not null,           -- as posted, without the routing key
    created_at  timestamptz not null
);
