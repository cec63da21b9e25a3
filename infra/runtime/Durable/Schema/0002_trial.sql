-- Set while a suspect (an instance that several crashed processes left with work in hand) runs alone: a crash now is its own doing.
alter table durable.instances add column on_trial boolean not null default false;
