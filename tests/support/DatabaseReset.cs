using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Text;
using Dapper;
using Npgsql;

namespace Portal.Tests.Support;

/// <summary>
/// Empties a test database instead of making another: with its connections, which know the catalog and have their plans, it is worth more
/// than the statements of most tests. What a fresh one holds (rows of migrations, counters) is kept beside, in schema <c>portal_test</c>;
/// a database whose schema a test has changed is not had again.
/// </summary>
internal static class DatabaseReset
{
    /// <summary>Below this a table's rows are deleted: a file less to make.</summary>
    private const int SmallTable = 256 * 1024;

    /// <summary>Tells templates with another way of emptying apart.</summary>
    public static string Content => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(Script)))[..8];

    /// <summary>Notes what the database holds now as that which it is brought back to.</summary>
    [SuppressMessage("Security", "CA2100", Justification = "Constant.")]
    public static async Task PrepareAsync(NpgsqlDataSource owner)
    {
        await using var command = owner.CreateCommand(Script);
        await command.ExecuteNonQueryAsync();
    }

    /// <summary>Brings the database back to what it was when it was made. False: its schema has changed.</summary>
    /// <param name="owner">The owner's connection string.</param>
    public static async Task<bool> TryAsync(string owner)
    {
        await using var connection = new NpgsqlConnection(owner);
        return await connection.ExecuteScalarAsync<bool>("select portal_test.try_reset()");
    }

    private static string Script => $$"""
        create schema portal_test;
        create table portal_test.changes (what text);

        create function portal_test.note_change() returns event_trigger language plpgsql security definer as $$
        begin
          insert into portal_test.changes select command_tag || ' ' || object_identity from pg_event_trigger_ddl_commands();
        end $$;
        create function portal_test.note_drop() returns event_trigger language plpgsql security definer as $$
        begin
          insert into portal_test.changes select 'drop ' || object_identity from pg_event_trigger_dropped_objects();
        end $$;

        create view portal_test.tables as
          select c.oid::regclass as name from pg_class c join pg_namespace n on n.oid = c.relnamespace
           where c.relkind = 'r' and n.nspname !~ '^(pg_|information_schema$|portal_test$)';

        create table portal_test.counters as
          select format('%I.%I', schemaname, sequencename)::regclass as name, start_value, last_value from pg_sequences;

        create table portal_test.kept (name regclass, copy regclass, columns text);
        do $$
        declare
          filled regclass;
          has_rows boolean;
          copy text;
        begin
          for filled in select name from portal_test.tables loop
            execute format('select exists (select from %s)', filled) into has_rows;
            if has_rows then
              copy := format('portal_test.kept_%s', filled::oid);
              execute format('create table %s as table %s', copy, filled);
              insert into portal_test.kept
              select filled, copy::regclass, string_agg(quote_ident(attname), ', ' order by attnum)
                from pg_attribute where attrelid = filled and attnum > 0 and not attisdropped and attgenerated = '';
            end if;
          end loop;
        end $$;

        -- A statement for each table, planned only where there is a page: what has none has no rows.
        do $$
        declare
          empties text;
          fills text;
        begin
          select string_agg(format(
                   'if pg_relation_size(%1$L::regclass) > {{SmallTable}} then truncate %2$s cascade; '
                     'elsif pg_relation_size(%1$L::regclass) > 0 then delete from %2$s; end if;', name::oid, name), E'\n')
            into empties from portal_test.tables;
          select string_agg(format(
                   'insert into %1$s (%2$s) overriding system value select %2$s from %3$s;', name, columns, copy), E'\n')
            into fills from portal_test.kept;
          execute format($f$
            create function portal_test.empty_tables() returns void language plpgsql as $body$
            begin
              %s
              %s
            end $body$ $f$, empties, fills);
        end $$;

        create function portal_test.try_reset() returns boolean language plpgsql as $$
        begin
          if exists (select from portal_test.changes) then
            return false;
          end if;
          perform pg_terminate_backend(pid) from pg_stat_activity
            where datname = current_database() and pid <> pg_backend_pid() and backend_type = 'client backend' and state <> 'idle';
          -- Neither triggers nor references: everything goes.
          perform set_config('session_replication_role', 'replica', true);
          perform portal_test.empty_tables();
          perform setval(c.name, coalesce(c.last_value, c.start_value), c.last_value is not null)
             from portal_test.counters c
             join pg_sequences s on format('%I.%I', s.schemaname, s.sequencename)::regclass = c.name
            where s.last_value is distinct from c.last_value;
          return true;
        end $$;

        create event trigger portal_test_changes on ddl_command_end execute function portal_test.note_change();
        create event trigger portal_test_drops on sql_drop execute function portal_test.note_drop();
        """;
}
