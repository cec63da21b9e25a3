-- outcome  limited      too many requests from this address; retry_after seconds
--          unknown      no such token
--          unavailable  revoked, expired, used up, or nothing ready behind it; `reason` is for the audit, not for the guest
--          sign_in_required, not_addressed, passphrase_required   see share_link_gate
--          open         everything that the answer needs; the row is the same as that of enter_share_link
--
-- p_viewer_hash is of the cookie or of the client's own key; where it is the key, p_new_viewer_hash is the same, and a viewer who opens
-- twice at once is one viewer.
-- p_unlock_hash is of the cookie that unlocking gave, p_clerk_user_id of a session that was verified; null without.
-- p_ip_limit: null when a place of the address's minute was taken before, by whoever asks (the limit is only observed).
-- p_peek answers HEAD: it guards, but counts, creates and mints nothing.
-- The count is one guarded UPDATE: eight guests at once never get past max_opens.
drop function if exists portal.open_share_link(bytea,bytea,bytea,bytea,text,bytea,text,text,timestamp with time zone,interval,boolean,
    uuid,uuid,uuid,uuid,integer);
create or replace function portal.open_share_link(
    p_token_hash bytea, p_viewer_hash bytea, p_new_viewer_hash bytea, p_unlock_hash bytea, p_clerk_user_id text, p_ip_hash bytea,
    p_agent_family text, p_request_id text, p_now timestamptz, p_token_ttl interval, p_peek boolean,
    p_viewer_id uuid, p_playback_audit_id uuid, p_audit_id uuid, p_event_id uuid, p_ip_limit integer)
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
    v_viewer  uuid;
    v_reason  text;
    v_gate    text;
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

    tenant_id := v_link.tenant_id;
    share_link_id := v_link.id;
    if p_clerk_user_id is not null then
        select u.* into v_user from portal.users u
         where u.tenant_id = v_link.tenant_id and u.clerk_user_id = p_clerk_user_id and u.status = 'active';
    end if;

    -- A viewer who was here before renews: last seen moves, nothing is counted.
    if p_viewer_hash is not null then
        select w.id into v_viewer from portal.share_viewers w
         where w.share_link_id = v_link.id and w.viewer_hash = p_viewer_hash;
        if not found and not p_peek then
            -- Perhaps the same viewer opens twice at once (prefetch, a page that renders twice): the second waits and finds the first.
            select l.* into v_link from portal.share_links l where l.id = v_link.id for update;
            select w.id into v_viewer from portal.share_viewers w
             where w.share_link_id = v_link.id and w.viewer_hash = p_viewer_hash;
        end if;
    end if;

    select v.* into v_version from portal.asset_versions v
     where v.tenant_id = v_link.tenant_id and v.asset_id = v_link.asset_id and v.status = 'ready'
       and (v_link.asset_version_id is null or v.id = v_link.asset_version_id)
     order by v.number desc limit 1;

    v_reason := case
        when v_link.status = 'revoked' then 'revoked'
        when v_link.status = 'expired' or v_link.expires_at <= p_now then 'expired'
        when v_viewer is null and v_link.max_opens is not null and v_link.opens >= v_link.max_opens then 'used_up'
        when v_version.id is null then 'not_ready'
        when not exists (select 1 from portal.tenants t where t.id = v_link.tenant_id and t.status = 'active') then 'tenant_inactive'
    end;
    if v_reason is null and (v_link.require_sign_in or v_link.passphrase_hash is not null) then
        v_gate := portal.share_link_gate(v_link, v_user, p_unlock_hash);
    end if;

    if v_reason is null and v_gate is null and v_viewer is null and not p_peek then
        update portal.share_links l set opens = l.opens + 1
         where l.id = v_link.id and l.status = 'active' and l.expires_at > p_now
           and (l.max_opens is null or l.opens < l.max_opens);
        if not found then
            -- Lost a race with a revoke or with the last open that was left: read again what it is now.
            select case when l.status = 'revoked' then 'revoked' when l.expires_at <= p_now then 'expired' else 'used_up' end
              into v_reason from portal.share_links l where l.id = v_link.id;
        end if;
    elsif v_reason is null and v_gate is null and not p_peek then
        -- Renewing shares the row with a revoke too: whoever commits first is seen by the other.
        perform 1 from portal.share_links l where l.id = v_link.id and l.status = 'active' for share;
        if not found then
            v_reason := 'revoked';
        end if;
    end if;

    if v_reason is not null or v_gate is not null then
        -- Being asked for a passphrase or to sign in is the way in, not a refusal.
        if not p_peek and coalesce(v_reason, v_gate) not in ('sign_in_required', 'passphrase_required') then
            insert into portal.audit_log (id, tenant_id, actor_kind, actor_id, action, entity_type, entity_id, new_value, request_id,
               occurred_at)
            values (p_audit_id, v_link.tenant_id, 'guest', coalesce(v_user.id, v_viewer)::text, 'share_link_refused', 'share_link',
            v_link.id,
                    jsonb_build_object('reason', coalesce(v_reason, v_gate), 'ipHash', encode(p_ip_hash, 'hex'), 'agentFamily',
                    p_agent_family),
                    p_request_id, p_now);
        end if;
        outcome := case when v_reason is not null then 'unavailable' else v_gate end;
        reason := coalesce(v_reason, v_gate);
        return next;
        return;
    end if;

    token_expires_at := least(p_now + p_token_ttl, v_link.expires_at);
    select a.title into title from portal.assets a where a.id = v_link.asset_id;

    if not p_peek then
        if v_viewer is null then
            insert into portal.share_viewers (id, tenant_id, share_link_id, viewer_hash, ip_hash, agent_family, first_seen_at,
               last_seen_at, user_id, minted)
            values (p_viewer_id, v_link.tenant_id, v_link.id, p_new_viewer_hash, p_ip_hash, p_agent_family, p_now, p_now, v_user.id, 1);
            insert into portal.audit_log (id, tenant_id, actor_kind, actor_id, action, entity_type, entity_id, new_value, request_id,
               occurred_at)
            values (p_audit_id, v_link.tenant_id, 'guest', p_viewer_id::text, 'share_link_opened', 'share_link', v_link.id,
                    jsonb_build_object('viewerId', p_viewer_id, 'userId', v_user.id, 'assetVersionId', v_version.id,
                                       'ipHash', encode(p_ip_hash, 'hex'), 'agentFamily', p_agent_family),
                    p_request_id, p_now);
            insert into portal.events (event_id, tenant_id, aggregate_type, aggregate_id, type, payload, occurred_at)
            values (p_event_id, v_link.tenant_id, 'share_link', v_link.id, 'share_link_opened',
                    jsonb_build_object('shareLinkId', v_link.id, 'projectId', v_link.project_id, 'viewerId', p_viewer_id,
                                       'assetVersionId', v_version.id), p_now);
        else
            update portal.share_viewers w set last_seen_at = p_now, minted = w.minted + 1, user_id = coalesce(w.user_id, v_user.id)
               where w.id = v_viewer;
        end if;
        insert into portal.playback_audit (id, tenant_id, asset_version_id, share_link_id, viewer_id, ip_hash, agent_family, request_id,
           minted_at, token_expires_at)
        values (p_playback_audit_id, v_link.tenant_id, v_version.id, v_link.id, coalesce(v_viewer, p_viewer_id), p_ip_hash, p_agent_family,
                p_request_id, p_now, token_expires_at);
    end if;

    outcome := 'open';
    project_id := v_link.project_id;
    asset_id := v_link.asset_id;
    asset_version_id := v_version.id;
    version_number := v_version.number;
    viewer_id := coalesce(v_viewer, p_viewer_id);
    new_viewer := v_viewer is null;
    user_id := v_user.id;
    expires_at := v_link.expires_at;
    allow_comments := v_link.allow_comments;
    allow_download := v_link.allow_download;
    playback_id := v_version.playback_id;
    download_name := v_version.download_name;
    duration_s := v_version.duration_s;
    aspect_ratio := v_version.aspect_ratio;
    frame_rate := v_version.frame_rate;
    return next;
end
$$;

revoke all on function portal.open_share_link(bytea,bytea,bytea,bytea,text,bytea,text,text,timestamp with time zone,interval,boolean,uuid,
    uuid,uuid,uuid,integer) from public;
grant execute on function portal.open_share_link(bytea,bytea,bytea,bytea,text,bytea,text,text,timestamp with time zone,interval,boolean,
    uuid,uuid,uuid,uuid,integer) to portal_app;
