using System.Security.Cryptography;
using System.Text;
using Microsoft.DurableTask;
using Microsoft.Extensions.Logging;

namespace Portal.Runtime.Durable;

/// <summary>What an orchestration is, fixed for one generation of it.</summary>
internal sealed record OrchestrationIdentity(
    string Id, string Name, string Version, string? Input, int Generation, ParentOrchestrationInstance? Parent);

/// <summary>
/// The orchestrator's view of the world. Code asks for things (decisions) and gets tasks that events complete. While a stored step is
/// replayed, each decision must equal the next one recorded for that step; what history says of it holds (the fire time of a timer, the id
/// of a sub-orchestration). Otherwise decisions are collected for the step being taken. Members are called on the instance's thread only.
/// </summary>
internal sealed partial class ReplayContext : TaskOrchestrationContext
{
    private readonly OrchestrationIdentity identity;
    private readonly OrchestratorThread thread;
    private readonly ILoggerFactory loggers;
    private readonly SortedDictionary<int, PendingTask> pending = [];
    private readonly HashSet<int> answered = [];
    private readonly Queue<Decision> recorded = new();
    private int nextId;
    private int guids;
    private bool replaying;
    private DateTime now;

    public ReplayContext(OrchestrationIdentity identity, OrchestratorThread thread, ILoggerFactory loggers)
    {
        this.identity = identity;
        this.thread = thread;
        this.loggers = loggers;
    }

    public override TaskName Name => identity.Name;

    public override string InstanceId => identity.Id;

    public override string Version => identity.Version;

    public override ParentOrchestrationInstance? Parent => identity.Parent;

    public override DateTime CurrentUtcDateTime => now;

    public override bool IsReplaying => replaying;

    protected override ILoggerFactory LoggerFactory => loggers;

    // What the instance reads after it has delivered events.

    /// <summary>Decisions made since <see cref="BeginStep"/>; empty while replaying.</summary>
    public List<Decision> Decisions { get; private set; } = [];

    public string? CustomStatus { get; private set; }

    public ContinueAsNewRequest? Continuation { get; private set; }

    /// <summary>The first difference between history and code, in words; the instance fails with it.</summary>
    public string? Violation { get; private set; }

    /// <summary>Something durable can still wake the orchestrator.</summary>
    public bool CanBeWoken => pending.Count > 0 || waiters.Count > 0 || suspended;

    public int OpenActivities => OpenTasks().Count();

    /// <summary>Activities that somebody must run, in the order in which they were asked for.</summary>
    public IEnumerable<TaskScheduled> OpenTasks() =>
        pending.Values.Select(task => task.Decision).OfType<TaskScheduled>().Where(task => !answered.Contains(task.Id));

    public void BeginStep(DateTime at, IEnumerable<Decision>? replayed = null)
    {
        now = at;
        replaying = replayed is not null;
        Decisions = [];
        foreach (var decision in replayed ?? [])
        {
            recorded.Enqueue(decision);
        }
    }

    /// <summary>After a replayed step: everything recorded must have been asked for again.</summary>
    public void EndReplayedStep(bool orchestratorReturned)
    {
        if (recorded.TryPeek(out var missing))
        {
            Violate(missing.Id, missing.Describe(), orchestratorReturned ? "the end of the orchestrator" : "nothing");
        }
    }

    public void Violate(int step, string expected, string found) =>
        Violation ??= $"Orchestrator '{identity.Name}' is not deterministic: at step #{step} its history has {expected}, but the code "
            + $"came to {found}. "
            + "Its code may have changed while it was running, or it uses time, random values or other outside state.";

    // Nothing is the type's default, also of numbers, which the converter alone does not make of it.
    public override T? GetInput<T>()
        where T : default => identity.Input is null ? default : DurableJson.Converter.Deserialize<T>(identity.Input);

    public override void SetCustomStatus(object? customStatus)
    {
        CheckThread();
        CustomStatus = DurableJson.Converter.Serialize(customStatus);
    }

    public override void ContinueAsNew(object? newInput = null, bool preserveUnprocessedEvents = true)
    {
        CheckThread();
        Continuation = new(DurableJson.Converter.Serialize(newInput), preserveUnprocessedEvents);
    }

    /// <summary>From the instance, its generation, the step's time and a count: the same in every replay, different everywhere
    /// else.</summary>
    public override Guid NewGuid()
    {
        CheckThread();
        var hash = SHA256.HashData(Encoding.UTF8.GetBytes($"{identity.Id}_{identity.Generation}_{now:O}_{guids++}")).AsSpan(0, 16);
        hash[6] = (byte)((hash[6] & 0x0F) | 0x80);
        hash[8] = (byte)((hash[8] & 0x3F) | 0x80);
        return new Guid(hash, bigEndian: true);
    }

    /// <summary>Records a decision, or, while replaying, checks it against the recorded one and returns that.</summary>
    private TDecision Decide<TDecision>(Func<int, TDecision> make)
        where TDecision : Decision
    {
        CheckThread();
        var decision = make(nextId++);
        if (!replaying)
        {
            Decisions.Add(decision);
            return decision;
        }

        if (!recorded.TryDequeue(out var expected))
        {
            Violate(decision.Id, "nothing more", decision.Describe());
        }
        else if (expected is TDecision same && expected.Id == decision.Id && expected.Matches(decision))
        {
            return same;
        }
        else
        {
            Violate(decision.Id, expected.Describe(), decision.Describe());
        }

        throw new InvalidOperationException(Violation);
    }

    private void CheckThread()
    {
        if (!thread.IsCurrent)
        {
            throw new InvalidOperationException(
                "Multithreaded execution was detected: the orchestrator awaited a task that did not come from its "
                    + "TaskOrchestrationContext.");
        }
    }
}

/// <summary>What ContinueAsNew was called with.</summary>
internal sealed record ContinueAsNewRequest(string? Input, bool PreserveUnprocessedEvents);
