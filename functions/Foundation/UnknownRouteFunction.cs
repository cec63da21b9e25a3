using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Portal.Functions.Foundation.Http;

namespace Portal.Functions.Foundation;

/// <summary>
/// Whatever under <c>/api</c> no other function answers. The host has no answer of its own for it but a bare 404, which no browser takes
/// for the preflight of a request from another origin.
/// </summary>
public sealed class UnknownRouteFunction(RouteTable routes)
{
    /// <summary>
    /// Sorts after every other function: the Functions host asks routes in the order of the functions' names and takes the first that
    /// matches, however specific the others are. Whatever sorted after this one would never be reached.
    /// </summary>
    public const string Name = "ZzUnknownRoute";

    [Function(Name)]
    [Allows(PortalAction.Anonymous)]
    public IResult Run(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", "head", "post", "put", "patch", "delete", "options", Route = "api/{*path}")]
        HttpRequest request,
        string? path)
    {
        var http = request.HttpContext;
        var methods = routes.MethodsAt(http);
        if (methods.Count == 0)
        {
            return new Problem(
                404, "no-such-route", "Not found", "There is nothing at this address. /api/openapi.json lists what there is.");
        }

        http.Response.Headers.Allow = string.Join(", ", methods);
        if (!HttpMethods.IsOptions(request.Method))
        {
            return new Problem(
                405, "method-not-allowed", "Not with this method", $"This address answers to {string.Join(", ", methods)}.");
        }

        CorsMiddleware.AnswerPreflight(http, methods);
        return Results.NoContent();
    }
}
