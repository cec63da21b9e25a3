using Dapper;
using Npgsql;
using Portal.Postgres;
using Portal.Tests.Support;

namespace Portal.Tests.Integration.Infra.Postgres;

public sealed class MigratorTests : IAsyncLifetime
{
    private static readonly Migration First = new(1, "people", "create table people (id integer primary key, name text not null);");
    private static readonly Migration Second = new(2, "names", """
        -- Everything a migration may hold: several statements, a quoted body, a standard body.
        create function shout(text) returns text language plpgsql as $body$
        begin
            return upper($1) || ';';
        end $body$;
        create function whisper(name text) returns text language sql
        begin atomic
            select lower(name);
        end;
        insert into people values (1, 'Ana; or "Bo"'), (2, $$semi;colon$$);
        """);

    private TestDatabase database = null!;

    public async Task InitializeAsync() => database = await PostgresFixture.EmptyAsync();

    public async Task DisposeAsync() => await database.DisposeAsync();

    [Fact]
    public async Task Migrations_are_applied_in_order_whatever_order_they_come_in()
    {
        Assert.Equal(2, await Migrator.ApplyAsync(database.Admin, [Second, First]));

        await using var connection = new NpgsqlConnection(database.Admin);
        Assert.Equal(
            ["ANA; OR \"BO\";", "SEMI;COLON;"], await connection.QueryAsync<string>("select shout(name) from people order by id"));
        Assert.Equal(
            [(1, "people", First.Checksum), (2, "names", Second.Checksum)],
            await connection.QueryAsync<(int, string, string)>(
                "select version, name, checksum from public.schema_migrations order by version"));
    }

    [Fact]
    public async Task A_migration_that_cannot_get_a_lock_lets_go_so_that_others_get_by_and_begins_again()
    {
        await Migrator.ApplyAsync(database.Admin, [First]);
        await using var reader = new NpgsqlConnection(database.Admin);
        await reader.OpenAsync();
        await using var reading = await reader.BeginTransactionAsync();
        await reader.ExecuteAsync("select from people");

        var migrating = Migrator.ApplyAsync(database.Admin, [First, new(2, "more", "alter table people add column age integer;")]);
        await using var watcher = new NpgsqlConnection(database.Admin);
        await Eventually.TrueAsync(IsWaitingAsync, "the migration to wait for the table");
        // Whoever comes later waits behind it, and gets by: the reader before it still has the table.
        Assert.Equal(0, await watcher.ExecuteScalarAsync<int>("select count(*) from people"));
        Assert.False(migrating.IsCompleted);

        await reading.RollbackAsync();
        Assert.Equal(1, await migrating);

        async Task<bool> IsWaitingAsync() => await watcher.ExecuteScalarAsync<bool>(
            "select exists (select from pg_locks where relation = 'people'::regclass and mode = 'AccessExclusiveLock' and not granted)");
    }

    [Fact]
    public async Task A_second_run_applies_only_what_is_new()
    {
        Assert.Equal(1, await Migrator.ApplyAsync(database.Admin, [First]));
        Assert.Equal(0, await Migrator.ApplyAsync(database.Admin, [First]));
        Assert.Equal(1, await Migrator.ApplyAsync(database.Admin, [First, Second]));
    }

    [Fact]
    public async Task A_function_is_replaced_whenever_its_text_changes_and_may_call_one_that_comes_later()
    {
        var caller = new DatabaseFunction("a", "create or replace function a() returns int language sql as 'select b() + 1';");
        var called = new DatabaseFunction("b", "create or replace function b() returns int language sql as 'select 1';");

        Assert.Equal(3, await Migrator.ApplyAsync(database.Admin, [First], [caller, called]));
        Assert.Equal(0, await Migrator.ApplyAsync(database.Admin, [First], [caller, called]));
        var changed = new DatabaseFunction("b", called.Sql.Replace("select 1", "select 5", StringComparison.Ordinal));
        Assert.Equal(1, await Migrator.ApplyAsync(database.Admin, [First], [caller, changed]));

        await using var connection = new NpgsqlConnection(database.Admin);
        Assert.Equal(6, await connection.ExecuteScalarAsync<int>("select a()"));
    }

