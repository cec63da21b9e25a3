using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Portal.Runtime.Durable;

/// <summary>Durable's own management routes under <c>/runtime/webhooks/durabletask</c>.</summary>
public static class DurableManagementRoutes
{
    /// <param name="endpoints">Where to map.</param>
    /// <param name="engine">The engine they speak to.</param>
    /// <param name="isAuthorized">Checks the system key (query <c>code</c> or header); a request without it is answered 401.</param>
    public static void Map(IEndpointRouteBuilder endpoints, DurableEngine engine, Func<HttpContext, bool> isAuthorized)
    {
        ArgumentNullException.ThrowIfNull(endpoints);
        ArgumentNullException.ThrowIfNull(engine);
        ArgumentNullException.ThrowIfNull(isAuthorized);
    }
}
