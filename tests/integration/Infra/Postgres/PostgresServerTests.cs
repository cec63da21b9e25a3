using System.Net;
using System.Net.Sockets;
using Dapper;
using Npgsql;
using Portal.Postgres;
using Portal.Tests.Support;

namespace Portal.Tests.Integration.Infra.Postgres;

/// <summary>The local server's life: in the real state folder, under a name of its own, with real processes killed.</summary>
[TakesLong]
public sealed class PostgresServerTests(PreparedCluster prepared) : IClassFixture<PreparedCluster>, IDisposable
{
    private readonly string name = $"trial/{Guid.NewGuid().ToString("N")[..8]}";
    private readonly ProgressLines told = new();

    private string Folder => prepared.PathOf(name);

    public void Dispose()
    {
        if (Directory.Exists(Folder))
        {
            Directory.Delete(Folder, recursive: true);
        }
    }

    [Fact]
    public async Task Data_and_address_stay_over_a_restart()
    {
        await prepared.CopyAsync(name);
        string address;
        await using (var server = await StartAsync())
        {
            address = await server.EnsureDatabaseAsync("portal");
            Assert.Equal(address, await server.EnsureDatabaseAsync("portal"));
            await using var connection = new NpgsqlConnection(address);
            await connection.ExecuteAsync("create table kept (id integer)");
        }

        await Assert.ThrowsAnyAsync<NpgsqlException>(() => PingAsync(address));

        await using (await StartAsync())
        {
            await using var connection = new NpgsqlConnection(address + ";Pooling=false");
            Assert.Equal("kept", await connection.ExecuteScalarAsync<string>("select to_regclass('kept')::text"));
            Assert.Equal("Pacific/Tongatapu", await connection.ExecuteScalarAsync<string>("show timezone"));
            Assert.Equal("127.0.0.1", await connection.ExecuteScalarAsync<string>("show listen_addresses"));
        }
    }

