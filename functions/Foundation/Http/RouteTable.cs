using System.Reflection;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.Routing.Patterns;
using Microsoft.AspNetCore.Routing.Template;
using Microsoft.Azure.Functions.Worker;
using Microsoft.Extensions.DependencyInjection;

namespace Portal.Functions.Foundation.Http;

/// <summary>Every HTTP function's route and methods: what a path answers to. Read when somebody asks for what no function
/// answers.</summary>
public sealed class RouteTable
{
    private readonly Lazy<IReadOnlyList<Route>> routes = new(Read);

    /// <summary>The methods that a path answers to, OPTIONS last; empty when there is nothing at it.</summary>
    public IReadOnlyList<string> MethodsAt(HttpContext http)
    {
        var methods = routes.Value.Where(r => r.Matches(http)).SelectMany(r => r.Methods).Distinct().Order(StringComparer.Ordinal)
            .ToList();
        return methods.Count == 0 ? [] : [.. methods, HttpMethods.Options];
    }

    private static IReadOnlyList<Route> Read()
    {
        var policies = new ServiceCollection().AddRoutingCore().BuildServiceProvider().GetRequiredService<ParameterPolicyFactory>();
        var triggers =
            from method in typeof(RouteTable).Assembly.GetTypes().SelectMany(type => type.GetMethods())
            let function = method.GetCustomAttribute<FunctionAttribute>()
            where function is not null && function.Name != UnknownRouteFunction.Name
            from parameter in method.GetParameters()
            let trigger = parameter.GetCustomAttribute<HttpTriggerAttribute>()
            where trigger is not null
            select trigger;
        return [.. triggers.Select(trigger => Route.Of(trigger, policies))];
    }

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
