-- When a backup was last restored with success; null: never. Tests of restoring are the platform's, and this is all that a tenant learns
-- of them.
create or replace function portal.last_restored_at() returns timestamptz
    language sql stable security definer
    set search_path = portal, pg_temp
as $$
    select t.ran_at from portal.restore_tests t where t.succeeded order by t.ran_at desc limit 1
$$;

revoke all on function portal.last_restored_at() from public;
grant execute on function portal.last_restored_at() to portal_app, portal_system;
