-- Review of versions (comments), all switches of share links, and what must be done at Mux because of them.

-- Assets: what people say about them. title_key is what the list by title is ordered by: short enough for a cursor, and a plain
-- column, so that the comparison may be used by the index under row-level security.
alter table portal.assets
    add column description text not null default '' check (length(description) <= 4000),
    add column metadata jsonb not null default '{}' check (jsonb_typeof(metadata) = 'object' and length(metadata::text) <= 20000),
    add column title_key text collate "C" generated always as (left(lower(title), 60)) stored;
create index assets_by_title on portal.assets (tenant_id, title_key, id);
create index assets_by_project_and_title on portal.assets (tenant_id, project_id, title_key, id);

-- A version's downloadable file at Mux (a static rendition), made when a link first allows downloading.
alter table portal.asset_versions
    add column download_name text check (length(download_name) between 1 and 100);

-- The other switches of a link. The passphrase is kept as PBKDF2-HMAC-SHA256; changing it bumps passphrase_version, and with that
-- every unlock made with the old one is void.
alter table portal.share_links
    add column require_sign_in boolean not null default false,
    add column passphrase_hash bytea check (length(passphrase_hash) = 32),
    add column passphrase_salt bytea check (length(passphrase_salt) >= 16),
    add column passphrase_iterations integer check (passphrase_iterations >= 600000),
    add column passphrase_version integer not null default 0,
    add column hard_revoked_at timestamptz,
    add constraint share_links_passphrase_whole check (num_nulls(passphrase_hash, passphrase_salt, passphrase_iterations) in (0, 3)),
    add constraint share_links_hard_is_revoked check (hard_revoked_at is null or status = 'revoked');
create index share_links_by_end on portal.share_links (expires_at) where status = 'active';

-- Whom a link was addressed to. Addresses are personal values: here and nowhere else, never in audit or events.
create table portal.share_link_guests (
    tenant_id       uuid not null,
    share_link_id   uuid not null,
    email           text not null check (length(email) between 3 and 254 and email = lower(email)),
    added_at        timestamptz not null,
    primary key (share_link_id, email),
    foreign key (tenant_id, share_link_id) references portal.share_links (tenant_id, id)
);
create index share_link_guests_by_email on portal.share_link_guests (tenant_id, email, share_link_id);

-- Who has given the right passphrase: the hash of a random cookie.
create table portal.share_unlocks (
    tenant_id       uuid not null,
    share_link_id   uuid not null,
    unlock_hash     bytea not null check (length(unlock_hash) = 32),
    passphrase_version integer not null,
    created_at      timestamptz not null,
    primary key (share_link_id, unlock_hash),
    foreign key (tenant_id, share_link_id) references portal.share_links (tenant_id, id)
);

-- A viewer who was signed in is that person; minted counts playback tokens.
alter table portal.share_viewers
    add column user_id uuid,
    add column minted integer not null default 0,
    add constraint share_viewers_user foreign key (tenant_id, user_id) references portal.users (tenant_id, id);
update portal.share_viewers w set minted = (select count(*) from portal.playback_audit a
                                             where a.tenant_id = w.tenant_id and a.share_link_id = w.share_link_id and a.viewer_id = w.id);
create index share_viewers_by_link on portal.share_viewers (tenant_id, share_link_id, first_seen_at desc, id desc);

