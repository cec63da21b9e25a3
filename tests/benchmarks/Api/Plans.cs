using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using Portal.Audit;
using Portal.Paging;
using Portal.ShareLinks;
using Portal.Tasks;

namespace Portal.Tests.Benchmarks.Api;

/// <summary>No list reads a whole table at this size: asked of the planner, as the application's role, with the statements that the stores send.</summary>
public static class Plans
{
    private static readonly string[] Big = ["tasks", "share_links", "audit_log"];

    /// <summary>Prints one line a list; answers those that do not use an index.</summary>
    public static async Task<IReadOnlyList<string>> CheckAsync(Scenarios scenarios, string app)
    {
        var faults = new List<string>();
        foreach (var (name, statement) in await StatementsAsync(scenarios))
        {
            var nodes = await ExplainAsync(app, statement);
            var used = nodes.Where(n => n.Index is not null).Select(n => n.Index!).Distinct().ToList();
            var scans = nodes.Where(n => n.Type == "Seq Scan" && Big.Contains(n.Table)).Select(n => n.Table!).ToList();
            Console.WriteLine(JsonSerializer.Serialize(new Dictionary<string, object?> { ["name"] = $"plan {name}", ["indexes"] = used, ["seq_scans"] = scans }));
            if (scans.Count > 0 || used.Count == 0)
            {
                faults.Add($"The list {name} does not use an index.");
            }
        }

        return faults;
    }

    private static async Task<IReadOnlyList<(string Name, Statement Statement)>> StatementsAsync(Scenarios scenarios)
    {
        var page = new Page(50, null);
        var tasks = scenarios.Portal.GetRequiredService<TaskList>();
        var links = scenarios.Portal.GetRequiredService<ShareLinkStore>();
        var audit = scenarios.Portal.GetRequiredService<AuditStore>();
        var found = new List<(string, Statement)>();
        foreach (var order in new[] { TaskList.Newest, TaskList.ByDue, TaskList.ByPriority, TaskList.ByTitle })
        {
            found.Add(($"tasks:{order}", await scenarios.StatementAsync(c => tasks.ReadAsync(c.Tenant, c, new TaskFilter(), order, page, default))));
        }

        found.Add(("share-links", await scenarios.StatementAsync(c => links.ListAsync(c.Tenant, c, null, page, default))));
        foreach (var (name, filter) in new (string, AuditFilter)[]
                 {
                     ("audit", new(null, null, null, null, null, null)),
                     ("audit:actor", new(Guid.NewGuid().ToString(), null, null, null, null, null)),
                     ("audit:action", new(null, "seldom_done", null, null, null, null)),
                     ("audit:entity", new(null, null, null, Guid.NewGuid(), null, null)),
                 })
        {
            found.Add((name, await scenarios.StatementAsync(c => audit.ListAsync(c.Tenant, filter, page, default))));
        }

        return found;
    }

    private static async Task<IReadOnlyList<Node>> ExplainAsync(string app, Statement statement)
    {
        await using var connection = new NpgsqlConnection(app);
        await connection.OpenAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        await using (var set = new NpgsqlCommand($"select set_config('app.tenant_id', '{ApiData.Key("tenant", 1)}', true)", connection))
        {
            await set.ExecuteNonQueryAsync();
        }

        await using var explain = new NpgsqlCommand($"explain (format json) {statement.Sql}", connection);
        foreach (var value in statement.Values)
        {
            explain.Parameters.Add(new NpgsqlParameter { Value = value });
        }

        using var json = JsonDocument.Parse((string)(await explain.ExecuteScalarAsync())!);
        return [.. Nodes(json.RootElement[0].GetProperty("Plan"))];
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
