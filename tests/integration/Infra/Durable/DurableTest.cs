using Dapper;
using Microsoft.DurableTask;
using Microsoft.DurableTask.Client;
using Microsoft.Extensions.Logging;
using Npgsql;
using Portal.Runtime.Durable;
using Portal.Tests.Support;

namespace Portal.Tests.Integration.Infra.Durable;

/// <summary>A test with a database of its own, a clock that stands still, and one engine unless it starts more.</summary>
public abstract class DurableTest : IAsyncLifetime
{
    protected static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);

    private readonly List<DurableEngine> engines = [];
    private TestDatabase? database;

    protected TestClock Clock { get; } = new();

    protected TestFunctions Functions { get; } = new();

    protected string Database => database!.Admin;

    /// <summary>The first engine, started by the first use.</summary>
    protected DurableEngine Engine => engines[0];

    protected DurableTaskClient Client => Engine.Client;

    public virtual async Task InitializeAsync()
    {
        database = await PostgresFixture.CloneAsync();
        Functions.Activity<string, string>("Echo", input => input);
        Functions.Activity<string, string>("Fail", input => throw new InvalidOperationException(input));
        await StartEngineAsync();
    }

    public virtual async Task DisposeAsync()
    {
        foreach (var engine in engines)
        {
            await engine.DisposeAsync();
        }

        await database!.DisposeAsync();
    }

    internal async Task<DurableEngine> StartEngineAsync(
        Func<DurableFaultContext, Task>? faults = null, TestFunctions? functions = null, int quarantineAfter = 5, int maxLive = 10_000,
        bool start = true,
        TimeSpan? pollInterval = null, TimeSpan? lease = null, TimeSpan? drain = null, ILoggerFactory? loggers = null)
    {
        var engine = await DurableEngine.CreateAsync(
            new()
            {
                ConnectionString = Database,

                // Those that come beside it, or after its death, are other processes.
                Connections = engines.Count == 0 ? database!.Engine : null,
                Clock = Clock,
                PollInterval = pollInterval ?? TimeSpan.FromSeconds(1),
                LeaseDuration = lease ?? TimeSpan.FromMinutes(5),
                DrainLimit = drain ?? TimeSpan.FromSeconds(5),
                QuarantineAfterCrashes = quarantineAfter,
                MaxLiveInstances = maxLive,
                Faults = faults is null ? null : new() { OnPoint = faults },
            },
            functions ?? Functions,
            loggers ?? TestLoggers.Factory);
        engines.Add(engine);
        if (start)
        {
            await engine.StartAsync();
        }

        return engine;
    }

    /// <summary>The engine dies; another takes over at once.</summary>
    internal async Task<DurableEngine> ReplaceAsync(DurableEngine dead, TestFunctions? functions = null, int quarantineAfter = 5)
    {
        var worker = dead.Worker;
        dead.Abandon();
        await ExpireAsync(worker);
        var next = await StartEngineAsync(functions: functions, quarantineAfter: quarantineAfter);
        engines.Remove(next);
        engines.Insert(0, next);
        return next;
    }

    /// <summary>Lets a worker's lease run out, as if it had not renewed it for long.</summary>
    internal Task ExpireAsync(long worker) =>
        ExecuteAsync($"update durable.workers set lease_until = '-infinity' where id = {worker}");

    protected async Task<OrchestrationMetadata> RunAsync<T>(
        Func<TaskOrchestrationContext, Task<T>> code, object? input = null, string? id = null)
    {
        id = await StartAsync(code, input, id);
        return await CompletedAsync(id);
    }

    protected Task<string> StartAsync<T>(Func<TaskOrchestrationContext, Task<T>> code, object? input = null, string? id = null)
    {
        Functions.Orchestrator("Main", code);
        return Client.ScheduleNewOrchestrationInstanceAsync("Main", input, new StartOrchestrationOptions(id));
    }

    protected async Task<OrchestrationMetadata> CompletedAsync(string id)
    {
        using var limit = new CancellationTokenSource(Limit, TimeProvider.System);
        try
        {
            return await Client.WaitForInstanceCompletionAsync(id, getInputsAndOutputs: true, limit.Token);
        }
        catch (OperationCanceledException)
        {
            throw new TimeoutException(
                $"Instance {id} did not end: {await ReadAsync(id)}, history {string.Join(" | ", await HistoryAsync(id))}");
        }
    }

    protected async Task<OrchestrationMetadata> ReadAsync(string id) =>
        await Client.GetInstanceAsync(id, getInputsAndOutputs: true) ?? throw new InvalidOperationException($"No instance {id}");

    protected Task IdleAsync() => Engine.WhenIdleAsync(Limit);

    /// <summary>Type names of the events of an instance, in order.</summary>
    protected async Task<List<string>> HistoryAsync(string id)
    {
        var view = await Engine.Operations.Query.FindAsync(id, CancellationToken.None);
        var steps = await Engine.Operations.Query.HistoryAsync(view!.Key, CancellationToken.None);
        return [.. steps.SelectMany(step => step.Events).Select(happened => happened.GetType().Name)];
    }

    protected async Task ExecuteAsync(string sql)
    {
        await using var connection = new NpgsqlConnection(Database);
        await connection.ExecuteAsync(sql);
    }

    protected async Task<T> QueryAsync<T>(string sql)
    {
        await using var connection = new NpgsqlConnection(Database);
        return await connection.QuerySingleAsync<T>(sql);
    }
}

/// <summary>Logs of the engine, shown when PORTAL_TEST_LOG is set.</summary>
internal static class TestLoggers
{
    public static ILoggerFactory Factory { get; } = LoggerFactory.Create(logging =>
    {
        logging.SetMinimumLevel(LogLevel.Information);
        if (Environment.GetEnvironmentVariable("PORTAL_TEST_LOG") is not null)
        {
            logging.AddSimpleConsole(console => console.SingleLine = true);
        }
    });
}
