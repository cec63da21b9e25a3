-- What is shared with a Client: usable links of their projects, with the version that each plays. A link is theirs when it names their
-- address, or when they have opened it as themselves and it asks nobody who they are. One with a passphrase is theirs once they have
-- opened it: naming somebody does not give the passphrase away.
create or replace function portal.client_links(p_tenant uuid, p_user uuid, p_now timestamptz)
    returns table (share_link_id uuid, asset_version_id uuid, allow_comments boolean)
    language sql stable
    set search_path = portal, pg_temp
begin atomic
    select l.id, v.id, l.allow_comments
      from portal.users u
      join portal.project_members m on m.tenant_id = u.tenant_id and m.user_id = u.id
      join portal.share_links l on l.tenant_id = m.tenant_id and l.project_id = m.project_id
       and l.status = 'active' and l.expires_at > p_now
      join lateral (select w.id from portal.asset_versions w
                     where w.tenant_id = l.tenant_id and w.asset_id = l.asset_id and w.status = 'ready'
                       and (l.asset_version_id is null or w.id = l.asset_version_id)
                     order by w.number desc limit 1) v on true
     cross join lateral (
        select exists (select 1 from portal.share_link_guests g
                        where g.tenant_id = l.tenant_id and g.share_link_id = l.id and g.email = lower(u.email)) as named,
               exists (select 1 from portal.share_viewers w
                        where w.tenant_id = l.tenant_id and w.share_link_id = l.id and w.user_id = u.id) as opened) k
     where u.tenant_id = p_tenant and u.id = p_user and u.role = 'client' and u.status = 'active'
       and case when k.named then l.passphrase_hash is null or k.opened else k.opened and not l.require_sign_in end;
end;

revoke all on function portal.client_links(uuid,uuid,timestamp with time zone) from public;
grant execute on function portal.client_links(uuid,uuid,timestamp with time zone) to portal_app;
