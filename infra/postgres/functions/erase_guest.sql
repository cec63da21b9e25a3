-- Erases what the tenant's rows hold of a guest: by the address that links were addressed to, and by the viewers that are said to be
-- theirs (an address and a viewer are in no row together). Run again, it finds what came since. How many rows, by table.
create or replace function portal.erase_guest(
    p_tenant uuid, p_address text, p_address_hash text, p_viewers uuid[], p_remove_comments boolean, p_now timestamptz)
    returns table (what text, count bigint)
    language plpgsql security definer
    set search_path = portal, pg_temp
as $$
begin
    if p_tenant is distinct from portal.current_tenant() then
        raise exception 'another tenant' using errcode = 'insufficient_privilege';
    end if;
    return query with gone as (
        delete from portal.share_link_guests g where g.tenant_id = p_tenant and g.email = lower(p_address) returning 1)
        select 'share_link_guests'::text, count(*) from gone;
    return query select * from portal.erase_invites(p_tenant, p_address);
    return query with gone as (
        delete from portal.consents c where c.tenant_id = p_tenant and c.viewer_id = any (p_viewers) returning 1)
        select 'consents'::text, count(*) from gone;
    return query select 'share_viewers'::text, portal.forget_viewers(array(
        select v.id from portal.share_viewers v where v.tenant_id = p_tenant and v.id = any (p_viewers)));
    return query with gone as (
        update portal.comments c set guest_name = 'Deleted person', updated_at = p_now,
               body = case when p_remove_comments then '' else c.body end,
               deleted_at = case when p_remove_comments then coalesce(c.deleted_at, p_now) else c.deleted_at end,
               deleted_by = case when p_remove_comments then coalesce(c.deleted_by, 'author') else c.deleted_by end,
               version = c.version + 1
         where c.tenant_id = p_tenant and c.viewer_id = any (p_viewers)
           and (c.guest_name is distinct from 'Deleted person' or (p_remove_comments and c.deleted_at is null)) returning 1)
        select 'comments'::text, count(*) from gone;
    return query with gone as (
        update portal.exports x set discard = true, next_at = p_now
         where x.tenant_id = p_tenant and (x.address_hash = p_address_hash or x.kind = 'tenant') and x.status <> 'expired'
           and not x.discard returning 1)
        select 'exports'::text, count(*) from gone;
    return query select * from portal.erase_texts(p_tenant, array[p_address]);
end
$$;

revoke all on function portal.erase_guest(uuid,text,text,uuid[],boolean,timestamptz) from public;
grant execute on function portal.erase_guest(uuid,text,text,uuid[],boolean,timestamptz) to portal_app;
