using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Microsoft.Azure.Functions.Worker.Middleware;
using Microsoft.Extensions.Logging;
using Portal.Functions.Foundation.Http;
using Portal.Operations;

namespace Portal.Functions.Operations.Page;

/// <summary>
/// Guards the page at /ops: strict headers on everything under it, a form token on every POST, and a signed-in Operator for every function
/// of <see cref="PortalAction.UseOpsPage"/>; whoever is not signed in is led to the sign-in page.
/// </summary>
public sealed partial class OpsPageMiddleware(
    OperatorSessionStore sessions, ILogger<OpsPageMiddleware> logger) : IFunctionsWorkerMiddleware
{
    /// <summary>Nothing but our own files; no inline style or script, no frames, forms to ourselves only.</summary>
    public const string ContentSecurityPolicy =
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; base-uri "
            + "'none'; frame-ancestors 'none'";

    public async Task Invoke(FunctionContext context, FunctionExecutionDelegate next)
    {
        if (context.GetHttpContext() is not { } http || !http.Request.Path.StartsWithSegments("/ops", StringComparison.OrdinalIgnoreCase))
        {
            await next(context);
            return;
        }

        var headers = http.Response.Headers;
        headers.ContentSecurityPolicy = ContentSecurityPolicy;
        headers.XFrameOptions = "DENY";
        headers["Cross-Origin-Opener-Policy"] = "same-origin";
        headers["Cross-Origin-Resource-Policy"] = "same-origin";
        headers["Permissions-Policy"] = "camera=(), geolocation=(), microphone=()";
        try
        {
            if (await FindFaultAsync(http, FunctionAttributes.Of(context.FunctionDefinition).Action) is { } answer)
            {
                await answer.ExecuteAsync(http);
                return;
            }

            await next(context);
        }
        catch (Exception e) when (!http.Response.HasStarted && ExceptionMiddleware.IsAway(e))
        {
            Log.Away(logger, e);
            await new HtmlPage(
                OpsLayout.Message(
                    "Not available just now",
                    "The database or Durable's management routes do not answer. Please try again in a few seconds."),
                    503).ExecuteAsync(http);
        }
    }

    private async Task<IResult?> FindFaultAsync(HttpContext http, PortalAction action)
    {
        if (action == PortalAction.UseOpsPage)
        {
            var token = http.Request.Cookies[OpsRequest.SessionCookie];
            if (token is null || await sessions.FindAsync(token, http.RequestId(), http.RequestAborted) is not { } person)
            {
                return Answers.SeeOther($"/ops/sign-in?next={Uri.EscapeDataString(WayBack(http.Request))}");
            }

            http.Set(person);
        }

        if (!HttpMethods.IsPost(http.Request.Method) || await http.ReadFormAsync() is not { } status)
        {
            return null;
        }

        Log.Forged(logger, status);
        return new HtmlPage(
            OpsLayout.Message(
                "Not done", "The form did not come from this page, or the page was too old. Open it again and repeat what you wanted."),
                status);
    }

    /// <summary>After a sign-in people want to be where they were; an act is not repeated, its page is shown.</summary>
    private static string WayBack(HttpRequest request)
    {
        var path = request.Path.Value ?? "/ops";
        return HttpMethods.IsPost(request.Method) ? path[..path.LastIndexOf('/')] : path + request.QueryString.Value;
    }

    private static partial class Log
    {
        [LoggerMessage(Level = LogLevel.Warning, Message = "A form of the page at /ops was refused with {Status}")]
        public static partial void Forged(ILogger logger, int status);

        [LoggerMessage(Level = LogLevel.Error, Message = "The page at /ops could not be made")]
        public static partial void Away(ILogger logger, Exception e);
    }
}
