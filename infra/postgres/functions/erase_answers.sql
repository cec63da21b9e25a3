-- Answers kept for idempotency keys that name the subject. Last of all, ten minutes after the erasure began: whoever lost the answer to
-- the very request for it asks again before that, and is to hear the same. How many.
create or replace function portal.erase_answers(p_tenant uuid, p_needles text[]) returns bigint
    language plpgsql security definer
    set search_path = portal, pg_temp
as $$
declare
    v_count bigint;
begin
    if p_tenant is distinct from portal.current_tenant() then
        raise exception 'another tenant' using errcode = 'insufficient_privilege';
    end if;
    delete from portal.idempotency_keys k
     where k.tenant_id = p_tenant and exists (select 1 from unnest(p_needles) n where strpos(lower(k.body), lower(n)) > 0);
    get diagnostics v_count = row_count;
    return v_count;
end
$$;

revoke all on function portal.erase_answers(uuid,text[]) from public;
grant execute on function portal.erase_answers(uuid,text[]) to portal_app;
