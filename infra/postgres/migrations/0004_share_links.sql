-- Share links, who looked through them, and every playback token that was made.

create table portal.share_links (
    id              uuid primary key,
    tenant_id       uuid not null references portal.tenants (id),
    project_id      uuid not null,
    asset_id        uuid not null,
    asset_version_id uuid,                  -- null: the latest version that is ready
    -- The token is base64url(HMAC-SHA256(key[kid], id ‖ generation)); only its SHA-256 is kept.
    token_hash      bytea not null unique check (length(token_hash) = 32),
    token_kid       text not null check (length(token_kid) between 1 and 50),
    generation      integer not null default 1,
    status          text not null default 'active' check (status in ('active', 'expired', 'revoked')),
    expires_at      timestamptz not null,
    allow_comments  boolean not null default false,
    allow_download  boolean not null default false,
    max_opens       integer check (max_opens between 1 and 1000000),
    opens           integer not null default 0,
    notify          text not null default 'first' check (notify in ('off', 'first', 'every', 'daily')),
    label           text not null default '' check (length(label) <= 200),
    created_by      uuid not null,
    version         integer not null default 1,
    created_at      timestamptz not null,
    updated_at      timestamptz not null,
    revoked_at      timestamptz,
    revoked_by      uuid,
    unique (tenant_id, id),
    check (max_opens is null or opens <= max_opens),
    check ((status = 'revoked') = (revoked_at is not null)),
    foreign key (tenant_id, project_id) references portal.projects (tenant_id, id),
    foreign key (tenant_id, asset_id) references portal.assets (tenant_id, id),
    foreign key (tenant_id, asset_version_id) references portal.asset_versions (tenant_id, id),
    foreign key (tenant_id, created_by) references portal.users (tenant_id, id)
);
create index share_links_by_asset on portal.share_links (tenant_id, asset_id, created_at desc, id desc);
create index share_links_by_tenant on portal.share_links (tenant_id, created_at desc, id desc);

-- One row per person (browser) that opened a link. They hold a random token in a cookie; we hold its hash.
create table portal.share_viewers (
    id              uuid primary key,
    tenant_id       uuid not null,
    share_link_id   uuid not null,
    viewer_hash     bytea not null check (length(viewer_hash) = 32),
    ip_hash         bytea not null,
    agent_family    text not null check (length(agent_family) <= 50),
    first_seen_at   timestamptz not null,
    last_seen_at    timestamptz not null,
    unique (share_link_id, viewer_hash),
    unique (tenant_id, id),
    foreign key (tenant_id, share_link_id) references portal.share_links (tenant_id, id)
);

-- Every signed playback token that was minted: for whom, through which link, until when (so that it can be proved who saw what).
create table portal.playback_audit (
    id              uuid primary key,
    tenant_id       uuid not null references portal.tenants (id),
    asset_version_id uuid not null,
    share_link_id   uuid,
    viewer_id       uuid,
    user_id         uuid,
    ip_hash         bytea not null,
    agent_family    text not null check (length(agent_family) <= 50),
    request_id      text check (length(request_id) <= 100),
    minted_at       timestamptz not null,
    token_expires_at timestamptz not null,
    check ((user_id is null) <> (share_link_id is null)),
    foreign key (tenant_id, asset_version_id) references portal.asset_versions (tenant_id, id)
);
create index playback_audit_by_tenant on portal.playback_audit (tenant_id, minted_at desc, id desc);
create index playback_audit_by_link on portal.playback_audit (tenant_id, share_link_id, minted_at desc) where share_link_id is not null;
create trigger playback_audit_append_only before update or delete on portal.playback_audit
    for each row execute function portal.refuse_change();

alter table portal.share_links enable row level security;
alter table portal.share_viewers enable row level security;
alter table portal.playback_audit enable row level security;
create policy own_tenant on portal.share_links to portal_app
    using (tenant_id = (select portal.current_tenant())) with check (tenant_id = (select portal.current_tenant()));
create policy own_tenant on portal.share_viewers to portal_app
    using (tenant_id = (select portal.current_tenant())) with check (tenant_id = (select portal.current_tenant()));
create policy own_tenant on portal.playback_audit to portal_app
    using (tenant_id = (select portal.current_tenant())) with check (tenant_id = (select portal.current_tenant()));
grant select, insert, update on portal.share_links to portal_app;
grant select on portal.share_viewers to portal_app;
grant select, insert on portal.playback_audit to portal_app;

-- Opening a share link, whole, in one round trip: rate limit, guard, viewer, count, playback audit, audit, event.
-- The caller is a stranger with a token: no tenant is known until the hash is found, hence security definer.
--
-- outcome  limited      too many requests from this address; retry_after seconds
--          unknown      no such token
--          unavailable  revoked, expired, used up, or nothing ready behind it; `reason` is for the audit, not for the guest
--          open         everything that the answer needs
--
-- p_peek answers HEAD: it guards, but counts, creates and mints nothing.
-- p_viewer_hash is of the cookie the guest brought (or null), p_new_viewer_hash of the one they get if it is not known.
-- The count is one guarded UPDATE: eight guests at once never get past max_opens.
create function portal.open_share_link(
    p_token_hash bytea, p_viewer_hash bytea, p_new_viewer_hash bytea, p_ip_hash bytea, p_agent_family text,
    p_request_id text, p_now timestamptz, p_token_ttl interval, p_peek boolean,
    p_viewer_id uuid, p_playback_audit_id uuid, p_audit_id uuid, p_event_id uuid, p_ip_limit integer)
    returns table (
        outcome text, reason text, retry_after integer, tenant_id uuid, share_link_id uuid, expires_at timestamptz,
        token_expires_at timestamptz, title text, allow_comments boolean, allow_download boolean, new_viewer boolean,
        asset_version_id uuid, version_number integer, playback_id text, duration_s double precision, aspect_ratio text)
    language plpgsql security definer
    set search_path = portal, pg_temp
