using Npgsql;
using Portal.Events;
using Portal.Foundation.Db;
using Portal.Foundation.Identity;

namespace Portal.Local;

/// <summary><c>events rebuild</c>: what is counted from events is made again from nothing, tenant by tenant, compared, and put
/// right.</summary>
internal static class RebuildVerb
{
    public static async Task<int> RunAsync(
        LauncherArguments arguments, Screen errors, TextWriter output, TimeProvider clock, CancellationToken ct)
    {
        await using var database = await LocalDatabase.OpenAsync(arguments, errors, ct);
        await using var sources = new PortalDataSources(NpgsqlDataSource.Create(database.App), NpgsqlDataSource.Create(database.System));
        var rebuild = new RebuildReadModels(new PortalDb(sources), clock);
        var (events, rows, wrong) = (0L, 0, 0);
        foreach (var tenant in await TenantsAsync(database, ct))
        {
            var rebuilt = await rebuild.RunAsync(tenant, ct);
            foreach (var row in rebuilt.Wrong)
            {
                await output.WriteLineAsync($"{row.Model} of {row.Key} (tenant {tenant}) was {row.Was}, and is {row.Is} by its events");
            }

            (events, rows, wrong) = (events + rebuilt.Events, rows + rebuilt.Rows, wrong + rebuilt.Wrong.Count);
        }

        await output.WriteLineAsync(wrong == 0
            ? $"All {rows} rows are as {events} events say."
            : $"{wrong} of {rows} rows were not as {events} events say; they are now.");
        return wrong == 0 ? 0 : 1;
    }

    private static async Task<IReadOnlyList<TenantId>> TenantsAsync(LocalDatabase database, CancellationToken ct)
    {
        var tenants = new List<TenantId>();
        await using var command = database.Data.CreateCommand("select id from portal.tenants where status <> 'erased' order by id");
        await using var reader = await command.ExecuteReaderAsync(ct);
        while (await reader.ReadAsync(ct))
        {
            tenants.Add(new(reader.GetGuid(0)));
        }

        return tenants;
    }
}
