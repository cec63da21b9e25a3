-- Limits that all instances share, and the chain that seals the audit log.

-- Windows of a minute pile up beside windows of a day: each says itself when it can go. Counting is an update in place (HOT),
-- which needs room on the page.
truncate portal.rate_windows;
alter table portal.rate_windows add column window_end timestamptz not null;
alter table portal.rate_windows set (fillfactor = 50);
drop index portal.rate_windows_by_age;
create index rate_windows_by_end on portal.rate_windows (window_end);
alter table portal.rate_windows enable row level security;
create policy platform on portal.rate_windows to portal_system using (true) with check (true);

-- Counts one hit and says whether it is still within the limit, which hit of the window it was, and the seconds until the window ends.
drop function portal.take_hit(text, timestamptz, interval, integer);
create function portal.take_hit(p_key text, p_now timestamptz, p_window interval, p_limit integer)
    returns table (allowed boolean, retry_after integer, hits integer)
    language plpgsql security definer
    set search_path = portal, pg_temp
as $$
#variable_conflict use_column
declare
    v_start timestamptz := date_bin(p_window, p_now, timestamptz '2000-01-01 00:00:00+00');
    v_hits  integer;
begin
    insert into portal.rate_windows as w (key, window_start, window_end, hits) values (p_key, v_start, v_start + p_window, 1)
        on conflict (key, window_start) do update set hits = w.hits + 1
        returning w.hits into v_hits;
    return query select v_hits <= p_limit,
                        greatest(1, ceil(extract(epoch from (v_start + p_window - p_now))))::integer,
                        v_hits;
end
$$;
revoke all on function portal.take_hit(text, timestamptz, interval, integer) from public;
grant execute on function portal.take_hit(text, timestamptz, interval, integer) to portal_app;

-- Who is calling, and may they just now? One round trip before every signed-in request: the person behind the session, one hit of their
-- minute and one of their tenant's. Who is over their own limit takes nothing of the tenant's: one person cannot lock out the others.
-- The limit reported is the one that will be reached first.
create function portal.admit_caller(
    p_clerk_user_id text, p_clerk_org_id text, p_now timestamptz, p_user_limit integer, p_tenant_limit integer)
    returns table (tenant_id uuid, user_id uuid, role text, user_status text, tenant_status text, is_operator boolean,
                   admitted boolean, rate_limit integer, rate_remaining integer, rate_reset integer)
    language plpgsql security definer
    set search_path = portal, pg_temp
as $$
#variable_conflict use_column
declare
    v_caller record;
    v_user   record;
    v_tenant record;
begin
    select c.tenant_id, c.user_id, c.role, c.user_status, c.tenant_status, c.is_operator into v_caller
      from portal.find_caller(p_clerk_user_id, p_clerk_org_id) c;
    select h.allowed, h.retry_after, p_user_limit as most, p_user_limit - h.hits as remaining into v_user
      from portal.take_hit('user:' || coalesce(v_caller.user_id::text, md5(p_clerk_user_id)), p_now, interval '1 minute', p_user_limit) h;
    if v_user.allowed and v_caller.tenant_id is not null then
        select h.allowed, h.retry_after, p_tenant_limit as most, p_tenant_limit - h.hits as remaining into v_tenant
          from portal.take_hit('tenant:' || v_caller.tenant_id, p_now, interval '1 minute', p_tenant_limit) h;
        if v_tenant.remaining < v_user.remaining then
            v_user := v_tenant;
        end if;
    end if;
    return query select v_caller.tenant_id, v_caller.user_id, v_caller.role, v_caller.user_status, v_caller.tenant_status, v_caller.is_operator,
                        v_user.allowed, v_user.most, greatest(v_user.remaining, 0), v_user.retry_after;
end
$$;
revoke all on function portal.admit_caller(text, text, timestamptz, integer, integer) from public;
grant execute on function portal.admit_caller(text, text, timestamptz, integer, integer) to portal_app;

-- The audit log's chain. A row is written long before it is sealed, and commits later still: sealing "everything up to now" by time or
-- by id would miss rows that were under way. So each row carries the number of its transaction, and what is sealed is everything below the
-- oldest transaction that is still running: no row can appear there any more. Within a tenant the order is (written_in, id).

-- Transaction numbers begin anew in a database that was restored from a logical dump. Whoever restores one replaces this function by
-- one that answers a number above the greatest written_in, before the app starts (docs/playbook/operations/the-audit-log.md).
create function portal.xid_offset() returns bigint
    language sql stable parallel safe
    return 0;

