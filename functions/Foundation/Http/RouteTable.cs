using System.Collections.Frozen;
using System.Reflection;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.Routing.Patterns;
using Microsoft.AspNetCore.Routing.Template;
using Microsoft.Azure.Functions.Worker;
using Microsoft.Extensions.DependencyInjection;

namespace Portal.Functions.Foundation.Http;

/// <summary>Every HTTP function's route, methods and media type, read once at start: what a path answers to, and in what.</summary>
public sealed class RouteTable
{
    private readonly IReadOnlyList<Route> routes;
    private readonly FrozenDictionary<string, string> mediaTypes;

    public RouteTable()
    {
        var policies = new ServiceCollection().AddRoutingCore().BuildServiceProvider().GetRequiredService<ParameterPolicyFactory>();
        var functions = Functions().ToList();
        routes = [.. functions.Where(f => f.Name != UnknownRouteFunction.Name).Select(f => Route.Of(f.Trigger, policies))];
        mediaTypes = functions.Where(f => f.Operation is { RawBody: null }).ToFrozenDictionary(
            f => f.Name, f => f.Operation!.MediaType, StringComparer.OrdinalIgnoreCase);
    }

    /// <summary>What a function answers with when all goes well; null when nothing is said of it (webhooks).</summary>
    public string? MediaTypeOf(string function) => mediaTypes.GetValueOrDefault(function);

    /// <summary>The methods that a path answers to, OPTIONS last; empty when there is nothing at it.</summary>
    public IReadOnlyList<string> MethodsAt(HttpContext http)
    {
        var methods = routes.Where(r => r.Matches(http)).SelectMany(r => r.Methods).Distinct().Order(StringComparer.Ordinal).ToList();
        return methods.Count == 0 ? [] : [.. methods, HttpMethods.Options];
    }

    private static IEnumerable<(string Name, HttpTriggerAttribute Trigger, OperationAttribute? Operation)> Functions() =>
        from method in typeof(RouteTable).Assembly.GetTypes().SelectMany(type => type.GetMethods())
        let function = method.GetCustomAttribute<FunctionAttribute>()
        let trigger = method.GetParameters().Select(p => p.GetCustomAttribute<HttpTriggerAttribute>()).FirstOrDefault(t => t is not null)
        where function is not null && trigger is not null
        select (function.Name, trigger, method.GetCustomAttribute<OperationAttribute>());

    private sealed record Route(
        TemplateMatcher Matcher, IReadOnlyList<(string Parameter, IRouteConstraint Constraint)> Constraints, IReadOnlyList<string> Methods)
    {
        public static Route Of(HttpTriggerAttribute trigger, ParameterPolicyFactory policies)
        {
            var pattern = RoutePatternFactory.Parse(trigger.Route!);
            var constraints = from parameter in pattern.Parameters
                              from policy in parameter.ParameterPolicies
                              let constraint = policies.Create(parameter, policy) as IRouteConstraint
                              where constraint is not null
                              select (parameter.Name, constraint);
            return new(
                new TemplateMatcher(new RouteTemplate(pattern), []), [.. constraints], [
                    .. trigger.Methods!.Select(m => m.ToUpperInvariant())
                ]);
        }

        public bool Matches(HttpContext http)
        {
            var values = new RouteValueDictionary();
            return Matcher.TryMatch(http.Request.Path, values)
                && Constraints.All(c => c.Constraint.Match(http, null, c.Parameter, values, RouteDirection.IncomingRequest));
        }
    }
}
