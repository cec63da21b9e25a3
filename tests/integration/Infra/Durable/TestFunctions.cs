using System.Collections.Concurrent;
using Microsoft.DurableTask;
using Portal.Runtime.Durable;

namespace Portal.Tests.Integration.Infra.Durable;

/// <summary>Orchestrators and activities as delegates: the engine without HTTP, bindings and dependency injection.</summary>
public sealed class TestFunctions : IDurableFunctions
{
    private readonly ConcurrentDictionary<string, Func<TaskOrchestrationContext, Task<object?>>> orchestrators = new(
        StringComparer.OrdinalIgnoreCase);
    private readonly ConcurrentDictionary<string, Func<DurableActivityInvocation, CancellationToken, Task<object?>>> activities = new(
        StringComparer.OrdinalIgnoreCase);

    /// <summary>Names of activities in the order in which they ran.</summary>
    public ConcurrentQueue<string> Ran { get; } = new();

    public TestFunctions Orchestrator<T>(string name, Func<TaskOrchestrationContext, Task<T>> code)
    {
        orchestrators[name] = async context => await code(context);
        return this;
    }

    public TestFunctions Activity<TIn, TOut>(string name, Func<TIn, TOut> code) => ActivityAsync<TIn, TOut>(
        name, (input, _) => Task.FromResult(code(input)));

    public TestFunctions ActivityAsync<TIn, TOut>(string name, Func<TIn, CancellationToken, Task<TOut>> code)
    {
        activities[name] = async (invocation, ct) =>
        {
            Ran.Enqueue(name);
            return await code((TIn)DurableJson.Converter.Deserialize(invocation.SerializedInput, typeof(TIn))!, ct);
        };
        return this;
    }

    public TestFunctions Remove(string name)
    {
        orchestrators.TryRemove(name, out _);
        activities.TryRemove(name, out _);
        return this;
    }

    public bool HasOrchestrator(string name) => orchestrators.ContainsKey(name);

    public bool HasActivity(string name) => activities.ContainsKey(name);

    public Task<object?> RunOrchestratorAsync(TaskOrchestrationContext context) => orchestrators[context.Name](context);

    public Task<object?> RunActivityAsync(DurableActivityInvocation invocation, CancellationToken ct) =>
        activities[invocation.Name](invocation, ct);
}
