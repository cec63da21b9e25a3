-- Who is calling, and may they just now? One round trip before every signed-in request: the person behind the session, one hit of their
-- minute and one of their tenant's. Who is over their own limit takes nothing of the tenant's: one person cannot lock out the others.
-- The limit reported is the one that will be reached first.
create or replace function portal.admit_caller(
    p_clerk_user_id text, p_clerk_org_id text, p_now timestamptz, p_user_limit integer, p_tenant_limit integer)
    returns table (tenant_id uuid, user_id uuid, role text, user_status text, tenant_status text, is_operator boolean,
                   admitted boolean, rate_limit integer, rate_remaining integer, rate_reset integer)
    language plpgsql security definer
    set search_path = portal, pg_temp
as $$
#variable_conflict use_column
declare
    v_caller record;
    v_user   record;
    v_tenant record;
begin
    select c.tenant_id, c.user_id, c.role, c.user_status, c.tenant_status, c.is_operator into v_caller
      from portal.find_caller(p_clerk_user_id, p_clerk_org_id) c;
    select h.allowed, h.retry_after, p_user_limit as most, p_user_limit - h.hits as remaining into v_user
      from portal.take_hit('user:' || coalesce(v_caller.user_id::text, md5(p_clerk_user_id)), p_now, interval '1 minute', p_user_limit) h;
    if v_user.allowed and v_caller.tenant_id is not null then
        select h.allowed, h.retry_after, p_tenant_limit as most, p_tenant_limit - h.hits as remaining into v_tenant
          from portal.take_hit('tenant:' || v_caller.tenant_id, p_now, interval '1 minute', p_tenant_limit) h;
        if v_tenant.remaining < v_user.remaining then
            v_user := v_tenant;
        end if;
    end if;
    return query select v_caller.tenant_id, v_caller.user_id, v_caller.role, v_caller.user_status, v_caller.tenant_status,
    v_caller.is_operator,
                        v_user.allowed, v_user.most, greatest(v_user.remaining, 0), v_user.retry_after;
end
$$;

revoke all on function portal.admit_caller(text,text,timestamp with time zone,integer,integer) from public;
grant execute on function portal.admit_caller(text,text,timestamp with time zone,integer,integer) to portal_app;
