using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Portal.Host.Rpc;
using Portal.Host.Worker;
using Yarp.ReverseProxy.Forwarder;

namespace Portal.Host.Http;

/// <summary>
/// HTTP triggers. The worker hears of a request twice at once: as an invocation over gRPC, and as the request itself, forwarded to its own
/// web server under the same invocation id. The answer is the forwarded request's; the invocation only tells whether the function failed.
/// </summary>
internal sealed partial class HttpFront(
    WorkerSupervisor workers, Invoker invoker, IHttpForwarder forwarder, ILogger<HttpFront> logger) : IDisposable
{
    public const string InvocationHeader = "x-ms-invocation-id";

    private static readonly TimeSpan WorkerLimit = TimeSpan.FromSeconds(30);
    private static readonly ForwarderRequestConfig Forwarding = new() { ActivityTimeout = TimeSpan.FromHours(2) };

    private readonly HttpMessageInvoker http = new(new SocketsHttpHandler
    {
        UseProxy = false,
        AllowAutoRedirect = false,
        AutomaticDecompression = System.Net.DecompressionMethods.None,
        UseCookies = false,
        ConnectCallback = WorkerConnection.OpenAsync,
    });

    private FunctionRoutes? routes;

    public async Task AnswerAsync(HttpContext context, string routePrefix)
    {
        RunningWorker worker;
        try
        {
            using var limit = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted);
            limit.CancelAfter(WorkerLimit);
            worker = await workers.ReadyAsync(limit.Token);
        }
        catch (Exception e) when (e is WorkerExitedException or OperationCanceledException)
        {
            context.Response.StatusCode = StatusCodes.Status503ServiceUnavailable;
            return;
        }

        // The functions of every worker are the same: they are of one app.
        routes ??= new FunctionRoutes(worker.Functions, routePrefix);
        if (routes.Match(context) is not { } match)
        {
            context.Response.StatusCode = StatusCodes.Status404NotFound;
            return;
        }

        TellWhoCalled(context);
        await ForwardAsync(context, worker, match.Function, match.Values);
    }

    public void Dispose() => http.Dispose();

    private async Task ForwardAsync(HttpContext context, RunningWorker worker, AppFunction function, Dictionary<string, string> metadata)
    {
        foreach (var (name, value) in context.Request.Query)
        {
            metadata.TryAdd(name, value.ToString());
        }

        var id = Guid.NewGuid().ToString();
        context.Request.Headers[InvocationHeader] = id;
        var invocation = invoker.InvokeAsync(function, new TypedData { Http = new RpcHttp() }, metadata, id, context.RequestAborted);
        var error = await forwarder.SendAsync(context, worker.Channel.HttpUri.ToString(), http, Forwarding, HttpTransformer.Default);
        if (error != ForwarderError.None)
        {
            Log.NotForwarded(logger, function.Name, error);
        }

        try
        {
            var answer = await invocation.WaitAsync(WorkerLimit, TimeProvider.System);
            if (answer.Result.Status == StatusResult.Types.Status.Failure)
            {
                Log.Failed(logger, function.Name, answer.Result.Exception?.Message);
            }
        }
        catch (Exception e) when (e is WorkerExitedException or TimeoutException)
        {
            Log.Failed(logger, function.Name, e.Message);
        }
    }

    /// <summary>The host tells the worker who called, made anew: a client's own claims do not get there.</summary>
    private static void TellWhoCalled(HttpContext context)
    {
        var headers = context.Request.Headers;
        headers["X-Forwarded-For"] = context.Connection.RemoteIpAddress?.ToString();
        headers["X-Forwarded-Proto"] = context.Request.Scheme;
        headers["X-Forwarded-Host"] = context.Request.Host.Value;
    }

    private static partial class Log
    {
        [LoggerMessage(Level = LogLevel.Warning, Message = "{Function}: the request could not be forwarded to the worker ({Error})")]
        public static partial void NotForwarded(ILogger logger, string function, ForwarderError error);

        [LoggerMessage(Level = LogLevel.Error, Message = "Function {Function} failed: {Why}")]
        public static partial void Failed(ILogger logger, string function, string? why);
    }
}
