-- Answers kept for idempotency keys that name the subject, and the answer to the very request for the erasure, which has the name. Last of
-- all, ten minutes after the erasure began: whoever lost that answer asks again before, and is to hear the same. How many.
drop function if exists portal.erase_answers(uuid,text[]);
create or replace function portal.erase_answers(p_tenant uuid, p_erasure uuid, p_needles text[]) returns bigint
    language plpgsql security definer
    set search_path = portal, pg_temp
as $$
declare
    v_named bigint;
    v_own   bigint;
begin
    if p_tenant is distinct from portal.current_tenant() then
        raise exception 'another tenant' using errcode = 'insufficient_privilege';
    end if;
    delete from portal.idempotency_keys k
     where k.tenant_id = p_tenant and k.body is not null
       and portal.names_in(k.body) && portal.names_in(array_to_string(p_needles, ' '));
    get diagnostics v_named = row_count;
    delete from portal.idempotency_keys k where k.tenant_id = p_tenant and k.location = '/api/erasures/' || p_erasure;
    get diagnostics v_own = row_count;
    return v_named + v_own;
end
$$;

revoke all on function portal.erase_answers(uuid,uuid,text[]) from public;
grant execute on function portal.erase_answers(uuid,uuid,text[]) to portal_app;
