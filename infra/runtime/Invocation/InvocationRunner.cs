using System.Diagnostics;
using Microsoft.Azure.Functions.Worker;
using Microsoft.Azure.Functions.Worker.Middleware;
using Microsoft.DurableTask.Client;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Portal.Runtime.Durable;

namespace Portal.Runtime.Invocation;

/// <summary>
/// Runs one invocation: app middleware in order, inside it the function with its parameters bound. Everything awaited here stays on the
/// caller's scheduler, because orchestrators run through it as well.
/// </summary>
internal sealed partial class InvocationRunner
{
    private readonly FunctionExecutionDelegate pipeline;
    private readonly IServiceProvider services;
    private readonly ILoggerFactory loggers;
    private readonly TimeSpan? timeout;
    private readonly TimeProvider clock;

    /// <param name="timeout">The host's <c>functionTimeout</c>; null for none.</param>
    public InvocationRunner(
        IServiceProvider services, WorkerApplication app, ILoggerFactory loggers, TimeSpan? timeout, TimeProvider clock)
    {
        this.services = services;
        this.loggers = loggers;
        this.timeout = timeout;
        this.clock = clock;
        pipeline = app.Build(ExecuteAsync);
    }

    /// <summary>Set once the engine is there, which needs the runner first.</summary>
    public DurableEngine? Engine { get; set; }

    /// <exception cref="InvalidOperationException">Asked for before the host has started.</exception>
    public DurableTaskClient DurableClient =>
        Engine?.Client ?? throw new InvalidOperationException("The durable engine has not been created yet.");

    public AsyncServiceScope CreateScope() => services.CreateAsyncScope();

    /// <summary>The ids that every line logged inside the invocation carries.</summary>
    public IDisposable? BeginLogScope(InvocationContext invocation) =>
        invocation.Function.Logger(loggers).BeginScope(new InvocationScope(invocation));

    public Task RunAsync(InvocationContext invocation) => pipeline(invocation);

    /// <summary>
    /// Runs within the host's <c>functionTimeout</c>. When that is over the run's token is cancelled and the run has failed, whatever the
    /// function makes of it. On Azure the worker process is then started anew; here a function that goes on is left to itself.
    /// </summary>
    /// <param name="cancelled">Whose token the invocation has.</param>
    /// <param name="finish">Belongs to the run too: what is done with the function's result.</param>
    /// <exception cref="FunctionTimeoutException">It took too long.</exception>
    public async Task RunAsync(InvocationContext invocation, CancellationTokenSource cancelled, Func<Task>? finish = null)
    {
        if (timeout is not { } limit)
        {
            await RunAsync(invocation, finish);
            return;
        }

        using var over = new CancellationTokenSource(limit, clock);
        var run = RunAsync(invocation, finish);
        try
        {
            await run.WaitAsync(over.Token);
        }
        catch (OperationCanceledException) when (over.IsCancellationRequested && !run.IsCompleted)
        {
            Log.TooLong(invocation.Function.Logger(loggers), limit, invocation.Function.Name, invocation.InvocationId);
            await cancelled.CancelAsync();
            throw new FunctionTimeoutException($"Timeout value of {limit} was exceeded by function: {invocation.Function.Name}");
        }
    }

    private async Task RunAsync(InvocationContext invocation, Func<Task>? finish)
    {
        await pipeline(invocation);
        if (finish is not null)
        {
            await finish();
        }
    }

    // Middleware may hand on a context of its own making; the invocation is found through its features.
    private async Task ExecuteAsync(FunctionContext context)
    {
        var invocation = context.Features.Get<InvocationContext>()
            ?? throw new InvalidOperationException("Middleware passed on a FunctionContext whose Features are not those it was given.");
        if (invocation.Abandoned)
        {
            throw new OperationCanceledException("This run was given up before the function began.");
        }

        invocation.Entered = true;
        var function = invocation.Function;
        var arguments = function.Parameters.Length == 0 ? [] : new object?[function.Parameters.Length];
        for (var index = 0; index < arguments.Length; index++)
        {
            arguments[index] = await function.Parameters[index].Bind(invocation, this);
        }

        invocation.Result = await function.InvokeAsync(context.InstanceServices, arguments);
    }

    private sealed class InvocationScope(InvocationContext invocation) : IReadOnlyList<KeyValuePair<string, object?>>
    {
        private readonly string? traceId = Activity.Current?.TraceId.ToHexString();

        public int Count => 4;

        public KeyValuePair<string, object?> this[int index] => index switch
        {
            0 => new("Function", invocation.Function.Name),
            1 => new("InvocationId", invocation.InvocationId),
            2 => new("TraceId", traceId),
            3 => new("InstanceId", invocation.Orchestration?.InstanceId ?? invocation.ActivityContext?.InstanceId),
            _ => throw new ArgumentOutOfRangeException(nameof(index)),
        };

        public IEnumerator<KeyValuePair<string, object?>> GetEnumerator()
        {
            for (var index = 0; index < Count; index++)
            {
                yield return this[index];
            }
        }

        System.Collections.IEnumerator System.Collections.IEnumerable.GetEnumerator() => GetEnumerator();

        public override string ToString() => $"Function={invocation.Function.Name} InvocationId={invocation.InvocationId}";
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Error,
            "Timeout value of {Timeout} exceeded by function '{FunctionName}' (Id: '{Invocation}'). Initiating cancellation.")]
        public static partial void TooLong(ILogger logger, TimeSpan timeout, string functionName, string invocation);
    }
}
