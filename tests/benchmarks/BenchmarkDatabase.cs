using System.Globalization;
using Dapper;
using Npgsql;
using Portal.Postgres;

namespace Portal.Tests.Benchmarks;

/// <summary>A database of the benchmark's own on the given server, or on one started for it with fsync on; dropped at the end.</summary>
public sealed class BenchmarkDatabase : IAsyncDisposable
{
    private readonly PostgresServer server;
    private readonly string name;

    private BenchmarkDatabase(PostgresServer server, string name)
    {
        this.server = server;
        this.name = name;
        ConnectionString = new NpgsqlConnectionStringBuilder(server.ConnectionString) { Database = name }.ConnectionString;
    }

    public string ConnectionString { get; }

    public static async Task<BenchmarkDatabase> CreateAsync(string? given)
    {
        var server = await PostgresServer.StartAsync(new PostgresServerOptions
        {
            ConnectionString = given,
            Name = string.Create(CultureInfo.InvariantCulture, $"bench/{Environment.ProcessId}"),
            Throwaway = true,
            MaxConnections = 200,
        });
        var database = new BenchmarkDatabase(server, string.Create(CultureInfo.InvariantCulture, $"portal_bench_{Environment.ProcessId}"));
        await database.ServerAsync($"create database {database.name}");
        return database;
    }

    public async ValueTask DisposeAsync()
    {
        NpgsqlConnection.ClearAllPools();
        await ServerAsync($"drop database if exists {name} with (force)");
        await server.DisposeAsync();
    }

    private async Task ServerAsync(string sql)
    {
        await using var connection = new NpgsqlConnection(server.ConnectionString);
        await connection.ExecuteAsync(sql);
    }
}
