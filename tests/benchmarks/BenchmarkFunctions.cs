using System.Collections.Concurrent;
using System.Diagnostics;
using Microsoft.DurableTask;
using Npgsql;
using Portal.Runtime.Durable;

namespace Portal.Tests.Benchmarks;

/// <summary>The orchestrators and activities of the benchmark. Activities commit on connections of their own, as the portal's
/// do.</summary>
public sealed class BenchmarkFunctions(NpgsqlDataSource rows) : IDurableFunctions
{
    private readonly ConcurrentDictionary<string, TaskCompletionSource<long>> expected = new(StringComparer.Ordinal);

    /// <summary>When the last activity of an instance ended.</summary>
    public static ConcurrentDictionary<string, long> Finished { get; set; } = new(StringComparer.Ordinal);

    public Task<long> Expect(string id) =>
        expected.GetOrAdd(id, _ => new(TaskCreationOptions.RunContinuationsAsynchronously)).Task;

    public bool HasOrchestrator(string name) => name is "Upload" or "Sequence" or "FanOut" or "Timers" or "Latency";

    public bool HasActivity(string name) => name is "Insert" or "Update" or "Nothing" or "Reached";

    public async Task<object?> RunOrchestratorAsync(TaskOrchestrationContext context)
    {
        var id = context.GetInput<string>()!;
        switch (context.Name.Name)
        {
            case "Upload":
                await context.CallActivityAsync<string>("Insert", id);
                await context.WaitForExternalEvent<Ready>("ready");
                return await context.CallActivityAsync<string>("Update", id);
            case "Sequence":
                for (var i = 0; i < 5; i++)
                {
                    await context.CallActivityAsync<string>("Nothing", id);
                }

                return id;
            case "FanOut":
                return (await Task.WhenAll(Enumerable.Range(0, 100).Select(_ => context.CallActivityAsync<string>("Nothing", id)))).Length;
            case "Timers":
                for (var i = 0; i < 3; i++)
                {
                    await context.CreateTimer(TimeSpan.FromMilliseconds(20), CancellationToken.None);
                }

                return id;
            default:
                return await context.CallActivityAsync<string>("Reached", id);
        }
    }

    public async Task<object?> RunActivityAsync(DurableActivityInvocation invocation, CancellationToken ct)
    {
        var id = (string)DurableJson.Converter.Deserialize(invocation.SerializedInput, typeof(string))!;
        switch (invocation.Name)
        {
            case "Insert":
                await ExecuteAsync(
                    "insert into uploads (id, state, note) values ($1, 'uploading', $2)", id, "an upload of a file with a name", ct);
                break;
            case "Update":
                await ExecuteAsync("update uploads set state = 'ready', note = $2 where id = $1", id, "ready to be played", ct);
                break;
            case "Reached" when expected.TryGetValue(id, out var reached):
                reached.TrySetResult(Stopwatch.GetTimestamp());
                break;
        }

        Finished[id] = Stopwatch.GetTimestamp();
        return id;
    }

    private async Task ExecuteAsync(string sql, string id, string note, CancellationToken ct)
    {
        await using var command = rows.CreateCommand(sql);
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = id });
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = note });
        await command.ExecuteNonQueryAsync(ct);
    }

    private sealed record Ready(string Asset);
}
