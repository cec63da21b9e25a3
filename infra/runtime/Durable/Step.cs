using Microsoft.DurableTask.Client;

namespace Portal.Runtime.Durable;

/// <summary>Everything one step of one instance changes. Written in one transaction, under the fence (owner, epoch, seq), or not at
/// all.</summary>
internal sealed record Step
{
    public required long Key { get; init; }

    public required string InstanceId { get; init; }

    public required long Owner { get; init; }

    public required int Epoch { get; init; }

    public required int Seq { get; init; }

    public required DateTime At { get; init; }

    public required string Events { get; init; }

    public required OrchestrationRuntimeStatus Status { get; init; }

    public int OpenTasks { get; init; }

    public DateTime? WakeAt { get; init; }

    public string? CustomStatus { get; init; }

    public string? Output { get; init; }

    public string? Failure { get; init; }

    /// <summary>ContinueAsNew: history goes, the next generation starts at step 0 with <see cref="Input"/>.</summary>
    public bool Fresh { get; init; }

    public string? Input { get; init; }

    /// <summary>Inbox rows that must still be there and are deleted.</summary>
    public IReadOnlyList<long> Consumed { get; init; } = [];

    public IReadOnlyList<NewInstance> Children { get; init; } = [];

    public IReadOnlyList<Outgoing> Outbox { get; init; } = [];

    /// <summary>Started by this process once the step is committed. Their row is history: a new owner finds them open there.</summary>
    public IReadOnlyList<TaskScheduled> Activities { get; init; } = [];

    public bool IsOver => Lanes.Of(Status) != Lanes.Active;
}

/// <summary>Where an instance stands for the indexes: finished well (most rows, in no index), everything else.</summary>
internal static class Lanes
{
    public const short Active = 0;
    public const short Completed = 1;
    public const short Bad = 2;

    public static short Of(OrchestrationRuntimeStatus status) => status switch
    {
        OrchestrationRuntimeStatus.Completed => Completed,
        OrchestrationRuntimeStatus.Failed or OrchestrationRuntimeStatus.Terminated => Bad,
        _ => Active,
    };
}

/// <summary>An instance to create: by a client, or by a step as a sub-orchestration.</summary>
internal sealed record NewInstance(string Id, string Name, string? Input, DateTime At)
{
    public Guid ExecutionId { get; } = Guid.NewGuid();

    public string? Version { get; init; }

    public string? Tags { get; init; }

    public DateTime? StartAt { get; init; }

    /// <summary>Bit per OrchestrationRuntimeStatus of a finished instance that is not to be replaced; a running one never is.</summary>
    public int RefuseMask { get; init; }

    public ParentLink? Parent { get; init; }
}

/// <summary>Whom a sub-orchestration answers. The generation keeps a late answer from reaching a parent that has continued as
/// new.</summary>
internal sealed record ParentLink(long Key, int TaskId, int Generation, string Id, string Name);

/// <summary>A message to an instance, by id (events) or by key (answers to a parent, events handed on by ContinueAsNew).</summary>
internal sealed record Outgoing(string? ToId, long? ToKey, int? Generation, long? MessageId, HistoryEvent Event)
{
    // Written by whoever makes the message, in parallel, rather than by the committer.
    public string Json { get; } = HistoryJson.Write(Event);
}

/// <summary>A message that has arrived. <c>MessageId</c> 0 means that it never had a row: an activity's result.</summary>
internal readonly record struct InstanceMessage(long MessageId, int? Generation, HistoryEvent Event);
