using DurableTask.Core.Exceptions;
using Microsoft.DurableTask;
using Microsoft.DurableTask.Client;
using Npgsql;
using Portal.Runtime.Durable;

namespace Portal.Tests.Soak.Engine;

/// <summary>
/// A bit of everything that orchestrations do. Each activity records its effect under instance, label and task id, so that a step done
/// twice shows as a second task and an activity run again (which is allowed) as a second run of the same task.
/// </summary>
public sealed class EngineWorkload(NpgsqlDataSource rows) : IDurableFunctions
{
    public const string Event = "Event";
    private const int FanOut = 20;
    private const int Rounds = 5;
    private const int Failures = 2;
    private const int Letters = 5;

    public const string Tables = """
        create schema soak;
        -- state 0: to be started, 1: started and waiting for its event, 2: nothing more to do from outside.
        create table soak.todo (id text primary key, kind text not null, state int not null default 0);
        create index todo_open on soak.todo (state) where state < 2;
        create table soak.effects (instance text, label text, task int, runs int not null default 1, primary key (instance, label, task));
        """;

    /// <summary>What a client may start.</summary>
    public static IReadOnlyList<string> Kinds { get; } = ["Sequence", "FanOut", "Timers", Event, "Family", "Again", "Retry", "Mail"];

    /// <summary>What the root instance must have returned.</summary>
    public static string Output(string kind) => kind switch
    {
        "Sequence" => "a,b,c",
        "FanOut" => string.Join(',', Enumerable.Range(0, FanOut)),
        "Timers" => "a,b,c",
        Event => "a,go,b",
        "Family" => "d2(d1(d0)),d2(d1(d0))",
        "Again" => $"round{Rounds}",
        "Retry" => "flaky,a",
        _ => string.Join(',', Enumerable.Range(0, Letters)),
    };

    /// <summary>Every instance that a root of that kind leaves behind, and for each label the number of tasks that did it.</summary>
    public static IReadOnlyDictionary<string, IReadOnlyDictionary<string, int>> Effects(string kind, string id)
    {
        var effects = new Dictionary<string, IReadOnlyDictionary<string, int>>();
        switch (kind)
        {
            case "Family":
                effects.Add(id, Once());
                foreach (var child in new[] { $"{id}-0", $"{id}-1" })
                {
                    effects.Add(child, Once("d2"));
                    effects.Add(child + "-k", Once("d1"));
                    effects.Add(child + "-k-k", Once("d0"));
                }

                break;
            case "Mail":
                effects.Add(id, Once([.. Enumerable.Range(0, Letters).Select(n => $"m{n}")]));
                effects.Add(id + "-box", Once("got"));
                break;
            case "FanOut": effects.Add(id, Once([.. Enumerable.Range(0, FanOut).Select(n => $"{n}")])); break;
            case "Again": effects.Add(id, Once([.. Enumerable.Range(0, Rounds + 1).Select(n => $"round{n}")])); break;
            case "Retry": effects.Add(id, new Dictionary<string, int> { ["flaky"] = Failures + 1, ["a"] = 1 }); break;
            case Event: effects.Add(id, Once("a", "b")); break;
            default: effects.Add(id, Once("a", "b", "c")); break;
        }

        return effects;

        static Dictionary<string, int> Once(params string[] labels) => labels.ToDictionary(label => label, _ => 1);
    }

    public bool HasOrchestrator(string name) => Kinds.Contains(name) || name is "Child" or "Box";

    public bool HasActivity(string name) => name == "Effect";

    public async Task<object?> RunOrchestratorAsync(TaskOrchestrationContext context) => context.Name.Name switch
    {
        "Sequence" => $"{await Effect(context, "a")},{await Effect(context, "b")},{await Effect(context, "c")}",
        "FanOut" => string.Join(',', await Task.WhenAll(Enumerable.Range(0, FanOut).Select(n => Effect(context, $"{n}")))),
        "Timers" => await TimersAsync(context),
        Event => $"{await Effect(context, "a")},{await context.WaitForExternalEvent<string>("Go")},{await Effect(context, "b")}",
        "Family" =>
            string.Join(
                ',', await Task.WhenAll(Child(context, $"{context.InstanceId}-0", 2), Child(context, $"{context.InstanceId}-1", 2))),
        "Child" => await ChildAsync(context),
        "Again" => await AgainAsync(context),
        "Retry" =>
            $"{await Effect(context, "flaky", new RetryPolicy(Failures + 2, TimeSpan.FromMilliseconds(30)))},{await Effect(context, "a")}",
        "Mail" => await MailAsync(context),
        _ => await BoxAsync(context),
    };

