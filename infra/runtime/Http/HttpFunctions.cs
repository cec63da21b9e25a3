using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.Abstractions;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.Routing.Constraints;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Portal.Runtime.Invocation;

namespace Portal.Runtime.Http;

/// <summary>
/// HTTP triggers. What a caller sees is what Azure shows: 404 with no body for a path or a method nobody listed (HEAD included), 401
/// without the key, 429 over the limits of host.json, a bare 500 for an exception and for a run that takes too long.
/// </summary>
internal sealed partial class HttpFunctions(
    FunctionIndex index,
    InvocationRunner runner,
    FunctionKeys keys,
    RequestLimit limit,
    TimeProvider clock,
    ILoggerFactory loggers,
    CancellationToken stopping)
{
    /// <summary>The host's own kind of routing: one route after the other, in the order of names, until one matches.</summary>
    public IRouter Routes(IInlineConstraintResolver constraints)
    {
        var routes = new RouteCollection();
        foreach (var function in index.Of(TriggerKind.Http))
        {
            var face = function.Http!;
            var methods = new RouteValueDictionary();
            if (!face.Methods.IsEmpty)
            {
                methods["httpMethod"] = new HttpMethodRouteConstraint([.. face.Methods]);
            }

            var answer = new RouteHandler(http => AnswerAsync(http, function));
            routes.Add(new Route(answer, function.Name, face.Template, null, methods!, null, constraints));
        }

        return routes;
    }

    private async Task AnswerAsync(HttpContext http, FunctionEntry function)
    {
        if (!keys.AllowsFunction(http, function.Http!.Level))
        {
            http.Response.StatusCode = StatusCodes.Status401Unauthorized;
            Log.NoKey(function.Logger(loggers), http.Request.Method, function.Http.Template);
            return;
        }

        if (!await limit.TryEnterAsync(http.RequestAborted))
        {
            http.Response.StatusCode = StatusCodes.Status429TooManyRequests;
            Log.TooMany(function.Logger(loggers), http.Request.Method, function.Http.Template);
            return;
        }

        try
        {
            await RunAsync(http, function);
        }
        finally
        {
            limit.Leave();
        }
    }

    private async Task RunAsync(HttpContext http, FunctionEntry function)
    {
        var began = clock.GetTimestamp();
        using var trace = Tracing.Continue(http.Request.Headers);
        await using var scope = runner.CreateScope();
        using var cancelled = CancellationTokenSource.CreateLinkedTokenSource(http.RequestAborted, stopping);
        var invocation = new InvocationContext(function, scope.ServiceProvider, cancelled.Token) { Http = http };
        invocation.Items[InvocationContext.HttpContextKey] = http;
        http.RequestServices = scope.ServiceProvider;

        var logger = function.Logger(loggers);
        using var ids = runner.BeginLogScope(invocation);
        try
        {
            await runner.RunAsync(invocation, cancelled, () => ExecuteResultAsync(http, invocation.Result, logger));
        }
        catch (OperationCanceledException) when (http.RequestAborted.IsCancellationRequested)
        {
            Log.CallerLeft(logger, http.Request.Method, function.Http!.Template);
            return;
        }
        catch (BadHttpRequestException refused) when (!http.Response.HasStarted)
        {
            // A body that is too long, too slow or not what the function declared.
            Clear(http, refused.StatusCode);
            Log.Refused(logger, refused.Message);
        }
        catch (Exception failure)
        {
            Log.Failed(logger, function.Name, invocation.InvocationId, failure);
            if (http.Response.HasStarted)
            {
                http.Abort();
                return;
            }

            Clear(http, StatusCodes.Status500InternalServerError);
            if (failure is FunctionTimeoutException)
            {
                // The function may still hold on to this request; another one must not get its place.
                http.Response.Headers.Connection = "close";
            }
        }

        // The template, not the path: paths carry share tokens.
        Log.Answered(
            logger, http.Request.Method, function.Http!.Template, http.Response.StatusCode, clock.GetElapsedTime(began).TotalMilliseconds);
    }

    private static void Clear(HttpContext http, int status)
    {
        http.Response.Clear();
        http.Response.StatusCode = status;
    }

    private static async Task ExecuteResultAsync(HttpContext http, object? result, ILogger logger)
    {
        switch (result)
        {
            // The function (or middleware) wrote the response itself, or leaves an empty 200.
            case null:
                break;
            case var _ when http.Response.HasStarted:
                Log.AlreadyWritten(logger, result.GetType().Name);
                break;
            case IActionResult action:
                await action.ExecuteResultAsync(new ActionContext(http, http.GetRouteData(), new ActionDescriptor()));
                break;
            case IResult outcome:
                await outcome.ExecuteAsync(http);
                break;
            case string text:
                http.Response.ContentType ??= "text/plain; charset=utf-8";
                await http.Response.WriteAsync(text, http.RequestAborted);
                break;
            default:
                var json = http.RequestServices.GetRequiredService<IOptions<JsonOptions>>().Value.JsonSerializerOptions;
                await http.Response.WriteAsJsonAsync(result, result.GetType(), json, http.RequestAborted);
                break;
        }
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Information, "{Method} {Route} -> {Status} in {Milliseconds:0.0} ms")]
        public static partial void Answered(ILogger logger, string method, string route, int status, double milliseconds);

        [LoggerMessage(LogLevel.Error, "Function {FunctionName} failed, invocation {Invocation}")]
        public static partial void Failed(ILogger logger, string functionName, string invocation, Exception failure);

        [LoggerMessage(LogLevel.Information, "Refused: {Reason}")]
        public static partial void Refused(ILogger logger, string reason);

        [LoggerMessage(LogLevel.Information, "{Method} {Route}: the caller left before the answer")]
        public static partial void CallerLeft(ILogger logger, string method, string route);

        [LoggerMessage(LogLevel.Information, "{Method} {Route}: no key that opens it, answered 401")]
        public static partial void NoKey(ILogger logger, string method, string route);

        [LoggerMessage(LogLevel.Warning, "{Method} {Route}: too many requests under way, answered 429")]
        public static partial void TooMany(ILogger logger, string method, string route);

        [LoggerMessage(LogLevel.Error, "A response was already written; the function's {Result} is dropped")]
        public static partial void AlreadyWritten(ILogger logger, string result);
    }
}
