using Dapper;
using Npgsql;
using Portal.Foundation.Db;
using Portal.Foundation.Identity;

namespace Portal.Tests.Support.Statements;

/// <summary>Has each statement probed (<see cref="StatementProbe"/>) before it runs, where <see cref="StatementLog.Folder"/> is
/// set.</summary>
internal sealed class ProbedDb(PortalDataSources sources) : PortalDb(sources)
{
    protected override async ValueTask BeforeAsync(
        NpgsqlConnection connection, NpgsqlTransaction? transaction, TenantId? tenant, string sql, object? args)
    {
        if (transaction is not null)
        {
            await StatementProbe.RunAsync(transaction, sql, args);
            return;
        }

        // A statement that is a transaction of its own.
        await using var own = await connection.BeginTransactionAsync();
        if (tenant is { } its)
        {
            await connection.ExecuteAsync("select set_config('app.tenant_id', @its, true)", new { its = its.ToString() }, own);
        }

        await StatementProbe.RunAsync(own, sql, args);
        await own.RollbackAsync();
    }
}
