-- Erases what the tenant's rows hold of one of its people, who has been deactivated before. Ids stay: audit and events name people by
-- nothing else, and what they made stays with "Deleted person" as its maker. Run again, it finds what came since. How many rows, by table.
create or replace function portal.erase_person(
    p_tenant uuid, p_user uuid, p_address text, p_clerk_user text, p_remove_comments boolean, p_now timestamptz)
    returns table (what text, count bigint)
    language plpgsql security definer
    set search_path = portal, pg_temp
as $$
begin
    if p_tenant is distinct from portal.current_tenant() then
        raise exception 'another tenant' using errcode = 'insufficient_privilege';
    end if;
    return query with gone as (
        update portal.users u set name = 'Deleted person', own_name = true, email = u.id || '@erased.invalid',
               clerk_user_id = 'erased_' || u.id, erased_at = p_now, updated_at = p_now, version = u.version + 1
         where u.tenant_id = p_tenant and u.id = p_user and u.status = 'deactivated' and u.erased_at is null
        returning 1)
        select 'users'::text, count(*) from gone;
    return query with gone as (
        delete from portal.notifications n where n.tenant_id = p_tenant and n.user_id = p_user returning 1)
        select 'notifications'::text, count(*) from gone;
    return query with gone as (
        delete from portal.unread_counts n where n.tenant_id = p_tenant and n.user_id = p_user returning 1)
        select 'unread_counts'::text, count(*) from gone;
    return query with gone as (
        delete from portal.notification_preferences n where n.tenant_id = p_tenant and n.user_id = p_user returning 1)
        select 'notification_preferences'::text, count(*) from gone;
    return query with gone as (
        delete from portal.project_mutes m where m.tenant_id = p_tenant and m.user_id = p_user returning 1)
        select 'project_mutes'::text, count(*) from gone;
    return query with gone as (
        delete from portal.digests d where d.tenant_id = p_tenant and d.user_id = p_user returning 1)
        select 'digests'::text, count(*) from gone;
    return query with gone as (
        delete from portal.idempotency_keys k where k.tenant_id = p_tenant and k.actor_id = p_user returning 1)
        select 'idempotency_keys'::text, count(*) from gone;
    return query select * from portal.erase_invites(p_tenant, p_address);
    return query with gone as (
        delete from portal.consents c
         where c.tenant_id = p_tenant
           and (c.user_id = p_user or c.viewer_id in (
                   select v.id from portal.share_viewers v where v.tenant_id = p_tenant and v.user_id = p_user))
        returning 1)
        select 'consents'::text, count(*) from gone;
    return query select 'share_viewers'::text, portal.forget_viewers(array(
        select v.id from portal.share_viewers v where v.tenant_id = p_tenant and v.user_id = p_user));
    if p_remove_comments then
        return query with gone as (
            update portal.comments c set body = '', deleted_at = p_now, deleted_by = 'author', updated_at = p_now, version = c.version + 1
             where c.tenant_id = p_tenant and c.author_id = p_user and c.deleted_at is null returning 1)
            select 'comments'::text, count(*) from gone;
    end if;
    return query with gone as (
        update portal.exports x set discard = true, next_at = p_now
         where x.tenant_id = p_tenant and (x.subject_id = p_user or x.kind = 'tenant') and x.status <> 'expired' and not x.discard
        returning 1)
        select 'exports'::text, count(*) from gone;
    return query select * from portal.erase_texts(p_tenant, array[p_address, p_clerk_user]);
end
$$;

revoke all on function portal.erase_person(uuid,uuid,text,text,boolean,timestamptz) from public;
grant execute on function portal.erase_person(uuid,uuid,text,text,boolean,timestamptz) to portal_app;
