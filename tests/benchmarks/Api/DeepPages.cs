using System.Diagnostics;
using Dapper;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using Portal.Foundation.Paging;
using Portal.Projects;

namespace Portal.Tests.Benchmarks.Api;

/// <summary>The first page and the 10 000th of each order of the biggest tenant's tasks, in turns, so that nothing but the depth
/// differs.</summary>
public static class DeepPages
{
    private const double Goal = 1.2;
    private const int Turns = 600;
    private const int WarmUp = 60;
    private const int RowsBefore = 499_949;

    // The order, its cursor's key, and how the list is ordered.
    private static readonly (string Order, string Key, string By)[] Orders =
    [
        (TaskListQuery.Newest, "(extract(epoch from created_at) * 1000000)::bigint::text", "created_at desc, id desc"),
        (TaskListQuery.ByDue, "due_key::text", "due_key, id"),
        (TaskListQuery.ByPriority, "priority_rank::text", "priority_rank desc, id desc"),
        (TaskListQuery.ByTitle, "title_key", "title_key, id"),
    ];

    public static async Task<IReadOnlyList<string>> CompareAsync(Scenarios scenarios, ApiData data, int port, string database)
    {
        var faults = new List<string>();
        await using var connection = new NpgsqlConnection(database);
        var tenant = data.Tenants[0];
        foreach (var (order, key, by) in Orders)
        {
            var (id, at) = await connection.QuerySingleAsync<(Guid, string)>($"""
                select id, {key} from portal.tasks where tenant_id = @tenant order by {by}
                offset least({RowsBefore}, (select count(*) from portal.tasks where tenant_id = @tenant) - 60) limit 1
                """, new { tenant });
            var cursor = scenarios.Portal.GetRequiredService<Cursors>().Write(new Position(at, id), tenant, $"tasks:{order}");
            var path = $"/api/tasks?limit=50&sort={order}";
            faults.AddRange(
                await InTurnsAsync(
                    order, [new("GET", path, data.Sessions[0]), new("GET", $"{path}&cursor={cursor}", data.Sessions[0])], port));
        }

        return faults;
    }

    private static async Task<IReadOnlyList<string>> InTurnsAsync(string order, Ask[] asks, int port)
    {
        List<double>[] times = [[], []];
        var turn = 0;
        await using var worker = await HttpWorker.OpenAsync(port, () => asks[turn % 2]);
        for (; turn < Turns + WarmUp; turn++)
        {
            var start = Stopwatch.GetTimestamp();
            if (await worker.OnceAsync() is { } fault)
            {
                return [fault];
            }

            if (turn >= WarmUp)
            {
                times[turn % 2].Add(Stopwatch.GetElapsedTime(start).TotalMilliseconds);
            }
        }

        var (first, deep) = (Reached.At([.. times[0].Order()], 0.5), Reached.At([.. times[1].Order()], 0.5));
        var ratio = Math.Round(deep / first, 3);
        BenchmarkLine.Print(
            "page-10000", new() { ["order"] = order, ["first_p50_ms"] = first, ["p50_ms"] = deep, ["ratio"] = ratio, ["limit"] = Goal });
        return ratio <= Goal ? [] : [$"The 10 000th page by {order} costs {ratio} times the first."];
    }
}
