-- Set before the vendor is asked for the first time. A mail that is given up on later (its link was revoked meanwhile) may have gone out in a
-- go whose answer was lost: then its guest has to hear that the link is withdrawn.
alter table portal.deliveries add column offered_at timestamptz;
