-- By which resolution tier Mux bills a version: what it said, or else, of those made before that was kept, by their pixels. They are 1080p
-- at the most: Mux stores no more of a video for which no more was asked, and none of ours asked. Null: not known.
create or replace function portal.version_tier(p_said text, p_width integer, p_height integer) returns text
    language sql immutable
    set search_path = portal, pg_temp
as $$
    select coalesce(
        p_said,
        case when p_width::bigint * p_height <= 921600 then '720p'
             when p_width::bigint * p_height > 921600 then '1080p' end)
$$;

revoke all on function portal.version_tier(text,integer,integer) from public;