-- Comments belong to a version. One level of replies: root_seq is the thread's. A place in the video is a frame and a rate of whole
-- numbers (a float time puts a remark one frame off). seq orders what was written in the same moment.
create sequence portal.comment_seq as bigint;
create table portal.comments (
    id              uuid primary key,
    tenant_id       uuid not null references portal.tenants (id),
    seq             bigint not null,
    project_id      uuid not null,
    asset_id        uuid not null,
    asset_version_id uuid not null,
    parent_id       uuid,
    root_seq        bigint not null,        -- own seq for the first of a thread
    share_link_id   uuid,                   -- written through this link; null: written by a member in the portal
    author_id       uuid,
    viewer_id       uuid,
    guest_name      text check (length(guest_name) between 1 and 80),
    visibility      text not null check (visibility in ('team', 'shared')),
    body            text not null check (length(body) <= 4000),
    frame           integer check (frame >= 0),
    end_frame       integer check (end_frame >= frame),
    rate_numerator  integer check (rate_numerator >= 1),
    rate_denominator integer check (rate_denominator >= 1),
    sort_frame      integer not null,       -- the thread's frame; -1: about the whole version
    resolved_at     timestamptz,
    resolved_by     uuid,
    version         integer not null default 1,
    created_at      timestamptz not null,
    updated_at      timestamptz not null,
    edited_at       timestamptz,
    deleted_at      timestamptz,
    deleted_by      text check (deleted_by in ('author', 'admin')),
    unique (tenant_id, id),
    check (author_id is not null or viewer_id is not null),
    check ((viewer_id is null) = (share_link_id is null)),
    check (num_nulls(frame, rate_numerator, rate_denominator) in (0, 3)),
    check (end_frame is null or frame is not null),
    check (parent_id is null or frame is null),
    check (parent_id is null or resolved_at is null),
    check ((deleted_at is null) = (deleted_by is null)),
    check (deleted_at is null or body = ''),
    check (deleted_at is not null or body <> ''),
    foreign key (tenant_id, project_id) references portal.projects (tenant_id, id),
    foreign key (tenant_id, asset_id) references portal.assets (tenant_id, id),
    foreign key (tenant_id, asset_version_id) references portal.asset_versions (tenant_id, id),
    foreign key (tenant_id, parent_id) references portal.comments (tenant_id, id),
    foreign key (tenant_id, share_link_id) references portal.share_links (tenant_id, id),
    foreign key (tenant_id, author_id) references portal.users (tenant_id, id),
    foreign key (tenant_id, viewer_id) references portal.share_viewers (tenant_id, id)
);
create index comments_by_frame on portal.comments (tenant_id, asset_version_id, sort_frame, root_seq, seq);
create index comments_by_time on portal.comments (tenant_id, asset_version_id, seq);
create index comments_of_thread on portal.comments (tenant_id, parent_id) where parent_id is not null;

create table portal.comment_mentions (
    tenant_id       uuid not null,
    comment_id      uuid not null,
    user_id         uuid not null,
    primary key (comment_id, user_id),
    foreign key (tenant_id, comment_id) references portal.comments (tenant_id, id),
    foreign key (tenant_id, user_id) references portal.users (tenant_id, id)
);
create index comment_mentions_by_user on portal.comment_mentions (tenant_id, user_id, comment_id);

-- What is to be done at Mux about a version that is ready; the row is written with the change that wants it, and stays until Mux
-- confirms. replace_playback_id: a hard revoke; rendition: a file to download.
create table portal.mux_chores (
    id              uuid primary key,
    tenant_id       uuid not null references portal.tenants (id),
    kind            text not null check (kind in ('replace_playback_id', 'rendition')),
    asset_version_id uuid not null,
    mux_asset_id    text not null check (length(mux_asset_id) between 1 and 200),
    old_playback_id text check (length(old_playback_id) between 1 and 200),
    tries           integer not null default 0,
    turn_at         timestamptz,            -- a turn of Mux's pace that was reserved for the next POST
    last_error      text check (length(last_error) <= 1000),
    next_try_at     timestamptz not null,
    done_at         timestamptz,
    outcome         text check (outcome in ('done', 'refused')),
    created_at      timestamptz not null,
    check ((kind = 'replace_playback_id') = (old_playback_id is not null)),
    check ((done_at is null) = (outcome is null)),
    foreign key (tenant_id, asset_version_id) references portal.asset_versions (tenant_id, id)
);
create unique index mux_chores_replace on portal.mux_chores (old_playback_id);
create unique index mux_chores_rendition on portal.mux_chores (asset_version_id) where kind = 'rendition';
create index mux_chores_due on portal.mux_chores (next_try_at) where done_at is null;

alter table portal.share_link_guests enable row level security;
alter table portal.share_unlocks enable row level security;
alter table portal.comments enable row level security;
alter table portal.comment_mentions enable row level security;
alter table portal.mux_chores enable row level security;
create policy own_tenant on portal.share_link_guests to portal_app
    using (tenant_id = (select portal.current_tenant())) with check (tenant_id = (select portal.current_tenant()));
create policy own_tenant on portal.share_unlocks to portal_app
    using (tenant_id = (select portal.current_tenant())) with check (tenant_id = (select portal.current_tenant()));
create policy own_tenant on portal.comments to portal_app
    using (tenant_id = (select portal.current_tenant())) with check (tenant_id = (select portal.current_tenant()));
