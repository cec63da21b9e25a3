using Microsoft.Azure.Functions.Worker;
using Microsoft.Azure.Functions.Worker.Middleware;
using Microsoft.Extensions.Logging;
using Portal.Foundation.Faults;

namespace Portal.Functions;

/// <summary>
/// One line for each run that fails, at the level at which on-call should hear of it. The worker has a line of its own, always an error,
/// also for an activity that is tried again in 30 seconds; <see cref="PortalApp"/> turns that off. Of requests only those get here whose
/// answer had begun, and of orchestrations those that end by it.
/// </summary>
public sealed partial class FailedRunMiddleware(ILogger<FailedRunMiddleware> logger) : IFunctionsWorkerMiddleware
{
    /// <summary>Where the worker says of a run that it failed, and nothing else above trace.</summary>
    public const string WorkerCategory = "Microsoft.Azure.Functions.Worker.FunctionsApplication";

    public async Task Invoke(FunctionContext context, FunctionExecutionDelegate next)
    {
        try
        {
            await next(context);
        }
        catch (Exception e)
        {
            var (function, run) = (context.FunctionDefinition.Name, context.InvocationId);
            if (e is TransientException or PermanentException)
            {
                Log.Expected(logger, function, run, e.Message);
            }
            else if (e is OperationCanceledException && context.CancellationToken.IsCancellationRequested)
            {
                Log.CutShort(logger, function, run);
            }
            else
            {
                Log.Failed(logger, function, run, e);
            }

            throw;
        }
    }

    private static partial class Log
    {
        [LoggerMessage(Level = LogLevel.Warning, Message = "{FunctionName} failed, as it may (invocation {Invocation}): {Reason}")]
        public static partial void Expected(ILogger logger, string functionName, string invocation, string reason);

        [LoggerMessage(Level = LogLevel.Warning, Message = "{FunctionName} was cut short (invocation {Invocation})")]
        public static partial void CutShort(ILogger logger, string functionName, string invocation);

        [LoggerMessage(Level = LogLevel.Error, Message = "{FunctionName} failed (invocation {Invocation})")]
        public static partial void Failed(ILogger logger, string functionName, string invocation, Exception e);
    }
}
