-- Playback requests are counted in a sliding window, whose rows get a later end with each hit. Without an index on that end, such an
-- update stays in place; only the timer that deletes rows which are over reads by it, and it reads most of this small table anyway.

drop index portal.rate_windows_by_end;