alter table portal.audit_log add column written_in bigint not null default 0;

-- Hash and place in the chain are the table's to say, not the writer's.
create or replace function portal.hash_audit_row() returns trigger
    language plpgsql
    set search_path = pg_catalog, pg_temp
as $$
begin
    new.written_in := pg_current_xact_id()::text::bigint + portal.xid_offset();
    new.row_hash := sha256(convert_to(jsonb_build_array(
        new.id, new.tenant_id, new.actor_kind, new.actor_id, new.impersonator_id, new.action, new.entity_type,
        new.entity_id, new.old_value, new.new_value, new.request_id,
        to_char(new.occurred_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'))::text, 'UTF8'));
    return new;
end
$$;
create index audit_log_by_write on portal.audit_log (tenant_id, written_in, id);
create index audit_log_by_actor on portal.audit_log (tenant_id, actor_id, occurred_at desc, id desc);
create index audit_log_by_action on portal.audit_log (tenant_id, action, occurred_at desc, id desc);
drop index portal.audit_log_by_entity;
create index audit_log_by_entity on portal.audit_log (tenant_id, entity_id, occurred_at desc, id desc);

-- seal = sha256(previous_seal ‖ row hashes in order), signed with a key that this database does not hold. Ids and hashes are kept beside it:
-- they say which row is the one that was altered, removed or moved.
create table portal.audit_seals (
    tenant_id       uuid not null references portal.tenants (id),
    number          bigint not null check (number >= 1),
    previous_seal   bytea not null check (length(previous_seal) = 32),
    seal            bytea not null check (length(seal) = 32),
    row_count       integer not null check (row_count >= 1),
    row_ids         bytea not null,         -- 16 bytes a row
    row_hashes      bytea not null,         -- 32 bytes a row
    last_written_in bigint not null,
    last_row_id     uuid not null,
    first_at        timestamptz not null,
    last_at         timestamptz not null,
    key_id          text not null check (length(key_id) between 1 and 50),
    signature       bytea not null check (length(signature) <= 200),
    sealed_at       timestamptz not null,
    primary key (tenant_id, number),
    check (length(row_ids) = 16 * row_count and length(row_hashes) = 32 * row_count)
);
create index audit_seals_by_time on portal.audit_seals (tenant_id, last_at, number);
create trigger audit_seals_append_only before update or delete on portal.audit_seals
    for each row execute function portal.refuse_change();
create trigger audit_seals_no_truncate before truncate on portal.audit_seals
    for each statement execute function portal.refuse_change();

alter table portal.audit_seals enable row level security;
create policy own_tenant on portal.audit_seals to portal_app
    using (tenant_id = (select portal.current_tenant())) with check (tenant_id = (select portal.current_tenant()));
create policy write_only on portal.audit_seals for insert to portal_system with check (true);
grant select on portal.audit_seals to portal_app;
grant insert on portal.audit_seals to portal_system;

-- What is to be sealed next, tenant by tenant in the order of the chain: ids and hashes, no content. One statement is one snapshot: the
-- horizon and the rows below it belong together.
create function portal.unsealed_audit_rows(p_limit integer)
    returns table (tenant_id uuid, last_number bigint, last_seal bytea, row_id uuid, row_hash bytea, written_in bigint, occurred_at timestamptz)
    language sql stable security definer
    set search_path = portal, pg_temp
begin atomic
    select t.id, coalesce(s.number, 0), coalesce(s.seal, decode(repeat('00', 32), 'hex')), a.id, a.row_hash, a.written_in, a.occurred_at
      from portal.tenants t
      left join lateral (
            select l.number, l.seal, l.last_written_in, l.last_row_id from portal.audit_seals l
             where l.tenant_id = t.id order by l.number desc limit 1) s on true
     cross join lateral (
            select r.id, r.row_hash, r.written_in, r.occurred_at from portal.audit_log r
             where r.tenant_id = t.id
               and (r.written_in, r.id) > (coalesce(s.last_written_in, -1), coalesce(s.last_row_id, '00000000-0000-0000-0000-000000000000'))
               and r.written_in < pg_snapshot_xmin(pg_current_snapshot())::text::bigint + portal.xid_offset()
             order by r.written_in, r.id limit p_limit) a
     order by t.id, a.written_in, a.id limit p_limit;
end;
revoke all on function portal.unsealed_audit_rows(integer) from public;
grant execute on function portal.unsealed_audit_rows(integer) to portal_system;
