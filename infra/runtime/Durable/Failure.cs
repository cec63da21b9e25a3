using DurableTask.Core;
using Microsoft.DurableTask;
using CoreTaskFailedException = DurableTask.Core.Exceptions.TaskFailedException;

namespace Portal.Runtime.Durable;

/// <summary>Why a task or an instance failed, as stored. Inner failures are kept: on-call reads the last one first.</summary>
internal sealed record Failure(string Type, string Message, string? Stack, Failure? Inner, bool NonRetriable = false)
{
    public const string Terminated = "Portal.Runtime.Durable.OrchestrationTerminated";

    /// <summary>What a parent hears of a child that could not be created, because its id is taken by a running instance.</summary>
    public static HistoryEvent Refusal(int taskId, string childId) => new SubOrchestrationFailed(taskId, new(
        "DurableTask.Core.Exceptions.OrchestrationAlreadyExistsException",
        $"An orchestration with id '{childId}' already exists and is running.", null, null));

    public static Failure From(Exception exception) => exception switch
    {
        OrchestratorNotFoundException missing => new(RetryLoop.OrchestratorNotFound, missing.Message, null, null, NonRetriable: true),
        TaskFailedException failed => new(Name(failed), failed.Message, failed.StackTrace, From(failed.FailureDetails)),
        AggregateException { InnerExceptions.Count: 1 } aggregate => From(aggregate.InnerExceptions[0]),
        _ => new(Name(exception), exception.Message, exception.StackTrace, exception.InnerException is { } inner ? From(inner) : null),
    };

    public static Failure From(TaskFailureDetails details) =>
        new(details.ErrorType, details.ErrorMessage, details.StackTrace, details.InnerFailure is { } inner ? From(inner) : null);

    public TaskFailureDetails ToDetails() => new(Type, Message, Stack, Inner?.ToDetails(), null);

    /// <summary>What a retry policy wants to be asked about: DurableTask.Core's exception with its details set.</summary>
    public CoreTaskFailedException ToCoreException() => new(Message) { FailureDetails = ToCoreDetails() };

    private static string Name(Exception exception) => exception.GetType().ToString();

    private FailureDetails ToCoreDetails() => new(Type, Message, Stack, Inner?.ToCoreDetails(), NonRetriable);
}
