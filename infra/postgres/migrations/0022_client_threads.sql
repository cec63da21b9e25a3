-- A thread is the team's, or its client's too. Renamed in one step because there is no deployment yet: a version of the app from before
-- would write the old word.
alter table portal.comments drop constraint comments_visibility_check;
update portal.comments set visibility = 'client' where visibility = 'shared';
alter table portal.comments add constraint comments_visibility_check check (visibility in ('team', 'client'));
