using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;

namespace Portal.Functions.Http;

/// <summary>
/// Whatever under <c>/api</c> no other function answers. Neither host has an answer of its own for it but a bare 404, which no browser takes for
/// the preflight of a request from another origin. The more specific route wins on both, so this one hears only of the rest.
/// </summary>
public sealed class UnknownRouteFunction(RouteTable routes)
{
    public const string Name = "UnknownRoute";

    [Function(Name)]
    [Allows(PortalAction.Anonymous)]
    public IResult Run(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", "head", "post", "put", "patch", "delete", "options", Route = "api/{*path}")] HttpRequest request,
        string? path)
    {
        var http = request.HttpContext;
        var methods = routes.MethodsAt(http);
        if (methods.Count == 0)
        {
            return new Problem(404, "no-such-route", "Not found", "There is nothing at this address. /api/openapi.json lists what there is.");
        }

        http.Response.Headers.Allow = string.Join(", ", methods);
        if (!HttpMethods.IsOptions(request.Method))
        {
            return new Problem(405, "method-not-allowed", "Not with this method", $"This address answers to {string.Join(", ", methods)}.");
        }

        EdgeMiddleware.AnswerPreflight(http, methods);
        return Results.NoContent();
    }
}
