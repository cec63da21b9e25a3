-- How many webhooks name the subject of a running erasure and are not dealt with yet: their bodies are needed until then.
create or replace function portal.erasure_texts_waiting(p_tenant uuid, p_erasure uuid) returns bigint
    language sql stable security definer
    set search_path = portal, pg_temp
as $$
    select count(*) from portal.erasure_requests e
      join portal.webhook_inbox w on w.status in ('received', 'retrying')
       and portal.names_in(w.body) && portal.names_in(concat_ws(' ', e.address, e.clerk_user_id))
     where e.tenant_id = p_tenant and e.id = p_erasure and e.status = 'running'
$$;

revoke all on function portal.erasure_texts_waiting(uuid,uuid) from public;
grant execute on function portal.erasure_texts_waiting(uuid,uuid) to portal_app;
