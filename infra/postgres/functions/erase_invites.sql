-- The address of invites that are over and that Clerk has been told of; one that Clerk must still be told of needs it until then.
create or replace function portal.erase_invites(p_tenant uuid, p_address text) returns table (what text, count bigint)
    language plpgsql security definer
    set search_path = portal, pg_temp
as $$
begin
    return query with gone as (
        update portal.invites i set email = i.id || '@erased.invalid'
         where i.tenant_id = p_tenant and lower(i.email) = lower(p_address) and i.status <> 'pending'
           and i.clerk_state not in ('wanted', 'unwanted') returning 1)
        select 'invites'::text, count(*) from gone;
end
$$;

revoke all on function portal.erase_invites(uuid,text) from public;