    public async Task<object?> RunActivityAsync(DurableActivityInvocation invocation, CancellationToken ct)
    {
        var label = (string)DurableJson.Converter.Deserialize(invocation.SerializedInput, typeof(string))!;
        await using var command = rows.CreateCommand(
            """
            with done as (
                insert into soak.effects (instance, label, task) values ($1, $2, $3)
                on conflict (instance, label, task) do update set runs = effects.runs + 1
            )
            select count(*) from soak.effects where instance = $1 and label = $2 and task < $3
            """);
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = invocation.InstanceId });
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = label });
        command.Parameters.Add(new NpgsqlParameter<int> { TypedValue = invocation.TaskId });
        long before;
        while (true)
        {
            try
            {
                before = (long)(await command.ExecuteScalarAsync(ct))!;
                break;
            }
            catch (NpgsqlException)
            {
                // The database's trouble is no reason for this workload to fail: its activities fail only where they are meant to.
                await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System, ct);
            }
        }

        // Long enough to be killed in the middle, now and then.
        if (Random.Shared.Next(4) == 0)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(Random.Shared.Next(60)), TimeProvider.System, ct);
        }

        return label == "flaky" && before < Failures ? throw new InvalidOperationException($"attempt {before + 1}") : label;
    }

    /// <summary>Starts one root, if nobody has.</summary>
    public static async Task StartAsync(DurableTaskClient client, string kind, string id, CancellationToken ct)
    {
        try
        {
            var options = new StartOrchestrationOptions(id).WithDedupeStatuses(
                OrchestrationRuntimeStatus.Completed, OrchestrationRuntimeStatus.Failed, OrchestrationRuntimeStatus.Terminated);
            await client.ScheduleNewOrchestrationInstanceAsync(kind, 0, options, ct);
        }
        catch (OrchestrationAlreadyExistsException)
        {
            // Someone who was killed before saying so has started it.
        }
    }

    private static async Task<string> Effect(TaskOrchestrationContext context, string label, RetryPolicy? retry = null) =>
        await context.CallActivityAsync<string>("Effect", label, retry is null ? null : TaskOptions.FromRetryPolicy(retry));

    private static Task<string> Child(TaskOrchestrationContext context, string id, int depth) =>
        context.CallSubOrchestratorAsync<string>("Child", depth, new SubOrchestrationOptions(instanceId: id));

    private static async Task<string> TimersAsync(TaskOrchestrationContext context)
    {
        await context.CreateTimer(TimeSpan.FromMilliseconds(50), CancellationToken.None);
        var a = await Effect(context, "a");
        using (var cancel = new CancellationTokenSource())
        {
            var late = context.CreateTimer(TimeSpan.FromHours(1), cancel.Token);
            await Task.WhenAny(late, context.CreateTimer(TimeSpan.FromMilliseconds(400), CancellationToken.None));
            // CancelAsync would come back on another thread.
#pragma warning disable CA1849
            cancel.Cancel();
#pragma warning restore CA1849
        }

        var b = await Effect(context, "b");
        await context.CreateTimer(context.CurrentUtcDateTime.AddDays(-1), CancellationToken.None);
        return $"{a},{b},{await Effect(context, "c")}";
    }

    private static async Task<string> ChildAsync(TaskOrchestrationContext context)
    {
        var depth = context.GetInput<int>();
        var label = await Effect(context, $"d{depth}");
        return depth == 0 ? label : $"{label}({await Child(context, context.InstanceId + "-k", depth - 1)})";
    }

    private static async Task<string> AgainAsync(TaskOrchestrationContext context)
    {
        var round = context.GetInput<int>();
        var label = await Effect(context, $"round{round}");
        if (round < Rounds)
        {
            context.ContinueAsNew(round + 1);
        }

        return label;
    }

    private static async Task<string> MailAsync(TaskOrchestrationContext context)
    {
        var box = context.InstanceId + "-box";
        var read = context.CallSubOrchestratorAsync<string>("Box", options: new SubOrchestrationOptions(instanceId: box));
        for (var n = 0; n < Letters; n++)
        {
            await Effect(context, $"m{n}");
            context.SendEvent(box, "Letter", n);
        }

        context.SendEvent(box, "Letter", -1);
        return await read;
    }

    private static async Task<string> BoxAsync(TaskOrchestrationContext context)
    {
        var letters = new List<int>();
        while (await context.WaitForExternalEvent<int>("Letter") is >= 0 and var letter)
        {
            letters.Add(letter);
        }

        await Effect(context, "got");
        return string.Join(',', letters);
    }
}
