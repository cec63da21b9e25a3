-- May this person read this comment now? Admins all, Agency people those of their projects, Clients those of threads meant for the client,
-- on a version that is shared with them; what was written through a link, the thread or the reply, only through a link of theirs, so that
-- two customers who look at the same cut do not meet.
create or replace function portal.comment_readable(p_tenant uuid, p_user uuid, p_comment uuid, p_now timestamptz) returns boolean
    language sql stable
    set search_path = portal, pg_temp
begin atomic
    select exists (
        select 1
          from portal.comments c
          join portal.users u on u.tenant_id = c.tenant_id and u.id = p_user and u.status = 'active'
          left join portal.comments r on r.tenant_id = c.tenant_id and r.id = c.parent_id
         where c.tenant_id = p_tenant and c.id = p_comment
           and (u.role = 'admin'
                or (u.role in ('agency', 'client')
                    and exists (select 1 from portal.project_members m
                                 where m.tenant_id = c.tenant_id and m.project_id = c.project_id and m.user_id = u.id)
                    and (u.role = 'agency' or (c.visibility = 'client' and exists (
                        select 1
                          from (select array_agg(l.share_link_id) filter (where l.allow_comments) as ids,
                                       bool_or(l.allow_comments and l.asset_version_id = c.asset_version_id) as shared
                                  from portal.client_links(p_tenant, p_user, p_now) l) x
                         where x.shared
                           and (c.share_link_id is null or c.share_link_id = any (x.ids))
                           and (r.share_link_id is null or r.share_link_id = any (x.ids))))))));
end;

revoke all on function portal.comment_readable(uuid,uuid,uuid,timestamp with time zone) from public;
grant execute on function portal.comment_readable(uuid,uuid,uuid,timestamp with time zone) to portal_app;