    [Fact]
    public async Task A_function_that_fails_leaves_all_of_them_as_they_were()
    {
        var good = new DatabaseFunction("a", "create or replace function a() returns int language sql as 'select 1';");
        var bad = new DatabaseFunction("b", "create or replace function b() returns nothing language sql as 'select 1';");

        var failure = await Assert.ThrowsAsync<MigrationException>(() => Migrator.ApplyAsync(database.Admin, [First], [good, bad]));

        Assert.Contains("functions/b.sql failed", failure.Message, StringComparison.Ordinal);
        await using var connection = new NpgsqlConnection(database.Admin);
        Assert.Equal(0, await connection.ExecuteScalarAsync<long>("select count(*) from pg_proc where proname = 'a'"));
    }

    [Fact]
    public async Task A_changed_migration_is_refused()
    {
        await Migrator.ApplyAsync(database.Admin, [First]);
        var changed = new Migration(1, "people", First.Sql + "-- one more word");

        var refusal = await Assert.ThrowsAsync<MigrationException>(() => Migrator.ApplyAsync(database.Admin, [changed, Second]));

        Assert.Contains("0001_people was changed after it was applied", refusal.Message, StringComparison.Ordinal);
        Assert.Equal(1, await CountAsync());
    }

    [Fact]
    public async Task Other_line_ends_are_no_change()
    {
        await Migrator.ApplyAsync(database.Admin, [new Migration(1, "lines", "select 1;\nselect 2;\n")]);
        Assert.Equal(0, await Migrator.ApplyAsync(database.Admin, [new Migration(1, "lines", "select 1;\r\nselect 2;\r\n")]));
    }

    [Fact]
    public async Task A_database_newer_than_the_build_is_refused()
    {
        await Migrator.ApplyAsync(database.Admin, [First, Second]);

        var refusal = await Assert.ThrowsAsync<MigrationException>(() => Migrator.ApplyAsync(database.Admin, [First]));

        Assert.Contains("0002_names, which this build does not know", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_migration_numbered_before_an_applied_one_is_refused()
    {
        var late = new Migration(3, "late", "select 1");
        await Migrator.ApplyAsync(database.Admin, [First, Second, new Migration(4, "last", "select 1")]);

        var refusal = await Assert.ThrowsAsync<MigrationException>(
            () => Migrator.ApplyAsync(database.Admin, [First, Second, late, new Migration(4, "last", "select 1")]));

        Assert.Contains("0003_late was not applied to this database, but 0004 was", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_failing_migration_leaves_nothing_and_those_before_it_stay()
    {
        var broken = new Migration(2, "broken", "create table half_made (id integer);\ninsert into half_made values ('x');");

        var failure = await Assert.ThrowsAsync<MigrationException>(() => Migrator.ApplyAsync(database.Admin, [First, broken]));

        Assert.Contains("0002_broken failed and left nothing behind", failure.Message, StringComparison.Ordinal);
        Assert.Contains("at line 2: 'x');", failure.Message, StringComparison.Ordinal);
        Assert.Equal(1, await CountAsync());
        await using var connection = new NpgsqlConnection(database.Admin);
        Assert.Null(await connection.ExecuteScalarAsync<string?>("select to_regclass('public.half_made')::text"));
        Assert.Equal(1, await Migrator.ApplyAsync(database.Admin, [First, new Migration(2, "broken", "select 'mended'")]));
    }

    [Fact]
    public async Task Eight_at_once_apply_each_migration_once()
    {
        var slow = Enumerable.Range(1, 6).Select(
            n => new Migration(n, $"step_{n}", $"select pg_sleep(0.02); create table step_{n} ();")).ToArray();

        var counts = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Migrator.ApplyAsync(database.Admin, slow)));

        Assert.Equal(6, counts.Sum());
        Assert.Equal(6, await CountAsync());
    }

    [Fact]
    public void Two_migrations_with_one_number_are_refused()
    {
        var refusal = Assert.Throws<MigrationException>(() => Migration.InOrder([First, new Migration(1, "places", "select 1")]));
        Assert.Contains("0001_people, 0001_places", refusal.Message, StringComparison.Ordinal);
    }

    private async Task<long> CountAsync()
    {
        await using var connection = new NpgsqlConnection(database.Admin);
        return await connection.ExecuteScalarAsync<long>("select count(*) from public.schema_migrations");
    }
}
