using Dapper;
using Microsoft.Azure.Functions.Worker;
using Microsoft.Azure.Functions.Worker.Middleware;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Npgsql;
using Portal.Foundation.Db;
using Portal.Foundation.Identity;
using Portal.Functions.Foundation.Contract;
using Portal.Tests.Support;

namespace Portal.Tests.Integration.Contract;

/// <summary>
/// The two walls between tenants, each alone, against every function: the columns "other tenant" and "unassigned" of the matrix with an
/// app that row-level security does not bind, and "other tenant" with an app whose stores are handed the victim's tenant id while the
/// session belongs to the caller's. Whatever happens, no row of the victim may change.
/// </summary>
[TakesLong]
public sealed class IsolationMatrixTests : IAsyncLifetime
{
    private readonly ContractPortal portal = new();
    private readonly List<string> faults = [];

    public Task InitializeAsync() => portal.InitializeAsync();

    public Task DisposeAsync() => portal.DisposeAsync();

    [Fact]
    public async Task Predicates_alone_keep_every_function_from_other_tenants_and_projects()
    {
        var matrix = new PermissionMatrix(portal);
        await matrix.PrepareAsync();
        var bypassing = await portal.Portal.BypassAsync();
        await using (var app = new NpgsqlConnection(bypassing))
        {
            Assert.True(
                await app.ExecuteScalarAsync<long>(
                    "select count(*) from portal.projects") > 0, "The role must really bypass row-level security.");
        }

        // Past the app's own refusal of such a role: predicates are tried here, and nothing else.
        portal.Portal.AddToApp = builder => builder.Services.Replace(ServiceDescriptor.Singleton(new PortalDataSources(
            NpgsqlDataSource.Create(bypassing), NpgsqlDataSource.Create(portal.Portal.Database.System))));
        await portal.Portal.RestartHostAsync();
        await UnchangedAsync(() => RunAsync(matrix, PermissionMatrix.OtherTenant));
        await RunAsync(matrix, PermissionMatrix.Unassigned("agency"));
        await RunAsync(matrix, PermissionMatrix.Unassigned("client"));
        Assert.True(faults.Count == 0, string.Join('\n', faults));
    }

    [Fact]
    public async Task Row_level_security_alone_keeps_every_function_from_other_tenants()
    {
        var matrix = new PermissionMatrix(portal) { StoresAreMisled = true };
        await matrix.PrepareAsync();
        portal.Portal.AddToApp = builder =>
        {
            builder.Services.Replace(
                ServiceDescriptor.Singleton<PortalDb>(services => new PinnedDb(services.GetRequiredService<PortalDataSources>())));
            builder.UseMiddleware<MisleadMiddleware>();
        };
        await portal.Portal.RestartHostAsync();
        await UnchangedAsync(() => RunAsync(matrix, PermissionMatrix.OtherTenant));
        Assert.True(faults.Count == 0, string.Join('\n', faults));
    }

    /// <summary>Functions without a caller are left out: who holds a token may use it, whoever they are.</summary>
    private async Task RunAsync(PermissionMatrix matrix, Knock knock)
    {
        var operations = ApiOperation.All.Where(o => !o.IsAnonymous).ToDictionary(o => o.Name);
        foreach (var row in PermissionsPage.Read().Where(r => operations.ContainsKey(r.Function)))
        {
            faults.AddRange(await matrix.TryAsync(operations[row.Function], row, knock));
        }
    }

    private async Task UnchangedAsync(Func<Task> work)
    {
        var before = await VictimAsync();
        await work();
        var after = await VictimAsync();
        faults.AddRange(
            after.Where(t => before[t.Key] != t.Value).Select(t => $"{t.Key}: rows of the victim were {before[t.Key]} and are {t.Value}"));
    }

    /// <summary>A fingerprint of the victim's rows, table by table.</summary>
    private async Task<Dictionary<string, string>> VictimAsync()
    {
        await using var connection = await portal.Portal.OpenAsync();
        var tables = await connection.QueryAsync<string>("""
            select c.table_name from information_schema.columns c join information_schema.tables t using (table_schema, table_name)
             where c.table_schema = 'portal' and c.column_name = 'tenant_id' and t.table_type = 'BASE TABLE'
            """);
        var prints = new Dictionary<string, string>();
        foreach (var table in tables)
        {
            prints[table] = await connection.ExecuteScalarAsync<string>(
                $"select count(*) || ' ' || coalesce(md5(string_agg(t::text, '|' order by t::text)), '') from portal.{table} t where "
                    + "tenant_id = @Tenant", new { TestPeople.Tenant }) ?? "";
        }

        Assert.Contains("projects", prints.Keys);
        return prints;
    }

    /// <summary>Every session belongs to the intruder's tenant, whatever the store asks for.</summary>
    private sealed class PinnedDb(PortalDataSources sources) : PortalDb(sources)
    {
        protected override TenantId SessionTenant(TenantId tenant) => new(TestPeople.OtherTenant);
    }

    /// <summary>After the door: the intruder's tenant is said to be the victim's, so that every predicate matches the victim's
    /// rows.</summary>
    private sealed class MisleadMiddleware : IFunctionsWorkerMiddleware
    {
        public Task Invoke(FunctionContext context, FunctionExecutionDelegate next)
        {
            if (context.GetHttpContext() is { } http && http.Items[typeof(Caller)] is Caller caller)
            {
                http.Items[typeof(Caller)] = caller with { Tenant = new TenantId(TestPeople.Tenant) };
            }

            return next(context);
        }
    }
}