    [Fact]
    public async Task Starting_over_is_empty()
    {
        await prepared.CopyAsync(name);
        await using (var server = await StartAsync())
        {
            await server.EnsureDatabaseAsync("portal");
        }

        await using var fresh = await StartAsync(options => options with { Fresh = true });
        await using var connection = new NpgsqlConnection(fresh.ConnectionString + ";Pooling=false");
        Assert.Equal(0, await connection.ExecuteScalarAsync<int>("select count(*)::integer from pg_database where datname = 'portal'"));

        var refusal = await Assert.ThrowsAsync<PostgresStartException>(() => StartAsync(options => options with { Fresh = true }));
        Assert.Contains("in use by another process", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_server_left_by_a_killed_process_is_taken_over()
    {
        await prepared.CopyAsync(name);
        await using var killed = await ServerProcess.Start(name, "--fast").ReadyAsync();
        var began = await StartTimeAsync(killed.ConnectionString);
        await killed.KillAsync();

        await using (var server = await StartAsync())
        {
            Assert.EndsWith("(already running)", server.Origin, StringComparison.Ordinal);
            Assert.Equal(killed.ConnectionString, server.ConnectionString);
            Assert.Equal(began, await StartTimeAsync(server.ConnectionString));
        }

        await Assert.ThrowsAnyAsync<NpgsqlException>(() => PingAsync(killed.ConnectionString));
    }

    [Fact]
    public async Task Two_processes_at_once_share_one_server_and_the_last_one_out_stops_it()
    {
        await using var one = ServerProcess.Start(name, "--fast");
        await using var other = ServerProcess.Start(name, "--fast");
        await Task.WhenAll(one.ReadyAsync(), other.ReadyAsync());
        Assert.Equal(one.ConnectionString, other.ConnectionString);
        Assert.Single([one, other], process => process.Said().Contains("Making a database cluster", StringComparison.Ordinal));

        Assert.Equal(0, await one.TerminateAsync());
        await PingAsync(other.ConnectionString);

        Assert.Equal(0, await other.TerminateAsync());
        await Assert.ThrowsAnyAsync<NpgsqlException>(() => PingAsync(other.ConnectionString));
        await using var server = await StartAsync();
    }

    [Fact]
    public async Task A_throwaway_cluster_goes_with_its_killed_process()
    {
        await using var killed = await ServerProcess.Start(name, "--throwaway").ReadyAsync();
        Assert.True(Directory.Exists(Folder));

        await killed.KillAsync();

        await Eventually.TrueAsync(() => !Directory.Exists(Folder), $"{Folder} to be gone");
        await Assert.ThrowsAnyAsync<NpgsqlException>(() => PingAsync(killed.ConnectionString));
    }

    [Fact]
    public async Task A_half_made_data_folder_is_made_anew()
    {
        await prepared.CopyAsync(name);

        // As a kill during initdb leaves it: no data folder yet, and something under another name.
        var half = Path.Combine(Folder, "tmp-0123");
        Directory.Move(Path.Combine(Folder, "data"), half);
        File.Delete(Path.Combine(half, "PG_VERSION"));
        await File.WriteAllTextAsync(half + ".password", "secret");

        await using var server = await StartAsync();
        await PingAsync(server.ConnectionString);
        Assert.Empty(Directory.GetFileSystemEntries(Folder, "tmp-*"));
    }

    [Fact]
    public async Task A_port_taken_meanwhile_is_given_up()
    {
        await prepared.CopyAsync(name);
        string before;
        await using (var server = await StartAsync())
        {
            before = await server.EnsureDatabaseAsync("portal");
        }

        var port = new NpgsqlConnectionStringBuilder(before).Port;
        using var thief = new TcpListener(IPAddress.Loopback, port);
        thief.Start();

        await using var again = await StartAsync();
        Assert.NotEqual(port, new NpgsqlConnectionStringBuilder(again.ConnectionString).Port);
        await PingAsync(new NpgsqlConnectionStringBuilder(again.ConnectionString) { Database = "portal" }.ConnectionString);
    }

    [Fact]
    public async Task A_pid_file_that_names_another_process_does_not_hinder()
    {
        await prepared.CopyAsync(name);

        // As after a restart of the machine, when something else got the number.
        await File.WriteAllTextAsync(
            Path.Combine(
                Folder, "data", "postmaster.pid"),
                $"{Environment.ProcessId}\n{Folder}/data\n1700000000\n5432\n\n127.0.0.1\n  1 1\nready\n");

        await using var server = await StartAsync();
        await PingAsync(server.ConnectionString);
    }

    [Fact]
    public async Task Data_of_a_lost_password_are_set_aside_and_said_so()
    {
        await prepared.CopyAsync(name);

        File.Delete(Path.Combine(Folder, "state.json"));

        await using var server = await StartAsync();
        await PingAsync(server.ConnectionString);
        Assert.Contains(told.Lines, line => line.Contains("its password is lost", StringComparison.Ordinal));
        Assert.Single(Directory.GetDirectories(Folder, "data-*"));
    }

    [Fact]
    public async Task A_given_server_that_does_not_answer_is_a_clear_message()
    {
        using var silent = new TcpListener(IPAddress.Loopback, 0);
        silent.Start();
        var port = ((IPEndPoint)silent.LocalEndpoint).Port;
        silent.Stop();

        var failure = await Assert.ThrowsAsync<PostgresStartException>(() => PostgresServer.StartAsync(
            new PostgresServerOptions { ConnectionString = $"postgres://someone:s3cret@127.0.0.1:{port}/portal" }, told));

        Assert.Contains("does not answer", failure.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("s3cret", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_given_server_is_used_and_left_alone()
    {
        var fixture = await PostgresFixture.SharedAsync();
        await using (var server = await PostgresServer.StartAsync(new PostgresServerOptions { ConnectionString = fixture.Server }, told))
        {
            Assert.Equal("given", server.Origin);
        }

        await PingAsync(fixture.Server);
    }

    [Fact]
    public async Task A_folder_without_binaries_is_refused_by_name()
    {
        var failure = await Assert.ThrowsAsync<PostgresStartException>(
            () => StartAsync(options => options with { Binaries = AppContext.BaseDirectory }));
        Assert.Contains("is not a folder with initdb, pg_ctl and postgres", failure.Message, StringComparison.Ordinal);
    }

    private async Task<PostgresServer> StartAsync(Func<PostgresServerOptions, PostgresServerOptions>? change = null)
    {
        var options = PreparedCluster.Options(name);
        return await PostgresServer.StartAsync(change is null ? options : change(options), told);
    }

    private static async Task PingAsync(string address)
    {
        await using var connection = new NpgsqlConnection(address + ";Pooling=false;Timeout=5");
        await connection.OpenAsync();
    }

    private static async Task<DateTime> StartTimeAsync(string address)
    {
        await using var connection = new NpgsqlConnection(address + ";Pooling=false");
        return await connection.ExecuteScalarAsync<DateTime>("select pg_postmaster_start_time()");
    }
}
