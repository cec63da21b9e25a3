using Microsoft.DurableTask;

namespace Portal.Runtime.Durable;

/// <summary>
/// What the engine needs to know of the app: which functions exist and how to run one. Implemented by the host over its function index;
/// the engine itself knows nothing of HTTP, dependency injection or bindings.
/// </summary>
public interface IDurableFunctions
{
    bool HasOrchestrator(string name);

    bool HasActivity(string name);

    /// <summary>
    /// Runs the orchestrator's code on the calling thread until it first waits. Anything awaited on the way (middleware too) that does
    /// not come from <paramref name="context"/> breaks determinism, and the engine fails the instance saying so.
    /// </summary>
    Task<object?> RunOrchestratorAsync(TaskOrchestrationContext context);

    /// <summary>Runs one activity. At least once: it may run again after a crash, with the same invocation.</summary>
    /// <param name="invocation">Name, instance, task id and input as stored.</param>
    /// <param name="ct">Cancelled when the engine is stopped and its drain limit is over.</param>
    Task<object?> RunActivityAsync(DurableActivityInvocation invocation, CancellationToken ct);
}

/// <summary>One activity to run. (<c>InstanceId</c>, <c>TaskId</c>) is the same when it is run again after a crash; each retry has an own
/// task id.</summary>
public sealed record DurableActivityInvocation(string Name, string InstanceId, int TaskId, string? SerializedInput);
