using System.Data;
using System.Diagnostics.CodeAnalysis;
using Dapper;
using Npgsql;
using Portal.Foundation.Identity;
using Portal.Foundation.Paging;

namespace Portal.Foundation.Db;

/// <summary>
/// The only way to the database. A tenant's work runs as <c>portal_app</c> with <c>app.tenant_id</c> set for the transaction, so
/// that row-level security holds even where a statement forgets its <c>tenant_id</c> predicate. Work across tenants (webhooks,
/// timers, on-call) runs as <c>portal_system</c>, whose policies name the few tables it may see.
/// </summary>
/// <remarks>
/// Works through a transaction pooler: no session state outlives a transaction. Arguments are objects, for Dapper reads the parameters of
/// a statement off their properties; that is so here and in <see cref="Tx"/>, and nowhere else: what a store offers is typed.
/// </remarks>
public class PortalDb(PortalDataSources sources)
{
    private const string SetTenant = "select set_config('app.tenant_id', @sessionTenant, true);\n";

    /// <summary>Runs <paramref name="work"/> in one transaction of one tenant; commits when it returns, rolls back when it
    /// throws.</summary>
    public Task<T> InTenantAsync<T>(TenantId tenant, Func<Tx, Task<T>> work, CancellationToken ct) =>
        InTenantAsync(tenant, IsolationLevel.Unspecified, work, ct);

    /// <summary>As <see cref="InTenantAsync{T}(TenantId, Func{Tx, Task{T}}, CancellationToken)"/>, and all that it reads is of the moment
    /// at which it begins.</summary>
    public Task<T> InSnapshotAsync<T>(TenantId tenant, Func<Tx, Task<T>> work, CancellationToken ct) =>
        InTenantAsync(tenant, IsolationLevel.RepeatableRead, work, ct);

    private async Task<T> InTenantAsync<T>(TenantId tenant, IsolationLevel isolation, Func<Tx, Task<T>> work, CancellationToken ct)
    {
        await using var connection = await sources.App.OpenConnectionAsync(ct);
        await using var transaction = await connection.BeginTransactionAsync(isolation, ct);
        var tx = Begin(connection, transaction, ct);
        await tx.ExecuteAsync(SetTenant, new { sessionTenant = SessionTenant(tenant).ToString() });
        var result = await work(tx);
        await transaction.CommitAsync(ct);
        return result;
    }

    /// <summary>Runs <paramref name="work"/> in one transaction across tenants. Callers: webhooks, timers, activities, on-call.</summary>
    public async Task<T> AcrossTenantsAsync<T>(Func<Tx, Task<T>> work, CancellationToken ct)
    {
        await using var connection = await sources.System.OpenConnectionAsync(ct);
        await using var transaction = await connection.BeginTransactionAsync(ct);
        var result = await work(Begin(connection, transaction, ct));
        await transaction.CommitAsync(ct);
        return result;
    }

    /// <summary>Statements across tenants in one round trip and one implicit transaction. Answers how many rows they changed. Callers: as
    /// above.</summary>
    public virtual async Task<int> RunAcrossTenantsAsync(string sql, object args, CancellationToken ct)
    {
        await using var connection = await sources.System.OpenConnectionAsync(ct);
        return await connection.ExecuteAsync(new CommandDefinition(sql, args, cancellationToken: ct));
    }

    /// <summary>One change of one tenant in one round trip: setting and statement share one implicit transaction. Answers how many rows it
    /// changed.</summary>
    public virtual async Task<int> RunAsync(TenantId tenant, string sql, object args, CancellationToken ct)
    {
        await using var connection = await sources.App.OpenConnectionAsync(ct);

        // A select changes no rows, so that only the statement's count.
        return await connection.ExecuteAsync(new CommandDefinition(SetTenant + sql, Of(tenant, args), cancellationToken: ct));
    }

    /// <summary>One statement of one tenant in one round trip: setting and statement share one implicit transaction.</summary>
    public virtual async Task<IReadOnlyList<T>> ReadAsync<T>(TenantId tenant, string sql, object args, CancellationToken ct)
    {
        await using var connection = await sources.App.OpenConnectionAsync(ct);
        await using var grids = await connection.QueryMultipleAsync(
            new CommandDefinition(SetTenant + sql, Of(tenant, args), cancellationToken: ct));
        await grids.ReadAsync();
        return (await grids.ReadAsync<T>()).AsList();
    }