create policy own_tenant on portal.comment_mentions to portal_app
    using (tenant_id = (select portal.current_tenant())) with check (tenant_id = (select portal.current_tenant()));
create policy own_tenant on portal.mux_chores to portal_app
    using (tenant_id = (select portal.current_tenant())) with check (tenant_id = (select portal.current_tenant()));
-- The timers: chores of all tenants, and links past their end.
create policy all_tenants on portal.mux_chores to portal_system using (true) with check (true);
create policy all_tenants on portal.share_links to portal_system using (true) with check (true);
grant select, insert, delete on portal.share_link_guests, portal.share_unlocks, portal.comment_mentions to portal_app;
grant select, insert, update on portal.comments to portal_app;
grant usage on sequence portal.comment_seq to portal_app;
grant select, insert on portal.mux_chores to portal_app;
grant update (minted) on portal.share_viewers to portal_app;
grant select, update on portal.mux_chores, portal.share_links to portal_system;

-- May this guest in? One text for the two doors below. The link row is given; null says yes.
--   sign_in_required     nobody is signed in
--   not_addressed        somebody is, and the link is not for them: it is for Admins, for Agency people of the project, and for
--                        Clients of the project whose address it names
--   passphrase_required  no valid unlock cookie came along
create function portal.share_link_gate(p_link portal.share_links, p_user portal.users, p_unlock_hash bytea)
    returns text
    language plpgsql stable
    set search_path = portal, pg_temp
as $$
begin
    if p_link.require_sign_in then
        if p_user.id is null then
            return 'sign_in_required';
        end if;
        if p_user.role <> 'admin' and not (
            p_user.role in ('agency', 'client')
            and exists (select 1 from portal.project_members m
                         where m.tenant_id = p_link.tenant_id and m.project_id = p_link.project_id and m.user_id = p_user.id)
            and (p_user.role = 'agency' or exists (select 1 from portal.share_link_guests g
                         where g.tenant_id = p_link.tenant_id and g.share_link_id = p_link.id and g.email = lower(p_user.email)))) then
            return 'not_addressed';
        end if;
    end if;
    if p_link.passphrase_hash is not null and not exists (
        select 1 from portal.share_unlocks u
         where u.share_link_id = p_link.id and u.unlock_hash = p_unlock_hash and u.passphrase_version = p_link.passphrase_version) then
        return 'passphrase_required';
    end if;
    return null;
end
$$;
revoke all on function portal.share_link_gate(portal.share_links, portal.users, bytea) from public;

-- Opening, as in 0004, with the gate, the signed-in viewer and the count of tokens. Nothing runs yet that calls the old one, so it
-- goes at once: left in place it would open links without asking for their passphrase.
drop function portal.open_share_link(bytea, bytea, bytea, bytea, text, text, timestamptz, interval, boolean, uuid, uuid, uuid, uuid, integer);

