-- Alerts that people work on: acknowledged, resolved, in an incident that PagerDuty is told of; and mails to people on call.

alter table portal.alerts
    -- The incident that it is part of: a critical alert has its own, errors of one kind share one. Warnings have none.
    add column incident_id     uuid references portal.incidents (id) on delete set null,
    add column acknowledged_at timestamptz,
    add column acknowledged_by text check (length(acknowledged_by) between 1 and 200),
    -- Null while it is resolved: its cause is gone.
    add column resolved_by     text check (length(resolved_by) between 1 and 200),
    add check ((acknowledged_at is null) = (acknowledged_by is null)),
    add check (resolved_by is null or resolved_at is not null);
update portal.alerts a set incident_id = i.id from portal.incidents i
 where i.kind = 'alert' and i.status <> 'resolved' and a.resolved_at is null and i.dedup_key = a.kind || ':' || a.dedup_key;
create index alerts_by_incident on portal.alerts (incident_id) where resolved_at is null;
-- The lists of on-call: all, of one kind; and those that a mail tells of.
create index alerts_by_time on portal.alerts (first_at desc, id desc);
create index alerts_by_kind on portal.alerts (kind, first_at desc, id desc);
create index alerts_warnings on portal.alerts (last_at) where severity = 'warning';

alter table portal.incidents
    -- Which of PagerDuty's services it goes to: the one that wakes, or the one that does not. What triggered it must also resolve it.
    add column urgency  text not null default 'high' check (urgency in ('high', 'low')),
    -- PagerDuty's own id, once an event of theirs has named both.
    add column pager_id text check (length(pager_id) between 1 and 200);
create index incidents_by_pager_id on portal.incidents (pager_id);

-- When it was last taken from those that wait. Its orchestration ought to run from then on, or from when it said it would go on.
alter table portal.deliveries add column taken_at timestamptz;
create index deliveries_failed on portal.deliveries (done_at) where status = 'failed';

-- One row for each period that a mail to people on call was due for, whether there was something to say or not.
create table portal.operator_mails (
    id          uuid primary key,
    kind        text not null check (kind in ('warnings', 'objectives')),
    since       timestamptz not null,
    until       timestamptz not null,
    mailed      boolean not null,
    created_at  timestamptz not null,
    unique (kind, until),
    check (until > since)
);
alter table portal.operator_mails enable row level security;
create policy platform on portal.operator_mails to portal_system using (true) with check (true);
grant select, insert on portal.operator_mails to portal_system;

-- Who is on call, for the timer that mails them. Their addresses are Clerk's.
create policy timers on portal.operators for select to portal_system using (true);
grant select on portal.operators to portal_system;

-- PagerDuty's own webhooks come in by the path of all webhooks.
alter table portal.webhook_inbox drop constraint webhook_inbox_provider_check;
alter table portal.webhook_inbox add constraint webhook_inbox_provider_check
    check (provider in ('mux', 'clerk', 'resend', 'blob', 'alerts', 'pagerduty'));
