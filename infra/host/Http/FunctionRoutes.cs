using System.Globalization;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.Routing.Patterns;
using Microsoft.AspNetCore.Routing.Template;
using Portal.Host.Worker;
using Portal.Runtime;

namespace Portal.Host.Http;

/// <summary>
/// Which function a request is for. As the Functions host does it: routes in the order of the functions' names, without case; the first
/// that takes the method and the path wins. There is no precedence of the more specific one (azure-functions-host, issue 3153).
/// </summary>
internal sealed class FunctionRoutes
{
    private readonly List<Route> routes;

    public FunctionRoutes(IEnumerable<AppFunction> functions, string routePrefix)
    {
        routes = [.. functions
            .Where(function => function.IsTriggeredBy("httpTrigger"))
            .OrderBy(function => function.Name, StringComparer.OrdinalIgnoreCase)
            .Select(function => Route.Of(function, routePrefix))];
    }

    public (AppFunction Function, Dictionary<string, string> Values)? Match(HttpContext http)
    {
        foreach (var route in routes)
        {
            if (route.Match(http) is { } values)
            {
                return (route.Function, values);
            }
        }

        return null;
    }

    private sealed record Route(
        AppFunction Function, IReadOnlyList<string> Methods, TemplateMatcher Matcher, IReadOnlyList<(
            string Name, IRouteConstraint Rule)> Constraints)
    {
        public static Route Of(AppFunction function, string prefix)
        {
            var template = function.Trigger.Text("route") ?? function.Name;
            var pattern = RoutePatternFactory.Parse(FunctionIndexRoutes.Combine(prefix, template));
            var constraints = from parameter in pattern.Parameters
                              from rule in FunctionIndexRoutes.Constraints(parameter)
                              select (parameter.Name, rule);
            return new(function, function.Trigger.Texts("methods"), new TemplateMatcher(new RouteTemplate(pattern), []), [.. constraints]);
        }

        public Dictionary<string, string>? Match(HttpContext http)
        {
            var values = new RouteValueDictionary();
            var matches = (Methods.Count == 0 || Methods.Contains(http.Request.Method, StringComparer.OrdinalIgnoreCase))
                && Matcher.TryMatch(http.Request.Path, values)
                && Constraints.All(
                    constraint => constraint.Rule.Match(http, null, constraint.Name, values, RouteDirection.IncomingRequest));
            return matches
                ? values.Where(value => value.Value is not null)
                    .ToDictionary(value => value.Key, value => Convert.ToString(value.Value, CultureInfo.InvariantCulture)!)
                : null;
        }
    }
}
