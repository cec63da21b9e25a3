using System.Diagnostics;
using Microsoft.DurableTask;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Portal.Runtime.Durable;
using Portal.Runtime.Invocation;

namespace Portal.Runtime;

/// <summary>Runs orchestrators and activities for the durable engine, with the same middleware and binding as every other
/// function.</summary>
internal sealed partial class FunctionIndexDurable(
    FunctionIndex index, InvocationRunner runner, ILoggerFactory loggers) : IDurableFunctions
{
    private const string WorkerCategory = "Microsoft.Azure.Functions.Worker.FunctionsApplication";

    public bool HasOrchestrator(string name) => index.Find(name, TriggerKind.Orchestration) is not null;

    public bool HasActivity(string name) => index.Find(name, TriggerKind.Activity) is not null;

    /// <summary>
    /// Middleware that really waits before the function begins would let the orchestrator run later, off its scheduler; that run is
    /// given up, as the real worker does.
    /// </summary>
    public Task<object?> RunOrchestratorAsync(TaskOrchestrationContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        var function = index.Find(context.Name.Name, TriggerKind.Orchestration)
            ?? throw new InvalidOperationException($"There is no orchestrator '{context.Name.Name}'.");
        var scope = runner.CreateScope();
        var invocation = new InvocationContext(function, scope.ServiceProvider, CancellationToken.None) { Orchestration = context };
        var run = RunToEndAsync(invocation, scope);
        if (run.IsCompleted || invocation.Entered)
        {
            return run;
        }

        invocation.Abandoned = true;
        Log.GivenUp(function.Logger(loggers), function.Name, context.InstanceId);
        return Task.FromException<object?>(new InvalidOperationException(
            $"An invalid asynchronous invocation was detected in orchestrator '{function.Name}': middleware awaited something that was "
                + "not complete " +
            "before the function began. Exclude orchestrationTrigger functions with UseWhen, or complete synchronously."));
    }

    public async Task<object?> RunActivityAsync(DurableActivityInvocation invocation, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(invocation);
        var function = index.Find(invocation.Name, TriggerKind.Activity)
            ?? throw new InvalidOperationException($"There is no activity '{invocation.Name}'.");
        using var activity = Tracing.Begin("activity");
        await using var scope = runner.CreateScope();
        using var cancelled = CancellationTokenSource.CreateLinkedTokenSource(ct);
        var context = new InvocationContext(function, scope.ServiceProvider, cancelled.Token)
        {
            ActivityContext = new Invocation.ActivityContext(invocation),
            ActivityInput = invocation.SerializedInput,
        };
        using var ids = runner.BeginLogScope(context);
        var logger = function.Logger(loggers);
        var began = Stopwatch.GetTimestamp();
        try
        {
            await runner.RunAsync(context, cancelled);
        }
        catch (Exception failure) when (!ct.IsCancellationRequested)
        {
            // As the worker does: an error, though the orchestrator decides whether to retry and whether it matters. An app may turn the
            // category off and say it better.
            Log.Failed(loggers.CreateLogger(WorkerCategory), function.Name, context.InvocationId, failure);
            throw;
        }

        Log.Ran(logger, function.Name, Stopwatch.GetElapsedTime(began).TotalMilliseconds);
        return context.Result;
    }

    private async Task<object?> RunToEndAsync(InvocationContext invocation, AsyncServiceScope scope)
    {
        try
        {
            using var ids = runner.BeginLogScope(invocation);
            await runner.RunAsync(invocation);
            return invocation.Result;
        }
        finally
        {
            // Not awaited: what an orchestrator awaits must come from its context. An instance dropped between two steps never gets here
            // and leaves its scope to the collector; orchestrators hold nothing that needs more.
            _ = DisposeAsync(scope, invocation.Function.Logger(loggers));
        }
    }

    private static async Task DisposeAsync(AsyncServiceScope scope, ILogger logger)
    {
        try
        {
            await scope.DisposeAsync();
        }
        catch (Exception failure)
        {
            Log.DisposalFailed(logger, failure);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Debug, "Activity {Activity} ran in {Milliseconds:0.0} ms")]
        public static partial void Ran(ILogger logger, string activity, double milliseconds);

        [LoggerMessage(2, LogLevel.Error,
            "Function '{FunctionName}', Invocation id '{InvocationId}': An exception was thrown by the invocation.",
            EventName = "InvocationError")]
        public static partial void Failed(ILogger logger, string functionName, string invocationId, Exception failure);

        [LoggerMessage(
            LogLevel.Error,
            "Orchestrator {Orchestrator} ({InstanceId}): middleware waited before the function began; the run is given up")]
        public static partial void GivenUp(ILogger logger, string orchestrator, string instanceId);

        [LoggerMessage(LogLevel.Warning, "Something an orchestrator used could not be disposed")]
        public static partial void DisposalFailed(ILogger logger, Exception failure);
    }
}
