-- Bodies of webhooks about a tenant that is being erased, among so many behind that place. A webhook names no tenant: it is of this one
-- when one of its texts is the organization, or an address, a person, an invitation, a mail or an upload of the tenant. One that is not
-- dealt with yet is only counted (waiting): its body is needed. looked fewer than the limit: those were the last.
create or replace function portal.erase_tenant_webhooks(p_tenant uuid, p_at timestamptz, p_id uuid, p_limit integer)
    returns table (looked bigint, erased bigint, waiting bigint, last_at timestamptz, last_id uuid)
    language plpgsql security definer
    set search_path = portal, pg_temp
as $$
#variable_conflict use_column
begin
    perform portal.check_tenant_erasure(p_tenant);
    return query
    with words as materialized (
        select lower(w.word) as word from (
            select unnest(array[t.clerk_org_id, t.residency_contact]) as word from portal.tenants t where t.id = p_tenant
            union select unnest(array[u.clerk_user_id, u.email]) from portal.users u where u.tenant_id = p_tenant
            union select unnest(array[i.clerk_invitation_id, i.email]) from portal.invites i where i.tenant_id = p_tenant
            union select g.email from portal.share_link_guests g where g.tenant_id = p_tenant
            union select d.vendor_id from portal.deliveries d where d.tenant_id = p_tenant
            union select j.id::text from portal.upload_jobs j where j.tenant_id = p_tenant) w
         where w.word is not null),
    page as (
        select b.provider, b.event_id, b.status, b.body, b.received_at, b.id from portal.webhook_inbox b
         where (b.received_at, b.id) > (p_at, p_id) order by b.received_at, b.id limit p_limit),
    ours as (
        select p.provider, p.event_id, p.status in ('processed', 'dead') as over from page p
         where p.body <> '{}' and exists (
               select 1 from regexp_matches(p.body, '"([^"\\]+)"', 'g') as said (word)
                 join words w on w.word = lower(said.word[1]))),
    gone as (
        update portal.webhook_inbox b set body = '{}' from ours o
         where b.provider = o.provider and b.event_id = o.event_id and o.over returning 1),
    last as (select p.received_at, p.id from page p order by p.received_at desc, p.id desc limit 1)
    select (select count(*) from page), (select count(*) from gone), (select count(*) from ours o where not o.over),
           (select l.received_at from last l), (select l.id from last l);
end
$$;

revoke all on function portal.erase_tenant_webhooks(uuid,timestamp with time zone,uuid,integer) from public;
grant execute on function portal.erase_tenant_webhooks(uuid,timestamp with time zone,uuid,integer) to portal_app;
