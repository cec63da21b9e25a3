using System.Text;
using Dapper;
using Npgsql;
using Portal.Postgres;
using Portal.Tests.Support;

namespace Portal.Tests.Integration.Infra.Postgres;

public sealed class PostgresFixtureTests
{
    private static readonly TestTemplate Template = TestTemplate.Of([new Migration(1, "things", "create table things (id integer)")]);

    [Fact]
    public async Task Clones_have_the_schema_and_know_nothing_of_each_other()
    {
        await using var one = await PostgresFixture.CloneAsync(Template);
        await using var other = await PostgresFixture.CloneAsync(Template);
        await using var first = new NpgsqlConnection(one.Admin);
        await using var second = new NpgsqlConnection(other.Admin);

        await first.ExecuteAsync("insert into things values (1)");

        Assert.Equal(1, await first.ExecuteScalarAsync<int>("select count(*)::integer from things"));
        Assert.Equal(0, await second.ExecuteScalarAsync<int>("select count(*)::integer from things"));
        Assert.Equal("Pacific/Tongatapu", await second.ExecuteScalarAsync<string>("show timezone"));
    }

    [Fact]
    public async Task A_disposed_clone_is_gone_even_while_somebody_is_connected()
    {
        var clone = await PostgresFixture.CloneAsync(Template);
        await using var lingering = new NpgsqlConnection(clone.Admin + ";Pooling=false");
        await lingering.OpenAsync();

        await clone.DisposeAsync();

        await using var server = new NpgsqlConnection((await PostgresFixture.SharedAsync()).Server);
        Assert.Equal(
            0, await server.ExecuteScalarAsync<int>(
                "select count(*)::integer from pg_database where datname = @name", new { name = clone.Name }));
    }

    [Fact]
    public async Task A_database_that_is_had_again_is_as_a_fresh_one()
    {
        var before = await EmptiedAsync(_ => Task.CompletedTask);
        var after = await EmptiedAsync(async connection =>
        {
            await connection.ExecuteAsync("""
                insert into portal.rate_windows (key, window_start, window_end, hits) values ('k', now(), now(), 1);
                insert into portal.vendor_rate_limits (vendor, next_at) values ('v', now());
                delete from schema_migrations where version < 5;
                select nextval(format('%I.%I', schemaname, sequencename)) from pg_sequences
                """);
        });

        Assert.Equal(before, after);
        Assert.Contains("schema_migrations: (1,", after, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("alter table portal.rate_windows add column mine integer")]
    [InlineData("drop function portal.take_hit")]
    [InlineData("alter table portal.audit_log disable trigger user")]
    public async Task A_database_whose_schema_changed_is_not_had_again(string change)
    {
        await using var database = await PostgresFixture.CloneAsync();
        await using var connection = new NpgsqlConnection(database.Admin);
        Assert.True(await connection.ExecuteScalarAsync<bool>("select portal_test.try_reset()"));

        await connection.ExecuteAsync(change);

        Assert.False(await connection.ExecuteScalarAsync<bool>("select portal_test.try_reset()"));
    }

    /// <summary>Tables with rows and sequences with values after a change and a reset.</summary>
    private static async Task<string> EmptiedAsync(Func<NpgsqlConnection, Task> change)
    {
        await using var database = await PostgresFixture.CloneAsync();
        await using var connection = new NpgsqlConnection(database.Admin);
        await change(connection);
        Assert.True(await connection.ExecuteScalarAsync<bool>("select portal_test.try_reset()"));
        var held = new StringBuilder();
        foreach (var table in await connection.QueryAsync<string>("select name::text from portal_test.tables order by 1"))
        {
            var rows = await connection.ExecuteScalarAsync<string?>($"select string_agg(t::text, ' ' order by t::text) from {table} t");
            held.Append(rows is null ? "" : $"{table}: {rows}\n");
        }

        return held + await connection.ExecuteScalarAsync<string>(
            "select string_agg(sequencename || ' ' || coalesce(last_value, 0), ' ' order by sequencename) from pg_sequences");
    }

    [Theory]
    [InlineData("portal_app")]
    [InlineData("portal_system")]
    public async Task A_role_s_connections_stay_in_it_when_they_are_used_again(string role)
    {
        await using var database = await PostgresFixture.CloneAsync();
        var address = (role == "portal_app" ? database.App : database.System) + ";Maximum Pool Size=1";
        var backends = new HashSet<int>();
        for (var round = 0; round < 3; round++)
        {
            await using var connection = new NpgsqlConnection(address);
            var (current, backend) = await connection.QuerySingleAsync<(string, int)>("select current_user::text, pg_backend_pid()");
            Assert.Equal(role, current);
            backends.Add(backend);
            await Assert.ThrowsAsync<PostgresException>(() => connection.ExecuteAsync("create table portal.mine ()"));
        }

        Assert.Single(backends);
        await using var last = new NpgsqlConnection(address);
        NpgsqlConnection.ClearPool(last);
    }
}
