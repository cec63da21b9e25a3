using Microsoft.Extensions.Logging;

namespace Portal.Runtime.Durable;

/// <summary>How far an orchestrator has come.</summary>
internal abstract record RunOutcome
{
    public sealed record Waiting : RunOutcome;

    public sealed record Completed(string? Output) : RunOutcome;

    public sealed record Failed(Failure Failure) : RunOutcome;

    public sealed record ContinuedAsNew(ContinueAsNewRequest Request) : RunOutcome;
}

/// <summary>
/// One generation of one orchestration in memory: the running code and what it waits for. Events go in, decisions and an outcome come
/// out. It stays between steps, so history is read only after a restart, a take-over or when it had to make room.
/// </summary>
internal sealed class OrchestrationRun
{
    private readonly OrchestrationIdentity identity;
    private readonly IDurableFunctions functions;
    private readonly OrchestratorThread thread;
    private Task<object?>? code;

    public OrchestrationRun(OrchestrationIdentity identity, IDurableFunctions functions, ILoggerFactory loggers, Action onForeign)
    {
        this.identity = identity;
        this.functions = functions;
        thread = new(onForeign);
        Context = new(identity, thread, loggers);
    }

    public ReplayContext Context { get; }

    /// <summary>Nothing that arrives can change the outcome any more.</summary>
    public bool IsOver => code is { IsCompleted: true } || Context.Violation is not null || thread.ForeignPost;

    public void BeginStep(DateTime at) => Context.BeginStep(at);

    public void Deliver(HistoryEvent happened)
    {
        if (happened is ExecutionStarted)
        {
            Start();
        }
        else
        {
            thread.Run(() => Context.Deliver(happened));
        }
    }

    /// <summary>Goes through stored steps again; a difference is found in <see cref="Outcome"/>.</summary>
    public void Replay(IReadOnlyList<HistoryStep> history)
    {
        foreach (var step in history)
        {
            Context.BeginStep(step.At, step.Events.OfType<Decision>());
            var ends = step.Events.Any(happened => happened is ExecutionCompleted or ExecutionTerminated);
            foreach (var happened in step.Events.Where(happened => happened is not (Decision or ExecutionCompleted)))
            {
                if (code is { IsCompleted: true } || Context.Violation is not null)
                {
                    break;
                }

                Deliver(happened);
            }

            Context.EndReplayedStep(code is { IsCompleted: true });
            if (code is { IsCompleted: true } && !ends)
            {
                Context.Violate(step.Seq, "more steps to come", "the end of the orchestrator");
            }

            if (Context.Violation is not null)
            {
                return;
            }
        }
    }

    public RunOutcome Outcome()
    {
        if (code is { IsFaulted: true, Exception.InnerException: OrchestratorNotFoundException missing })
        {
            return new RunOutcome.Failed(Failure.From(missing));
        }

        if (Context.Violation is { } violation)
        {
            return Fail("Portal.Runtime.Durable.NonDeterministicOrchestration", violation);
        }

        if (thread.ForeignPost)
        {
            return Fail(typeof(InvalidOperationException).FullName!, NotDurable);
        }

        if (code is null)
        {
            return new RunOutcome.Waiting();
        }

        if (!code.IsCompleted)
        {
            return Context.CanBeWoken
            ? new RunOutcome.Waiting()
            : Fail(typeof(InvalidOperationException).FullName!, NotDurable);
        }

        if (code.IsFaulted)
        {
            return new RunOutcome.Failed(Failure.From(code.Exception!));
        }

        if (code.IsCanceled)
        {
            return Fail(typeof(TaskCanceledException).FullName!, "A task was canceled.");
        }

        if (Context.Continuation is { } request)
        {
            return new RunOutcome.ContinuedAsNew(request);
        }

        try
        {
            return new RunOutcome.Completed(DurableJson.Converter.Serialize(code.Result));
        }
        catch (Exception exception)
        {
            return new RunOutcome.Failed(Failure.From(exception));
        }
    }

    private string NotDurable =>
        $"Orchestrator '{identity.Name}' awaits something that is not durable. Multithreaded execution was detected, or nothing that its "
        + "TaskOrchestrationContext gave it can wake it: it may await only tasks of its context, and do I/O in activities.";

    private static RunOutcome.Failed Fail(string type, string message) => new(new Failure(type, message, null, null, NonRetriable: true));

    private void Start()
    {
        if (!functions.HasOrchestrator(identity.Name))
        {
            code = Task.FromException<object?>(new OrchestratorNotFoundException(identity.Name));
            return;
        }

        thread.Run(() =>
        {
            try
            {
                code = functions.RunOrchestratorAsync(Context);
            }
            catch (Exception exception)
            {
                code = Task.FromException<object?>(exception);
            }
        });

        if (code is { IsCompleted: false })
        {
            _ = code.ContinueWith(
                _ => { if (!thread.IsCurrent) { thread.ReportForeign(); } },
                CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        }
    }
}

/// <summary>Carries the error type that the real worker gives to an orchestrator it does not have.</summary>
internal sealed class OrchestratorNotFoundException(string name) : Exception($"No orchestrator task named '{name}' was found.");
