using System.Text.Json;
using Npgsql;

namespace Portal.Tests.Benchmarks.Api;

/// <summary>No list reads a whole table at this size: asked of the planner, as the application's role, with the statements that the stores
/// send.</summary>
public static class Plans
{
    /// <summary>Below it a table is a page or two, and reading all of it is the right plan.</summary>
    private const int Small = 500;

    /// <summary>Prints one line a list; answers those that do not use an index.</summary>
    public static async Task<IReadOnlyList<string>> CheckAsync(Scenarios scenarios, string app)
    {
        var faults = new List<string>();
        await using var connection = new NpgsqlConnection(app);
        await connection.OpenAsync();
        var small = await SmallTablesAsync(connection);
        foreach (var list in ListReads.All)
        {
            var statement = await scenarios.StatementAsync(list.Read);
            var (nodes, took) = await ExplainAsync(connection, list.As.Tenant.Value, statement);
            var used = nodes.Where(n => n.Index is not null).Select(n => n.Index!).Distinct().ToList();
            var scans = nodes.Where(
                n => n.Type == "Seq Scan" && n.Table is not null && !small.Contains(n.Table)).Select(n => n.Table!).Distinct().ToList();
            BenchmarkLine.Print($"plan {list.Name}", new()
            {
                ["indexes"] = used,
                ["seq_scans"] = scans,
                ["sorts"] = nodes.Count(n => n.Type is "Sort" or "Incremental Sort"),
                ["ms"] = Math.Round(took, 2),
            });
            if (scans.Count > 0 || used.Count == 0)
            {
                faults.Add($"The list {list.Name} does not use an index.");
            }
        }

        return faults;
    }

    private static async Task<HashSet<string>> SmallTablesAsync(NpgsqlConnection connection)
    {
        await using var command = new NpgsqlCommand(
            "select relname from pg_class where relnamespace = 'portal'::regnamespace and relkind = 'r' and reltuples < $1", connection);
        command.Parameters.Add(new NpgsqlParameter { Value = (float)Small });
        await using var reader = await command.ExecuteReaderAsync();
        var small = new HashSet<string>(StringComparer.Ordinal);
        while (await reader.ReadAsync())
        {
            small.Add(reader.GetString(0));
        }

        return small;
    }

    /// <summary>In a batch, which is one transaction: the tenant is set as <c>PortalDb</c> sets it.</summary>
    private static async Task<(List<Node> Nodes, double Milliseconds)> ExplainAsync(
        NpgsqlConnection connection, Guid tenant, Statement statement)
    {
        await using var batch = new NpgsqlBatch(connection);
        var set = new NpgsqlBatchCommand("select set_config('app.tenant_id', $1, true)");
        set.Parameters.Add(new NpgsqlParameter { Value = tenant.ToString() });
        batch.BatchCommands.Add(set);
        var explain = new NpgsqlBatchCommand($"explain (analyze, format json) {statement.Sql}");
        foreach (var value in statement.Values)
        {
            explain.Parameters.Add(new NpgsqlParameter { Value = value });
        }

        batch.BatchCommands.Add(explain);
        await using var reader = await batch.ExecuteReaderAsync();
        await reader.NextResultAsync();
        await reader.ReadAsync();
        using var json = JsonDocument.Parse(reader.GetString(0));
        return ([.. Nodes(json.RootElement[0].GetProperty("Plan"))], json.RootElement[0].GetProperty("Execution Time").GetDouble());
    }

    private static IEnumerable<Node> Nodes(JsonElement plan)
    {
        string? Text(string name) => plan.TryGetProperty(name, out var value) ? value.GetString() : null;
        yield return new(Text("Node Type")!, Text("Relation Name"), Text("Index Name"));
        if (plan.TryGetProperty("Plans", out var inner))
        {
            foreach (var node in inner.EnumerateArray().SelectMany(Nodes))
            {
                yield return node;
            }
        }
    }

    private sealed record Node(string Type, string? Table, string? Index);
}
