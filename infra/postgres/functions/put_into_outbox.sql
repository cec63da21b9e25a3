create or replace function portal.put_into_outbox() returns trigger
    language plpgsql security definer
    set search_path = portal, pg_temp
as $$
begin
    insert into portal.outbox (event_id, tenant_id) values (new.event_id, new.tenant_id);
    return null;
end
$$;

-- Called by other functions only.
revoke all on function portal.put_into_outbox from public;