-- outcome  limited      too many requests from this address; retry_after seconds
--          unknown      no such token
--          unavailable  revoked, expired, used up, or nothing ready behind it; `reason` is for the audit, not for the guest
--          sign_in_required, not_addressed, passphrase_required   see share_link_gate
--          open         everything that the answer needs
--
-- p_unlock_hash is of the cookie that unlocking gave, p_clerk_user_id of a session that was verified; null without.
-- p_peek answers HEAD: it guards, but counts, creates and mints nothing.
-- The count is one guarded UPDATE: eight guests at once never get past max_opens.
create function portal.open_share_link(
    p_token_hash bytea, p_viewer_hash bytea, p_new_viewer_hash bytea, p_unlock_hash bytea, p_clerk_user_id text, p_ip_hash bytea,
    p_agent_family text, p_request_id text, p_now timestamptz, p_token_ttl interval, p_peek boolean,
    p_viewer_id uuid, p_playback_audit_id uuid, p_audit_id uuid, p_event_id uuid, p_ip_limit integer)
    returns table (
        outcome text, reason text, retry_after integer, tenant_id uuid, share_link_id uuid, expires_at timestamptz,
        token_expires_at timestamptz, title text, allow_comments boolean, allow_download boolean, new_viewer boolean,
        asset_version_id uuid, version_number integer, playback_id text, duration_s double precision, aspect_ratio text,
        frame_rate double precision)
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
    select * into v_hit
      from portal.take_hit('share:' || encode(p_ip_hash, 'hex'), p_now, interval '1 minute', p_ip_limit);
    if not v_hit.allowed then
        outcome := 'limited';
        retry_after := v_hit.retry_after;
        return next;
        return;
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
            insert into portal.audit_log (id, tenant_id, actor_kind, actor_id, action, entity_type, entity_id, new_value, request_id, occurred_at)
            values (p_audit_id, v_link.tenant_id, 'guest', coalesce(v_user.id, v_viewer)::text, 'share_link_refused', 'share_link', v_link.id,
                    jsonb_build_object('reason', coalesce(v_reason, v_gate), 'ipHash', encode(p_ip_hash, 'hex'), 'agentFamily', p_agent_family),
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
            insert into portal.share_viewers (id, tenant_id, share_link_id, viewer_hash, ip_hash, agent_family, first_seen_at, last_seen_at, user_id, minted)
            values (p_viewer_id, v_link.tenant_id, v_link.id, p_new_viewer_hash, p_ip_hash, p_agent_family, p_now, p_now, v_user.id, 1);
            insert into portal.audit_log (id, tenant_id, actor_kind, actor_id, action, entity_type, entity_id, new_value, request_id, occurred_at)
            values (p_audit_id, v_link.tenant_id, 'guest', p_viewer_id::text, 'share_link_opened', 'share_link', v_link.id,
                    jsonb_build_object('viewerId', p_viewer_id, 'userId', v_user.id, 'assetVersionId', v_version.id,
                                       'ipHash', encode(p_ip_hash, 'hex'), 'agentFamily', p_agent_family),
                    p_request_id, p_now);
            insert into portal.events (event_id, tenant_id, aggregate_type, aggregate_id, type, payload, occurred_at)
            values (p_event_id, v_link.tenant_id, 'share_link', v_link.id, 'share_link_opened',
                    jsonb_build_object('shareLinkId', v_link.id, 'projectId', v_link.project_id, 'viewerId', p_viewer_id,
                                       'assetVersionId', v_version.id), p_now);
        else
            update portal.share_viewers w set last_seen_at = p_now, minted = w.minted + 1, user_id = coalesce(w.user_id, v_user.id) where w.id = v_viewer;
        end if;
        insert into portal.playback_audit (id, tenant_id, asset_version_id, share_link_id, viewer_id, ip_hash, agent_family, request_id, minted_at, token_expires_at)
        values (p_playback_audit_id, v_link.tenant_id, v_version.id, v_link.id, coalesce(v_viewer, p_viewer_id), p_ip_hash, p_agent_family,
                p_request_id, p_now, token_expires_at);
    end if;

    outcome := 'open';
    expires_at := v_link.expires_at;
    allow_comments := v_link.allow_comments;
    allow_download := v_link.allow_download;
    new_viewer := v_viewer is null;
    asset_version_id := v_version.id;
    version_number := v_version.number;
    playback_id := v_version.playback_id;
    duration_s := v_version.duration_s;
    aspect_ratio := v_version.aspect_ratio;
    frame_rate := v_version.frame_rate;
    return next;
end
$$;
revoke all on function portal.open_share_link(bytea, bytea, bytea, bytea, text, bytea, text, text, timestamptz, interval, boolean, uuid, uuid, uuid, uuid, integer) from public;
grant execute on function portal.open_share_link(bytea, bytea, bytea, bytea, text, bytea, text, text, timestamptz, interval, boolean, uuid, uuid, uuid, uuid, integer) to portal_app;

-- Everything else a guest does (comments, download): the same guards, for a viewer who has opened the link. Counts, mints and changes
-- nothing; the tenant it answers is the one whose transaction then does the work.
-- outcome  as above, and not_opened: no viewer cookie of this link came along.
create function portal.enter_share_link(
    p_token_hash bytea, p_viewer_hash bytea, p_unlock_hash bytea, p_clerk_user_id text, p_ip_hash bytea, p_now timestamptz, p_ip_limit integer)
    returns table (
        outcome text, retry_after integer, tenant_id uuid, share_link_id uuid, project_id uuid, asset_id uuid, viewer_id uuid, user_id uuid,
        expires_at timestamptz, allow_comments boolean, allow_download boolean, asset_version_id uuid, playback_id text, mux_asset_id text,
        download_name text, duration_s double precision, frame_rate double precision)
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
    select * into v_hit
      from portal.take_hit('share-guest:' || encode(p_ip_hash, 'hex'), p_now, interval '1 minute', p_ip_limit);
    if not v_hit.allowed then
        outcome := 'limited';
        retry_after := v_hit.retry_after;
        return next;
        return;
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
        else coalesce(portal.share_link_gate(v_link, v_user, p_unlock_hash), case when v_viewer.id is null then 'not_opened' else 'open' end)
    end;
    tenant_id := v_link.tenant_id;
    share_link_id := v_link.id;
    if outcome = 'open' then
        project_id := v_link.project_id;
        asset_id := v_link.asset_id;
        viewer_id := v_viewer.id;
        user_id := v_viewer.user_id;
        expires_at := v_link.expires_at;
        allow_comments := v_link.allow_comments;
        allow_download := v_link.allow_download;
        asset_version_id := v_version.id;
        playback_id := v_version.playback_id;
        mux_asset_id := v_version.mux_asset_id;
        download_name := v_version.download_name;
        duration_s := v_version.duration_s;
        frame_rate := v_version.frame_rate;
    end if;
    return next;
end
$$;
revoke all on function portal.enter_share_link(bytea, bytea, bytea, text, bytea, timestamptz, integer) from public;
grant execute on function portal.enter_share_link(bytea, bytea, bytea, text, bytea, timestamptz, integer) to portal_app;

-- Before a passphrase is checked: its salt and hash, and two counts that slow guessing down. Both are taken before the answer is
-- known, so that a hundred guesses at once count as a hundred. by_link says how many this link has had in the hour.
create function portal.find_passphrase(p_token_hash bytea, p_ip_hash bytea, p_now timestamptz, p_ip_limit integer, p_link_limit integer)
    returns table (
        outcome text, retry_after integer, tenant_id uuid, share_link_id uuid, expires_at timestamptz,
        passphrase_hash bytea, passphrase_salt bytea, passphrase_iterations integer, passphrase_version integer, by_link integer)
    language plpgsql security definer
    set search_path = portal, pg_temp
as $$
#variable_conflict use_column
declare
    v_ip   record;
    v_hit  record;
    v_link portal.share_links;
begin
    -- Per address over all links: a stranger who tries tokens here is counted as well.
    select * into v_ip from portal.take_hit('unlock:' || encode(p_ip_hash, 'hex'), p_now, interval '15 minutes', p_ip_limit);
    select l.* into v_link from portal.share_links l where l.token_hash = p_token_hash;
    if not v_ip.allowed then
        outcome := 'limited';
        retry_after := v_ip.retry_after;
        tenant_id := v_link.tenant_id;
        share_link_id := v_link.id;
        return next;
        return;
    end if;
    if v_link.id is null then
        outcome := 'unknown';
        return next;
        return;
    end if;
    tenant_id := v_link.tenant_id;
    share_link_id := v_link.id;
    if v_link.status <> 'active' or v_link.expires_at <= p_now
       or not exists (select 1 from portal.tenants t where t.id = v_link.tenant_id and t.status = 'active') then
        outcome := 'unavailable';
        return next;
        return;
    end if;
    if v_link.passphrase_hash is null then
        outcome := 'open';
        return next;
        return;
    end if;
    select * into v_hit from portal.take_hit('unlock-link:' || v_link.id, p_now, interval '1 hour', p_link_limit);
    select w.hits into by_link from portal.rate_windows w
     where w.key = 'unlock-link:' || v_link.id and w.window_start = date_bin(interval '1 hour', p_now, timestamptz '2000-01-01 00:00:00+00');
    if not v_hit.allowed then
        outcome := 'limited';
        retry_after := v_hit.retry_after;
        return next;
        return;
    end if;
    outcome := 'ask';
    expires_at := v_link.expires_at;
    passphrase_hash := v_link.passphrase_hash;
    passphrase_salt := v_link.passphrase_salt;
    passphrase_iterations := v_link.passphrase_iterations;
    passphrase_version := v_link.passphrase_version;
    return next;
end
$$;
revoke all on function portal.find_passphrase(bytea, bytea, timestamptz, integer, integer) from public;
grant execute on function portal.find_passphrase(bytea, bytea, timestamptz, integer, integer) to portal_app;
