-- Everything else a guest does (comments, download): the same guards, for a viewer who has opened the link. Counts, mints and changes
-- nothing; the tenant it answers is the one whose transaction then does the work.
-- p_ip_limit as open_share_link.
-- outcome  as open_share_link, and not_opened: no viewer cookie of this link came along.
drop function if exists portal.enter_share_link(bytea,bytea,bytea,text,bytea,timestamp with time zone,integer);
create or replace function portal.enter_share_link(
    p_token_hash bytea, p_viewer_hash bytea, p_unlock_hash bytea, p_clerk_user_id text, p_ip_hash bytea, p_now timestamptz,
    p_ip_limit integer)
    returns table (
        outcome text, reason text, retry_after integer, tenant_id uuid, share_link_id uuid, project_id uuid, asset_id uuid,
        asset_version_id uuid, version_number integer, viewer_id uuid, new_viewer boolean, user_id uuid, expires_at timestamptz,
        token_expires_at timestamptz, title text, allow_comments boolean, allow_download boolean, playback_id text, download_name text,
        duration_s double precision, aspect_ratio text, frame_rate double precision)
    language plpgsql security definer
    set search_path = portal, pg_temp
as $$
#variable_conflict use_column
declare
    v_hit     record;
    v_link    portal.share_links;
    v_version portal.asset_versions;
    v_user    portal.users;
    v_viewer  portal.share_viewers;
begin
    if p_ip_limit is not null then
        select * into v_hit from portal.take_playback_hit(p_ip_hash, p_now, p_ip_limit);
        if not v_hit.allowed then
            outcome := 'limited';
            retry_after := v_hit.retry_after;
            return next;
            return;
        end if;
    end if;

    select l.* into v_link from portal.share_links l where l.token_hash = p_token_hash;
    if not found then
        outcome := 'unknown';
        return next;
        return;
    end if;

    if p_clerk_user_id is not null then
        select u.* into v_user from portal.users u
         where u.tenant_id = v_link.tenant_id and u.clerk_user_id = p_clerk_user_id and u.status = 'active';
    end if;
    select w.* into v_viewer from portal.share_viewers w where w.share_link_id = v_link.id and w.viewer_hash = p_viewer_hash;
    select v.* into v_version from portal.asset_versions v
     where v.tenant_id = v_link.tenant_id and v.asset_id = v_link.asset_id and v.status = 'ready'
       and (v_link.asset_version_id is null or v.id = v_link.asset_version_id)
     order by v.number desc limit 1;

    outcome := case
        when v_link.status <> 'active' or v_link.expires_at <= p_now or v_version.id is null
          or not exists (select 1 from portal.tenants t where t.id = v_link.tenant_id and t.status = 'active') then 'unavailable'
        else coalesce(portal.share_link_gate(v_link, v_user, p_unlock_hash), case when v_viewer.id is null then 'not_opened'
        else 'open' end)
    end;
    tenant_id := v_link.tenant_id;
    share_link_id := v_link.id;
    if outcome = 'open' then
        project_id := v_link.project_id;
        asset_id := v_link.asset_id;
        asset_version_id := v_version.id;
        version_number := v_version.number;
        viewer_id := v_viewer.id;
        new_viewer := false;
        -- A viewer cookie outlives signing out: it speaks for a member only beside a session of that same, active person.
        user_id := case when v_viewer.user_id = v_user.id then v_user.id end;
        expires_at := v_link.expires_at;
        select a.title into title from portal.assets a where a.id = v_link.asset_id;
        allow_comments := v_link.allow_comments;
        allow_download := v_link.allow_download;
        playback_id := v_version.playback_id;
        download_name := v_version.download_name;
        duration_s := v_version.duration_s;
        aspect_ratio := v_version.aspect_ratio;
        frame_rate := v_version.frame_rate;
    end if;
    return next;
end
$$;

revoke all on function portal.enter_share_link(bytea,bytea,bytea,text,bytea,timestamp with time zone,integer) from public;
grant execute on function portal.enter_share_link(bytea,bytea,bytea,text,bytea,timestamp with time zone,integer) to portal_app;
