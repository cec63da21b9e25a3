-- A suspect that keeps crashing its processes is quarantined: one word in code, docs and here.
alter table durable.instances rename column parked_reason to quarantine_reason;
