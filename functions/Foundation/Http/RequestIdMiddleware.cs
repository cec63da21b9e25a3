using System.Buffers;
using Microsoft.Azure.Functions.Worker;
using Microsoft.Azure.Functions.Worker.Middleware;
using Microsoft.Extensions.Logging;

namespace Portal.Functions.Foundation.Http;

/// <summary>
/// Gives each request an id: the trace id of <c>traceparent</c> (W3C Trace Context), so that frontend, app and audit name the same
/// request alike. It goes into the log scope, every problem, every audit row, and back as <c>x-request-id</c>.
/// </summary>
public sealed class RequestIdMiddleware(ILogger<RequestIdMiddleware> logger) : IFunctionsWorkerMiddleware
{
    private static readonly SearchValues<char> HexDigits = SearchValues.Create("0123456789abcdef");

    public async Task Invoke(FunctionContext context, FunctionExecutionDelegate next)
    {
        if (context.GetHttpContext() is { } http)
        {
            var id = TraceId(http.Request.Headers.TraceParent.ToString()) ?? Guid.NewGuid().ToString("N");
            http.SetRequestId(id);
            UrlTokens.Hide(http);
            http.Response.Headers["x-request-id"] = id;
            using (logger.BeginScope(new Dictionary<string, object>
            {
                ["RequestId"] = id,
                ["Function"] = context.FunctionDefinition.Name
            }))
            {
                await next(context);
            }

            return;
        }

        await next(context);
    }

    /// <summary><c>00-{32 hex}-{16 hex}-{2 hex}</c>; anything else is not believed.</summary>
    private static string? TraceId(string header) =>
        header.Length == 55 && header[2] == '-' && header[35] == '-' && header[52] == '-' && header.AsSpan(3, 32) is var id
            && !id.ContainsAnyExcept(HexDigits) && id.ContainsAnyExcept('0')
            ? id.ToString()
            : null;
}
