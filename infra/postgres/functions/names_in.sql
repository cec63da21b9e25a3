-- What an erasure looks for in a text: the e-mail addresses and Clerk's ids of people in it, in small letters, each once. A text is cut at
-- what can be in neither, with JSON's escapes undone where an address may have them. The indexes below find texts by it, so that a batch
-- of erasures takes as long as it has people, not as that times the texts that are kept; they are made anew when it changes.
create or replace function portal.names_in(p_text text) returns text[]
    language sql immutable strict parallel safe
    set search_path = pg_catalog, pg_temp
as $$
    select coalesce(array_agg(distinct w.word), '{}')
      from (select btrim(t, '.!''') as word
              from regexp_split_to_table(
                       regexp_replace(
                           replace(replace(lower(p_text), '\u002b', '+'), '\u0027', ''''), '\\u[0-9a-f]{4}', ' ', 'g'),
                       '[\s"<>,;:\\()\[\]=&?|]+') t) w
     where w.word like '%_@_%' or w.word like 'user\_%'
$$;

grant execute on function portal.names_in(text) to public;

drop index if exists portal.webhook_inbox_by_name;
create index webhook_inbox_by_name on portal.webhook_inbox using gin (portal.names_in(body)) where status in ('processed', 'dead');
drop index if exists portal.idempotency_keys_by_name;
create index idempotency_keys_by_name on portal.idempotency_keys using gin (portal.names_in(body)) where body is not null;
