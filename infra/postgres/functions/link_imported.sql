-- Whoever came with an import has no account: a Clerk user with a verified address of theirs becomes that person, once. Nothing else
-- changes who somebody is at Clerk: no role may. Null: there is nobody without an account who has such an address.
create or replace function portal.link_imported(p_clerk_user text, p_addresses text[]) returns uuid
    language sql security definer
    set search_path = portal, pg_temp
as $$
    update portal.users set clerk_user_id = p_clerk_user
     where tenant_id = portal.current_tenant() and id = (
           select u.id from portal.users u
            where u.tenant_id = portal.current_tenant() and lower(u.email) = any (p_addresses) and u.erased_at is null
              and u.clerk_user_id = 'imported_' || u.id
            order by u.status, u.created_at, u.id limit 1 for update)
    returning id
$$;

revoke all on function portal.link_imported(text,text[]) from public;
grant execute on function portal.link_imported(text,text[]) to portal_app;