as $$
#variable_conflict use_column
declare
    v_hit     record;
    v_link    portal.share_links;
    v_version portal.asset_versions;
    v_title   text;
    v_viewer  uuid;
    v_reason  text;
    v_until   timestamptz;
begin
    select * into v_hit
      from portal.take_hit('share:' || encode(p_ip_hash, 'hex'), p_now, interval '1 minute', p_ip_limit);
    if not v_hit.allowed then
        return query select 'limited', null::text, v_hit.retry_after, null::uuid, null::uuid, null::timestamptz, null::timestamptz,
            null::text, null::boolean, null::boolean, null::boolean, null::uuid, null::integer, null::text, null::double precision, null::text;
        return;
    end if;

    select l.* into v_link from portal.share_links l where l.token_hash = p_token_hash;
    if not found then
        return query select 'unknown', null::text, null::integer, null::uuid, null::uuid, null::timestamptz, null::timestamptz,
            null::text, null::boolean, null::boolean, null::boolean, null::uuid, null::integer, null::text, null::double precision, null::text;
        return;
    end if;

    -- A viewer who was here before renews: last seen moves, nothing is counted.
    if p_viewer_hash is not null then
        select w.id into v_viewer from portal.share_viewers w
         where w.share_link_id = v_link.id and w.viewer_hash = p_viewer_hash;
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

    if v_reason is null and v_viewer is null and not p_peek then
        update portal.share_links l set opens = l.opens + 1
         where l.id = v_link.id and l.status = 'active' and l.expires_at > p_now
           and (l.max_opens is null or l.opens < l.max_opens);
        if not found then
            -- Lost a race with a revoke or with the last open that was left: read again what it is now.
            select case when l.status = 'revoked' then 'revoked' when l.expires_at <= p_now then 'expired' else 'used_up' end
              into v_reason from portal.share_links l where l.id = v_link.id;
        end if;
    elsif v_reason is null and not p_peek then
        -- Renewing shares the row with a revoke too: whoever commits first is seen by the other.
        perform 1 from portal.share_links l where l.id = v_link.id and l.status = 'active' for share;
        if not found then
            v_reason := 'revoked';
        end if;
    end if;

    if v_reason is not null then
        if not p_peek then
            insert into portal.audit_log (id, tenant_id, actor_kind, actor_id, action, entity_type, entity_id, new_value, request_id, occurred_at)
            values (p_audit_id, v_link.tenant_id, 'guest', v_viewer::text, 'share_link_refused', 'share_link', v_link.id,
                    jsonb_build_object('reason', v_reason, 'ipHash', encode(p_ip_hash, 'hex'), 'agentFamily', p_agent_family),
                    p_request_id, p_now);
        end if;
        return query select 'unavailable', v_reason, null::integer, v_link.tenant_id, v_link.id, null::timestamptz, null::timestamptz,
            null::text, null::boolean, null::boolean, null::boolean, null::uuid, null::integer, null::text, null::double precision, null::text;
        return;
    end if;

    v_until := least(p_now + p_token_ttl, v_link.expires_at);
    select a.title into v_title from portal.assets a where a.id = v_link.asset_id;

    if not p_peek then
        if v_viewer is null then
            insert into portal.share_viewers (id, tenant_id, share_link_id, viewer_hash, ip_hash, agent_family, first_seen_at, last_seen_at)
            values (p_viewer_id, v_link.tenant_id, v_link.id, p_new_viewer_hash, p_ip_hash, p_agent_family, p_now, p_now);
            insert into portal.audit_log (id, tenant_id, actor_kind, actor_id, action, entity_type, entity_id, new_value, request_id, occurred_at)
            values (p_audit_id, v_link.tenant_id, 'guest', p_viewer_id::text, 'share_link_opened', 'share_link', v_link.id,
                    jsonb_build_object('viewerId', p_viewer_id, 'assetVersionId', v_version.id,
                                       'ipHash', encode(p_ip_hash, 'hex'), 'agentFamily', p_agent_family),
                    p_request_id, p_now);
            insert into portal.events (event_id, tenant_id, aggregate_type, aggregate_id, type, payload, occurred_at)
            values (p_event_id, v_link.tenant_id, 'share_link', v_link.id, 'share_link_opened',
                    jsonb_build_object('shareLinkId', v_link.id, 'viewerId', p_viewer_id, 'assetVersionId', v_version.id), p_now);
        else
            update portal.share_viewers w set last_seen_at = p_now where w.id = v_viewer;
        end if;
        insert into portal.playback_audit (id, tenant_id, asset_version_id, share_link_id, viewer_id, ip_hash, agent_family, request_id, minted_at, token_expires_at)
        values (p_playback_audit_id, v_link.tenant_id, v_version.id, v_link.id, coalesce(v_viewer, p_viewer_id), p_ip_hash, p_agent_family,
                p_request_id, p_now, v_until);
    end if;

    return query select 'open', null::text, null::integer, v_link.tenant_id, v_link.id, v_link.expires_at, v_until,
        v_title, v_link.allow_comments, v_link.allow_download, v_viewer is null,
        v_version.id, v_version.number, v_version.playback_id, v_version.duration_s, v_version.aspect_ratio;
end
$$;
revoke all on function portal.open_share_link(bytea, bytea, bytea, bytea, text, text, timestamptz, interval, boolean, uuid, uuid, uuid, uuid, integer) from public;
grant execute on function portal.open_share_link(bytea, bytea, bytea, bytea, text, text, timestamptz, interval, boolean, uuid, uuid, uuid, uuid, integer) to portal_app;
