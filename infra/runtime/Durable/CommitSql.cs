namespace Portal.Runtime.Durable;

/// <summary>
/// The one statement that moves orchestrations. It takes a whole batch as arrays and runs as one implicit transaction: one round trip,
/// one wait for the disk, however many instances it serves. Each step stands alone under its fence; one that lost its lease, or whose
/// messages are already gone, changes nothing and is missing from the answer, while the rest of the batch goes through.
/// Lock order: instance rows of steps (each belongs to this worker alone), then rows of ids that are to start, old and new, by id. Nothing
/// waits for an inbox or history row, since those are touched only under their instance's lock. Active is written <c>lane + 0 = 0</c>
/// here, so that no partial index answers to it: to a planner without statistics such an index looks empty, and would be walked from end
/// to end.
/// </summary>
internal static class CommitSql
{
    public const string Statement =
        """
        with s as materialized (
            select * from unnest($1::bigint[], $2::bigint[], $3::int[], $4::int[], $5::boolean[], $6::smallint[], $7::smallint[],
               $8::int[],
                    $9::timestamptz[], $10::timestamptz[], $11::text[], $12::text[], $13::text[], $14::text[], $15::text[])
                as s(key, owner, epoch, seq, fresh, lane, status, open_tasks, wake_at, at, events, custom_status, output, failure, input)
        ),
        -- A message that is no longer there was consumed before: the step that counts on it must not happen.
        missing as materialized (
            select c.key from unnest($16::bigint[], $17::bigint[]) as c(key, id)
            where not exists (select from durable.inbox b where b.id = c.id)
        ),
        done as (
            update durable.instances i
            set status = s.status, lane = s.lane, open_tasks = s.open_tasks, wake_at = s.wake_at, updated_at = s.at, strikes = 0,
            on_trial = false,
                custom_status = s.custom_status, output = s.output, failure = s.failure,
                next_seq = case when s.fresh then 0 else i.next_seq + 1 end,
                generation = case when s.fresh then i.generation + 1 else i.generation end,
                input = case when s.fresh then s.input else i.input end
            from s
            where i.key = s.key and i.owner = s.owner and i.epoch = s.epoch and i.next_seq = s.seq and i.lane + 0 = 0
                and s.key <> all (array(select key from missing))
            returning i.key, s.seq, s.at, s.events, s.fresh, s.lane
        ),
        written as (
            insert into durable.history (key, seq, at, events)
            select key, seq, at, events from done where not fresh
        ),
        forgotten as (
            delete from durable.history h using done d where d.fresh and h.key = d.key
        ),
        eaten as (
            delete from durable.inbox b using done d
            where b.key = d.key and (d.lane <> 0 or b.id = any ($17::bigint[]))
        ),
        -- New instances: a client's, or children of the steps that were done.
        n as materialized (
            select * from unnest($18::bigint[], $19::int[], $20::int[], $21::text[], $22::text[], $23::text[], $24::text[], $25::text[],
                    $26::text[], $27::text[], $28::uuid[], $29::timestamptz[], $30::timestamptz[], $31::int[], $32::text[])
                as n(parent_key, parent_task, parent_generation, parent_id, parent_name, id, name, version,
                    input, tags, execution_id, wake_at, at, refuse, refused_event)
            where n.parent_key is null or n.parent_key = any (array(select key from done))
        ),
        -- Whoever has the id already, locked: what a step is just making of it counts, not what this statement saw when it began.
        old as materialized (
            select i.id, i.key, i.lane, i.status, i.next_seq, n.refuse from (select id, refuse from n order by id) n
               join durable.instances i on i.id = n.id
            for update of i
        ),
        born as (
            insert into durable.instances as i (id, name, version, status, owner, wake_at, created_at, updated_at, execution_id,
                parent_key, parent_task, parent_generation, parent_id, parent_name, tags, input)
            select n.id, n.name, n.version, 6, coalesce((select w.id from durable.workers w where w.id = $33 and not w.dead
               and not w.stopped), 0), n.wake_at, n.at, n.at, n.execution_id,
                n.parent_key, n.parent_task, n.parent_generation, n.parent_id, n.parent_name, n.tags, n.input
            from n
            where not exists (select from old where old.id = n.id and (old.lane = 0 or old.refuse & (1 << old.status) <> 0))
            order by n.id
            on conflict (id) do update
            set key = excluded.key, name = excluded.name, version = excluded.version, status = 6, lane = 0, owner = excluded.owner,
                epoch = 1, next_seq = 0, generation = 0, open_tasks = 0, strikes = 0, on_trial = false, quarantine_reason = null,
                wake_at = excluded.wake_at,
                created_at = excluded.created_at, updated_at = excluded.updated_at, execution_id = excluded.execution_id,
                parent_key = excluded.parent_key, parent_task = excluded.parent_task, parent_generation = excluded.parent_generation,
                parent_id = excluded.parent_id, parent_name = excluded.parent_name, tags = excluded.tags, input = excluded.input,
                custom_status = null, output = null, failure = null
            where i.lane <> 0 and i.key = any (array(select key from old))
            returning i.id, i.key
        ),
        swept as (
            delete from durable.history h using old, born where h.key = old.key and born.id = old.id
        ),
        -- Messages: a client's, or sent by the steps that were done.
        o as materialized (
            select o.* from unnest($34::bigint[], $35::text[], $36::bigint[], $37::int[], $38::bigint[], $39::text[])
                with ordinality as o(from_key, to_id, to_key, generation, msg_id, event, n)
            where o.from_key is null or o.from_key = any (array(select key from done))
        ),
        target as materialized (
            select o.n, i.key, i.owner from o join durable.instances i on i.id = o.to_id
            where i.lane + 0 = 0 and i.key <> all (array(select key from done where lane <> 0))
            union all
            select o.n, i.key, i.owner from o join durable.instances i on i.key = o.to_key
            where i.lane + 0 = 0 and i.key <> all (array(select key from done where lane <> 0))
            union all
            select o.n, born.key, $33 from o join born on o.from_key is not null and born.id = o.to_id
        ),
        posted as materialized (
            select coalesce(m.msg_id, nextval('durable.inbox_id_seq')) as id, m.n, m.key, m.owner, m.generation, m.event,
                -- Others wait already, and its owner may not know: they have to be read first.
                exists (select from durable.inbox b where b.key = m.key) as behind
            from (select o.*, t.key, t.owner from o join target t on t.n = o.n order by o.n) m
        ),
        -- A child whose id is taken by a running instance: its parent is told.
        refused as materialized (
            select nextval('durable.inbox_id_seq') as id, n.parent_key as key, n.parent_generation as generation, n.refused_event as event
            from n where n.parent_key is not null and not exists (select from born where born.id = n.id)
        ),
        sent as (
            insert into durable.inbox (id, key, generation, event)
            select id, key, generation, event from posted
            union all
            select id, key, generation, event from refused
            union all
            -- What ended the replaced one was committed after this statement began,
            -- so its history is not seen here: whoever sweeps the inbox removes it.
            select nextval('durable.inbox_id_seq'), old.key, null, '{"type":"ExecutionResumed"}' from old join born on born.id = old.id
            where not exists (select from durable.history h where h.key = old.key and h.seq = old.next_seq - 1)
        )
        select 1 as kind, d.key as a, 0::bigint as b, 0::bigint as c, null::text as t from done d
        union all
        select case when p.behind then 5 else 2 end, p.n, p.id, p.key, p.owner::text from posted p
        union all
        select 3, b.key, 0, 0, b.id from born b
        union all
        select 4, r.key, r.id, 0, r.event from refused r
        """;

    /// <summary>After a broken answer: how the steps and starts of the batch stand.</summary>
    public const string StepStates = "select key, owner, epoch, next_seq, generation, lane from durable.instances where key = any ($1)";

    public const string StartStates = "select id, execution_id from durable.instances where id = any ($1)";
}
