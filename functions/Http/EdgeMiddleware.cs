using System.Collections.Frozen;
using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Microsoft.Azure.Functions.Worker.Middleware;
using Microsoft.Extensions.Options;
using Microsoft.Net.Http.Headers;
using Portal.Http;

namespace Portal.Functions.Http;

/// <summary>
/// What every answer carries, refusals included: headers that tell browsers what not to do with it, and CORS for the portal's own origins.
/// A function that serves a page sets a Content-Security-Policy of its own over the one of here, which forbids everything.
/// </summary>
public sealed class EdgeMiddleware(RouteTable routes, IOptions<HttpOptions> options) : IFunctionsWorkerMiddleware
{
    private const string Exposed = "ETag, Location, Link, RateLimit-Limit, RateLimit-Remaining, RateLimit-Reset, Retry-After, x-request-id, Idempotency-Replayed";
    private const string Accepted = "Authorization, Content-Type, Idempotency-Key, If-Match, If-None-Match, traceparent, tracestate";
    private const string TwoHours = "7200";
    private readonly FrozenSet<string> origins = options.Value.Origins.ToFrozenSet(StringComparer.Ordinal);

    public async Task Invoke(FunctionContext context, FunctionExecutionDelegate next)
    {
        if (context.GetHttpContext() is not { } http)
        {
            await next(context);
            return;
        }

        Harden(http.Response.Headers);
        AllowOrigin(http);
        if (routes.MediaTypeOf(context.FunctionDefinition.Name) is { } offered && !Takes(http.Request, offered))
        {
            await new Problem(406, "not-acceptable", "Not in that media type", $"This is answered as {offered}; Accept allows none of it.").ExecuteAsync(http);
            return;
        }

        await next(context);
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

    private static void Harden(IHeaderDictionary headers)
    {
        headers.XContentTypeOptions = "nosniff";
        headers.CacheControl = "no-store";
        headers["Referrer-Policy"] = "no-referrer";
        headers.ContentSecurityPolicy = "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'";
        headers.XFrameOptions = "DENY";
        headers["Cross-Origin-Resource-Policy"] = "same-site";
        // Browsers heed it over https only.
        headers.StrictTransportSecurity = "max-age=31536000";
    }

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

    /// <summary>No Accept, or one that cannot be read, takes anything (RFC 9110, 12.5.1).</summary>
    private static bool Takes(HttpRequest request, string offered)
    {
        var accept = request.Headers.Accept;
        if (accept.Count == 0 || (accept is [{ } only] && only == "*/*") || !MediaTypeHeaderValue.TryParseList(accept, out var ranges) || ranges.Count == 0)
        {
            return true;
        }

        var type = new MediaTypeHeaderValue(offered);
        return ranges.Any(range => range.Quality != 0 && (type.IsSubsetOf(new MediaTypeHeaderValue(range.MediaType)) || type.MediaType == range.MediaType));
    }
}
