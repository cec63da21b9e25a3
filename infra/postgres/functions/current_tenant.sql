-- The tenant that the current transaction may see: set with set_config('app.tenant_id', …, true), null otherwise.
-- With null no policy below matches, so a forgotten setting shows nothing instead of everything.
create or replace function portal.current_tenant() returns uuid
    language sql stable parallel safe
    return nullif(current_setting('app.tenant_id', true), '')::uuid;
