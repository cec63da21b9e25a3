using Microsoft.Azure.Functions.Worker;
using Microsoft.Azure.Functions.Worker.Middleware;
using Microsoft.Extensions.Logging;
using Portal.Db;

namespace Portal.Functions.Http;

/// <summary>
/// What should not happen: logged once with everything, told to the caller as a problem without anything of the inside. A database
/// or sign-in service that is away is 503 and worth another try; the rest is a bug of ours, 500.
/// </summary>
public sealed partial class LastResortMiddleware(ILogger<LastResortMiddleware> logger) : IFunctionsWorkerMiddleware
{
    public async Task Invoke(FunctionContext context, FunctionExecutionDelegate next)
    {
        try
        {
            await next(context);
        }
        catch (OperationCanceledException) when (context.GetHttpContext() is { RequestAborted.IsCancellationRequested: true })
        {
            Log.Left(logger);
        }
        catch (Exception e) when (context.GetHttpContext() is { Response.HasStarted: false } http)
        {
            Log.Failed(logger, e);
            var passing = PostgresFault.IsPassing(e) || e is HttpRequestException;
            var problem = passing
                ? new Problem(503, "unavailable", "Not available just now", "Please try again in a few seconds.", retryAfter: 5)
                : new Problem(500, "internal-error", "Something went wrong on our side", "It is logged under this requestId.");
            await problem.ExecuteAsync(http);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(Level = LogLevel.Error, Message = "Request failed")]
        public static partial void Failed(ILogger logger, Exception e);

        [LoggerMessage(Level = LogLevel.Debug, Message = "The client left before the answer")]
        public static partial void Left(ILogger logger);
    }
}
