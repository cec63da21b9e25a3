using System.Collections.Frozen;
using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Microsoft.Azure.Functions.Worker.Middleware;
using Microsoft.Extensions.Options;
using Portal.Foundation.Http;

namespace Portal.Functions.Foundation.Http;

/// <summary>CORS for the portal's own origins, on every answer, refusals included.</summary>
public sealed class CorsMiddleware(IOptions<HttpOptions> options) : IFunctionsWorkerMiddleware
{
    private const string Exposed =
        "ETag, Location, Link, RateLimit-Limit, RateLimit-Remaining, RateLimit-Reset, Retry-After, x-request-id, Idempotency-Replayed, "
        + "Portal-Viewer, Portal-Unlock";

    private const string Accepted =
        "Authorization, Content-Type, Idempotency-Key, If-Match, If-None-Match, traceparent, tracestate, Last-Event-ID, Portal-Viewer, "
        + "Portal-Unlock";
    private const string TwoHours = "7200";
    private readonly FrozenSet<string> origins = options.Value.Origins.ToFrozenSet(StringComparer.Ordinal);

    public Task Invoke(FunctionContext context, FunctionExecutionDelegate next)
    {
        if (context.GetHttpContext() is { } http)
        {
            AllowOrigin(http);
        }

        return next(context);
    }

    /// <summary>What an allowed origin may send; for any other the answer says nothing, and its browser refuses.</summary>
    internal static void AnswerPreflight(HttpContext http, IReadOnlyList<string> methods)
    {
        var headers = http.Response.Headers;
        if (headers.AccessControlAllowOrigin.Count > 0)
        {
            headers.AccessControlAllowMethods = string.Join(", ", methods);
            headers.AccessControlAllowHeaders = Accepted;
            headers.AccessControlMaxAge = TwoHours;
        }
    }

    /// <summary>The origin that asks, when it is one of the portal's.</summary>
    internal static string? AllowedOrigin(HttpContext http) =>
        http.Response.Headers.AccessControlAllowOrigin is [{ } origin] ? origin : null;

    private void AllowOrigin(HttpContext http)
    {
        if (origins.Count == 0)
        {
            return;
        }

        // With or without an Origin: a cache must not give one origin's answer to another.
        var headers = http.Response.Headers;
        headers.Vary = "Origin";
        if (http.Request.Headers.Origin is [{ } origin] && origins.Contains(origin))
        {
            headers.AccessControlAllowOrigin = origin;
            // The cookie by which a guest's browser renews a share link.
            headers.AccessControlAllowCredentials = "true";
            headers.AccessControlExposeHeaders = Exposed;
        }
    }
}
