-- Who is calling? Asked before a tenant is known, so it is a function that answers this one question:
-- the user row of a Clerk user in a Clerk organization, and whether that person is an Operator.
-- In plpgsql, which keeps its plan: in SQL it was planned anew in every request, twelve times what the reading takes.
create or replace function portal.find_caller(p_clerk_user_id text, p_clerk_org_id text)
    returns table (tenant_id uuid, user_id uuid, role text, user_status text, tenant_status text, is_operator boolean)
    language plpgsql stable security definer
    set search_path = portal, pg_temp
as $$
#variable_conflict use_column
begin
    return query
    select t.id, u.id, u.role, u.status, t.status,
           exists (select 1 from portal.operators o where o.clerk_user_id = p_clerk_user_id)
      from (select 1) as always
      left join portal.tenants t on t.clerk_org_id = p_clerk_org_id
      left join portal.users u on u.tenant_id = t.id and u.clerk_user_id = p_clerk_user_id;
end
$$;

revoke all on function portal.find_caller(text,text) from public;
grant execute on function portal.find_caller(text,text) to portal_app;
