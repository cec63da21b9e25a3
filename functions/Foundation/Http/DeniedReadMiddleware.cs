using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Azure.Functions.Worker;
using Microsoft.Azure.Functions.Worker.Middleware;
using Portal.Foundation.Audit;
using Portal.Foundation.Db;

namespace Portal.Functions.Foundation.Http;

/// <summary>
/// Audits that a member of a tenant was refused a sensitive read (<see cref="Permissions.Sensitive"/>): 403 by their role, 404 for what is
/// not theirs.
/// </summary>
/// <remarks>
/// A function's answer is written after all middleware has returned, on both hosts, so the row is written when the answer is about to
/// leave: without the row, no answer.
/// </remarks>
public sealed class DeniedReadMiddleware(PortalDb db, AuditWriter audit) : IFunctionsWorkerMiddleware
{
    public async Task Invoke(FunctionContext context, FunctionExecutionDelegate next)
    {
        var function = context.FunctionDefinition.Name;
        if (context.GetHttpContext() is { } http
            && Permissions.Sensitive.Contains(FunctionAttributes.Of(context.FunctionDefinition).Action))
        {
            http.Response.OnStarting(() => AuditAsync(http, function));
        }

        await next(context);
    }

    private async Task AuditAsync(HttpContext http, string function)
    {
        var status = http.Response.StatusCode;
        if (status is not (StatusCodes.Status403Forbidden or StatusCodes.Status404NotFound) || http.Member() is not { } member)
        {
            return;
        }

        // What was asked for, as far as it is an id; it may be another tenant's, which the row must not tell apart from one that never
        // was.
        var asked = Guid.TryParse(http.GetRouteValue("id")?.ToString(), out var id) ? id : member.Tenant.Value;
        await db.InTenantAsync(member.Tenant, async tx =>
        {
            await audit.WriteAsync(
                tx, member.Tenant, Actor.From(member), new AuditEntry("read_denied", "request", asked, null, new { function, status }));
            return true;
        }, CancellationToken.None);
    }
}
