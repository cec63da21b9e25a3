-- What the session's own tenant was told of an incident. No draft, and nothing that was sent to others alone.
create or replace function portal.read_incident_notice(p_notice uuid)
    returns table (id uuid, subject text, body text, sent_at timestamptz)
    language sql stable security definer
    set search_path = portal, pg_temp
as $$
    select n.id, n.subject, n.text, n.sent_at
      from portal.incident_notices n
      join portal.incident_notice_tenants t on t.notice_id = n.id
     where n.id = p_notice and n.status = 'sent' and t.tenant_id = portal.current_tenant()
$$;

revoke all on function portal.read_incident_notice(uuid) from public;
grant execute on function portal.read_incident_notice(uuid) to portal_app;