    /// <inheritdoc cref="ReadAsync{T}"/>
    public async Task<T?> ReadOneAsync<T>(TenantId tenant, string sql, object args, CancellationToken ct) =>
        (await ReadAsync<T>(tenant, sql, args, ct)).SingleOrDefault();

    /// <summary>A page of a list of one tenant, in one round trip: one row more than it holds.</summary>
    /// <param name="listed">A select that ends in its conditions.</param>
    public Task<IReadOnlyList<T>> ReadPageAsync<T>(
        TenantId tenant, PageQuery order, [ConstantExpected] string listed, Page page, object args, CancellationToken ct) =>
        ReadAsync<T>(tenant, order.Of(listed, page), PageQuery.Arguments(args, page), ct);

    /// <summary>How many rows the list has, as far as anybody counts.</summary>
    public Task<long> CountAsync(TenantId tenant, [ConstantExpected] string listed, object args, CancellationToken ct) =>
        ReadOneAsync<long>(tenant, PageQuery.Count(listed), args, ct);

    /// <summary>One statement before any tenant is known: only <c>security definer</c> functions answer here, tables show
    /// nothing.</summary>
    public virtual async Task<T> AskAsync<T>(string sql, object args, CancellationToken ct)
    {
        await using var connection = await sources.App.OpenConnectionAsync(ct);
        return await connection.QuerySingleAsync<T>(new CommandDefinition(sql, args, cancellationToken: ct));
    }

    /// <summary>The tenant the session is set to. Tests override it to prove that row-level security alone protects.</summary>
    protected virtual TenantId SessionTenant(TenantId tenant) => tenant;

    /// <summary>What stores get of a transaction that has begun. Tests override it to also run changed statements (docs/development.md,
    /// <c>soak -- statements</c>).</summary>
    protected virtual Tx Begin(NpgsqlConnection connection, NpgsqlTransaction transaction, CancellationToken ct) =>
        new(connection, transaction, ct);

    private DynamicParameters Of(TenantId tenant, object args)
    {
        var parameters = new DynamicParameters(args);
        parameters.Add("sessionTenant", SessionTenant(tenant).ToString());
        return parameters;
    }
}

/// <summary>The two roles' connections. In production two logins; locally one login that takes on a role.</summary>
public sealed class PortalDataSources(NpgsqlDataSource app, NpgsqlDataSource system) : IAsyncDisposable
{
    public NpgsqlDataSource App { get; } = app;

    public NpgsqlDataSource System { get; } = system;

    public async ValueTask DisposeAsync()
    {
        await App.DisposeAsync();
        await System.DisposeAsync();
    }
}

/// <summary>A running transaction, as stores see it.</summary>
public class Tx(NpgsqlConnection connection, NpgsqlTransaction transaction, CancellationToken ct)
{
    public CancellationToken Ct => ct;

    public virtual Task<int> ExecuteAsync(string sql, object? args = null) => connection.ExecuteAsync(Command(sql, args));

    public virtual async Task<IReadOnlyList<T>> QueryAsync<T>(string sql, object? args = null) =>
        (await connection.QueryAsync<T>(Command(sql, args))).AsList();

    /// <inheritdoc cref="PortalDb.ReadPageAsync"/>
    public Task<IReadOnlyList<T>> QueryPageAsync<T>(PageQuery order, [ConstantExpected] string listed, Page page, object args) =>
        QueryAsync<T>(order.Of(listed, page), PageQuery.Arguments(args, page));

    /// <inheritdoc cref="PortalDb.CountAsync"/>
    public Task<long> CountAsync([ConstantExpected] string listed, object args) => GetAsync<long>(PageQuery.Count(listed), args);

    public virtual Task<T?> QueryOneAsync<T>(string sql, object? args = null) =>
        connection.QuerySingleOrDefaultAsync<T>(Command(sql, args));

    public virtual Task<T> GetAsync<T>(string sql, object? args = null) => connection.QuerySingleAsync<T>(Command(sql, args));

    /// <summary>Row by row, as they arrive: for more than fits into memory. Nothing else runs meanwhile.</summary>
    public virtual IAsyncEnumerable<T> StreamAsync<T>(string sql, object? args = null) =>
        connection.QueryUnbufferedAsync<T>(sql, args, transaction);

    private CommandDefinition Command(string sql, object? args) => new(sql, args, transaction, cancellationToken: ct);
}
