using Microsoft.Azure.Functions.Worker;
using Microsoft.Azure.Functions.Worker.Middleware;

namespace Portal.Functions.Foundation.Http;

/// <summary>
/// Headers that tell browsers what not to do with an answer, refusals included. A function that serves a page sets a
/// Content-Security-Policy of its own over the one of here, which forbids everything.
/// </summary>
public sealed class SecurityHeadersMiddleware : IFunctionsWorkerMiddleware
{
    public Task Invoke(FunctionContext context, FunctionExecutionDelegate next)
    {
        if (context.GetHttpContext()?.Response.Headers is not { } headers)
        {
            return next(context);
        }

        headers.XContentTypeOptions = "nosniff";
        headers.CacheControl = "no-store";
        headers["Referrer-Policy"] = "no-referrer";
        headers.ContentSecurityPolicy = "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'";
        headers.XFrameOptions = "DENY";
        headers["Cross-Origin-Resource-Policy"] = "same-site";
        // Browsers heed it over https only.
        headers.StrictTransportSecurity = "max-age=31536000";
        return next(context);
    }
}
