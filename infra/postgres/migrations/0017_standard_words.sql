-- One word for one thing, in rows, JSON and code: attempt, task, slot, rate limit. Renaming in place is possible once only, before the
-- first deployment: an older version of the app does not know the new names.

alter table portal.deliveries rename column tries to attempts;
alter table portal.mux_chores rename column tries to attempts;
alter table portal.mux_cleanups rename column tries to attempts;
alter table portal.outbox rename column tries to attempts;
alter table portal.upload_jobs rename column tries to attempts;
alter table portal.webhook_inbox rename column tries to attempts;
alter table portal.deliveries rename column next_try_at to next_attempt_at;
alter table portal.mux_chores rename column next_try_at to next_attempt_at;
alter table portal.mux_cleanups rename column next_try_at to next_attempt_at;
alter table portal.outbox rename column next_try_at to next_attempt_at;
alter table portal.webhook_inbox rename column next_try_at to next_attempt_at;

alter table portal.invites rename column clerk_tries to clerk_attempts;
update portal.upload_jobs set failure_code = 'attempts_used_up' where failure_code = 'tries_used_up';

alter table portal.mux_chores rename to mux_tasks;
alter index portal.mux_chores_due rename to mux_tasks_due;
alter index portal.mux_chores_rendition rename to mux_tasks_rendition;
alter index portal.mux_chores_replace rename to mux_tasks_replace;

alter table portal.mux_tasks rename column turn_at to slot_at;
alter table portal.vendor_pace rename to vendor_rate_limits;
