using System.Diagnostics;
using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Microsoft.Azure.Functions.Worker.Middleware;
using Portal.Foundation.Telemetry;
using Portal.Functions.Foundation.Http;

namespace Portal.Functions.Foundation.Telemetry;

/// <summary>
/// One span for each request and each run of a timer, named by its function: what it asked the database and vendors lies below. Ids only.
/// Steps of orchestrations have theirs in <see cref="Durable.ActivityStep"/>.
/// </summary>
public sealed class TraceMiddleware : IFunctionsWorkerMiddleware
{
    public Task Invoke(FunctionContext context, FunctionExecutionDelegate next) =>
        PortalTrace.IsOn ? TraceAsync(context, next) : next(context);

    private static async Task TraceAsync(FunctionContext context, FunctionExecutionDelegate next)
    {
        var http = context.GetHttpContext();
        using var span = PortalTrace.Begin(
            context.FunctionDefinition.Name, http is null ? ActivityKind.Internal : ActivityKind.Server,
            context.TraceContext.TraceParent, context.TraceContext.TraceState);
        try
        {
            await next(context);
        }
        catch (Exception e)
        {
            span?.SetStatus(ActivityStatusCode.Error, e.GetType().Name);
            throw;
        }
        finally
        {
            if (span is not null && http is not null)
            {
                Describe(span, http);
            }
        }
    }

    private static void Describe(Activity span, HttpContext http)
    {
        span.SetTag("http.request.method", http.Request.Method);
        span.SetTag("http.response.status_code", http.Response.StatusCode);
        span.SetTag("portal.request_id", http.RequestId());
        span.SetTag("portal.tenant_id", http.Member()?.Tenant.ToString());
        if (Guid.TryParse(http.Request.RouteValues.GetValueOrDefault("id")?.ToString(), out var id))
        {
            span.SetTag("portal.id", id.ToString());
        }

        if (http.Response.StatusCode >= StatusCodes.Status500InternalServerError)
        {
            span.SetStatus(ActivityStatusCode.Error);
        }
    }
}
