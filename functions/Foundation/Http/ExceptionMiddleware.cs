using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Microsoft.Azure.Functions.Worker.Middleware;
using Microsoft.Extensions.Logging;
using Portal.Foundation.Db;
using Portal.Foundation.Faults;

namespace Portal.Functions.Foundation.Http;

/// <summary>
/// What should not happen: logged once with everything, told to the caller as a problem without anything of the inside. A database
/// or sign-in service, or the engine of orchestrations, that is away is 503 and worth another attempt; the rest is a bug of ours, 500.
/// </summary>
public sealed partial class ExceptionMiddleware(ILogger<ExceptionMiddleware> logger) : IFunctionsWorkerMiddleware
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
        catch (BadHttpRequestException e) when (context.GetHttpContext() is { Response.HasStarted: false } http)
        {
            // A body longer than the server takes, cut off, or not what its headers say.
            Log.Malformed(logger, e.Message);
            var problem = e.StatusCode switch
            {
                StatusCodes.Status413PayloadTooLarge => RequestBody.TooLarge(RequestBody.MaxJson),
                StatusCodes.Status408RequestTimeout =>
                    new Problem(408, "too-slow", "The request took too long", "Its body did not arrive in time."),
                _ => Problem.Invalid([new("", "http", "The request is not valid HTTP.")]),
            };
            await problem.ExecuteAsync(http);
        }
        catch (Exception e) when (context.GetHttpContext() is { Response.HasStarted: false } http)
        {
            Log.Failed(logger, e);
            var problem = IsAway(e)
                ? new Problem(503, "unavailable", "Not available just now", "Please try again in a few seconds.", retryAfter: 5)
                : new Problem(500, "internal-error", "Something went wrong on our side", "It is logged under this requestId.");
            await problem.ExecuteAsync(http);
        }
    }

    /// <summary>What the app needs does not answer just now: the database, a vendor, Durable. Else it is a bug of ours.</summary>
    public static bool IsAway(Exception e) => PostgresFault.IsPassing(e) || e is HttpRequestException or TransientException;

    private static partial class Log
    {
        [LoggerMessage(Level = LogLevel.Error, Message = "Request failed")]
        public static partial void Failed(ILogger logger, Exception e);

        [LoggerMessage(Level = LogLevel.Information, Message = "Not valid HTTP: {Reason}")]
        public static partial void Malformed(ILogger logger, string reason);

        [LoggerMessage(Level = LogLevel.Debug, Message = "The client left before the answer")]
        public static partial void Left(ILogger logger);
    }
}
