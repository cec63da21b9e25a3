using Npgsql;
using Portal.Foundation.Db;
using Portal.Foundation.Identity;

namespace Portal.Tests.Support.Statements;

/// <summary>Has each statement probed (<see cref="StatementProbe"/>) before it runs, where <see cref="StatementLog.Folder"/> is set. What
/// is one round trip in the product is a transaction here.</summary>
internal sealed class ProbedDb(PortalDataSources sources) : PortalDb(sources)
{
    private readonly NpgsqlDataSource app = sources.App;

    public override Task<int> RunAcrossTenantsAsync(string sql, object args, CancellationToken ct) =>
        AcrossTenantsAsync(tx => tx.ExecuteAsync(sql, args), ct);

    public override Task<int> RunAsync(TenantId tenant, string sql, object args, CancellationToken ct) =>
        InTenantAsync(tenant, tx => tx.ExecuteAsync(sql, args), ct);

    public override Task<IReadOnlyList<T>> ReadAsync<T>(TenantId tenant, string sql, object args, CancellationToken ct) =>
        InTenantAsync(tenant, tx => tx.QueryAsync<T>(sql, args), ct);

    public override async Task<T> AskAsync<T>(string sql, object args, CancellationToken ct)
    {
        await using var connection = await app.OpenConnectionAsync(ct);
        await using var transaction = await connection.BeginTransactionAsync(ct);
        var answer = await Begin(connection, transaction, ct).GetAsync<T>(sql, args);
        await transaction.CommitAsync(ct);
        return answer;
    }

    protected override Tx Begin(NpgsqlConnection connection, NpgsqlTransaction transaction, CancellationToken ct) =>
        new ProbedTx(connection, transaction, ct);

    private sealed class ProbedTx(NpgsqlConnection connection, NpgsqlTransaction transaction, CancellationToken ct)
        : Tx(connection, transaction, ct)
    {
        private readonly NpgsqlTransaction running = transaction;

        public override async Task<int> ExecuteAsync(string sql, object? args = null)
        {
            await StatementProbe.RunAsync(running, sql, args);
            return await base.ExecuteAsync(sql, args);
        }

        public override async Task<IReadOnlyList<T>> QueryAsync<T>(string sql, object? args = null)
        {
            await StatementProbe.RunAsync(running, sql, args);
            return await base.QueryAsync<T>(sql, args);
        }

        public override async Task<T?> QueryOneAsync<T>(string sql, object? args = null)
            where T : default
        {
            await StatementProbe.RunAsync(running, sql, args);
            return await base.QueryOneAsync<T>(sql, args);
        }

        public override async Task<T> GetAsync<T>(string sql, object? args = null)
        {
            await StatementProbe.RunAsync(running, sql, args);
            return await base.GetAsync<T>(sql, args);
        }

        public override async IAsyncEnumerable<T> StreamAsync<T>(string sql, object? args = null)
        {
            await StatementProbe.RunAsync(running, sql, args);
            await foreach (var row in base.StreamAsync<T>(sql, args))
            {
                yield return row;
            }
        }
    }
}
