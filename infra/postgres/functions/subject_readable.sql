-- May this person read, now, what an event is about? Whoever may not is neither notified nor mailed, and reads no title of it in what they
-- were told before. The same answers as functions/Foundation/Http/Permissions.cs gives for reading it, which a test compares.
create or replace function portal.subject_readable(
    p_tenant uuid, p_user uuid, p_type text, p_subject uuid, p_project uuid, p_now timestamptz) returns boolean
    language sql stable
    set search_path = portal, pg_temp
begin atomic
    select exists (
        select 1 from portal.users u
         where u.tenant_id = p_tenant and u.id = p_user and u.status = 'active'
           and case p_type
                   when 'comment' then portal.comment_readable(p_tenant, p_user, p_subject, p_now)
                   when 'user' then u.role = 'admin' or u.id = p_subject
                   when 'residency_report' then u.role in ('admin', 'compliance')
                   when 'vendor_review_reminder' then u.role in ('admin', 'compliance')
                   when 'vendor_review' then u.role in ('admin', 'compliance')
                   when 'erasure_request' then u.role in ('admin', 'compliance')
                   when 'export' then u.role in ('admin', 'compliance')
                   when 'hold' then u.role in ('admin', 'compliance')
                   else u.role = 'admin'
                       or (u.role = any (case when p_type in ('project', 'milestone') then array['agency', 'client']
                                              when p_type in ('task', 'asset', 'asset_version', 'upload_job', 'share_link')
                                                  then array['agency']
                                              else array[]::text[] end)
                           and exists (select 1 from portal.project_members m
                                        where m.tenant_id = p_tenant and m.project_id = p_project and m.user_id = u.id))
               end);
end;

revoke all on function portal.subject_readable(uuid,uuid,text,uuid,uuid,timestamp with time zone) from public;
grant execute on function portal.subject_readable(uuid,uuid,text,uuid,uuid,timestamp with time zone) to portal_app;
