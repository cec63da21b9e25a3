-- Bodies of webhooks that name the subject and have been dealt with. What is looked for is an address or an id of a vendor's, never a
-- name: another's text may hold the same words (portal.names_in). How many rows, by kind.
create or replace function portal.erase_texts(p_tenant uuid, p_needles text[]) returns table (what text, count bigint)
    language plpgsql security definer
    set search_path = portal, pg_temp
as $$
begin
    return query with gone as (
        update portal.webhook_inbox w set body = '{}'
         where w.status in ('processed', 'dead') and portal.names_in(w.body) && portal.names_in(array_to_string(p_needles, ' '))
        returning 1)
        select 'webhook_inbox'::text, count(*) from gone;
end
$$;

revoke all on function portal.erase_texts(uuid,text[]) from public;
