-- Deletes invites that were over before that moment and of which Clerk has been told, at most so many; how many.
create or replace function portal.prune_invites(p_before timestamptz, p_limit integer) returns integer
    language sql security definer
    set search_path = portal, pg_temp
as $$
    with gone as (
        delete from portal.invites i where i.id in (
            select o.id from portal.invites o
             where o.status <> 'pending' and o.clerk_state not in ('wanted', 'unwanted') and o.updated_at < p_before
               and not portal.is_held(o.tenant_id, null, null, o.accepted_by) limit p_limit)
        returning 1)
    select count(*)::integer from gone
$$;

revoke all on function portal.prune_invites(timestamptz,integer) from public;
grant execute on function portal.prune_invites(timestamptz,integer) to portal_system;
