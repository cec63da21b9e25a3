-- Who is calling, and may they just now? One round trip before every signed-in request: the person behind the session, one hit of their
-- minute and one of their tenant's. Who is over their own limit takes nothing of the tenant's: one person cannot lock out the others.
-- The limit reported is the one that refuses, or else the one that will be reached first.
-- p_observe_user, p_observe_tenant: that limit refuses nobody; over_user and over_tenant say that it would have.
create or replace function portal.admit_caller(
    p_clerk_user_id text, p_clerk_org_id text, p_now timestamptz, p_user_limit integer, p_tenant_limit integer,
    p_observe_user boolean, p_observe_tenant boolean)
    returns table (tenant_id uuid, user_id uuid, role text, user_status text, tenant_status text, is_operator boolean,
                   admitted boolean, rate_limit integer, rate_remaining integer, rate_reset integer,
                   over_user boolean, over_tenant boolean)
    language plpgsql security definer
    set search_path = portal, pg_temp
as $$
#variable_conflict use_column
declare
    v_caller record;
    v_user   record;
    v_tenant record;
    v_over_user   boolean;
    v_over_tenant boolean := false;
    v_refused     boolean;
begin
    select c.tenant_id, c.user_id, c.role, c.user_status, c.tenant_status, c.is_operator into v_caller
      from portal.find_caller(p_clerk_user_id, p_clerk_org_id) c;
    select h.allowed, h.retry_after, p_user_limit as most, p_user_limit - h.hits as remaining into v_user
      from portal.take_hit('user:' || coalesce(v_caller.user_id::text, md5(p_clerk_user_id)), p_now, interval '1 minute', p_user_limit) h;
    v_over_user := not v_user.allowed;
    v_refused := v_over_user and not p_observe_user;
    if not v_refused and v_caller.tenant_id is not null then
        select h.allowed, h.retry_after, p_tenant_limit as most, p_tenant_limit - h.hits as remaining into v_tenant
          from portal.take_hit('tenant:' || v_caller.tenant_id, p_now, interval '1 minute', p_tenant_limit) h;
        v_over_tenant := not v_tenant.allowed;
        v_refused := v_over_tenant and not p_observe_tenant;
        if v_refused or v_tenant.remaining < v_user.remaining then
            v_user := v_tenant;
        end if;
    end if;
    return query select v_caller.tenant_id, v_caller.user_id, v_caller.role, v_caller.user_status, v_caller.tenant_status,
    v_caller.is_operator,
                        not v_refused, v_user.most, greatest(v_user.remaining, 0), v_user.retry_after, v_over_user, v_over_tenant;
end
$$;

revoke all on function portal.admit_caller(text,text,timestamp with time zone,integer,integer,boolean,boolean) from public;
grant execute on function portal.admit_caller(text,text,timestamp with time zone,integer,integer,boolean,boolean) to portal_app;

-- As the release before asks, which works on this schema too, also after a rollback. It goes with the next release.
create or replace function portal.admit_caller(
    p_clerk_user_id text, p_clerk_org_id text, p_now timestamptz, p_user_limit integer, p_tenant_limit integer)
    returns table (tenant_id uuid, user_id uuid, role text, user_status text, tenant_status text, is_operator boolean,
                   admitted boolean, rate_limit integer, rate_remaining integer, rate_reset integer)
    language sql security definer
    set search_path = portal, pg_temp
as $$
    select c.tenant_id, c.user_id, c.role, c.user_status, c.tenant_status, c.is_operator, c.admitted, c.rate_limit, c.rate_remaining,
           c.rate_reset
      from portal.admit_caller(p_clerk_user_id, p_clerk_org_id, p_now, p_user_limit, p_tenant_limit, false, false) c
$$;

revoke all on function portal.admit_caller(text,text,timestamp with time zone,integer,integer) from public;
grant execute on function portal.admit_caller(text,text,timestamp with time zone,integer,integer) to portal_app;
