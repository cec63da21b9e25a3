using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.Routing.Patterns;
using Microsoft.Extensions.DependencyInjection;

namespace Portal.Runtime;

/// <summary>What can be wrong with routes, found before the first request.</summary>
internal static class FunctionIndexRoutes
{
    // Route space of the host itself; it refuses whatever starts with these letters, /administration included.
    private static readonly string[] Reserved = ["admin", "runtime"];

    // Knows ASP.NET's own constraints; an unknown one would otherwise surface at the first request.
    private static readonly Lazy<ParameterPolicyFactory> Policies =
        new(() => new ServiceCollection().AddRoutingCore().BuildServiceProvider().GetRequiredService<ParameterPolicyFactory>());

    public static string Combine(string prefix, string route) => $"{prefix}/{route.Trim('/')}".Trim('/');

    /// <summary>The pattern with all its constraints known, or null and the reason.</summary>
    public static RoutePattern? Parse(string template, out string? problem)
    {
        try
        {
            var pattern = RoutePatternFactory.Parse(template);
            foreach (var part in pattern.Parameters)
            {
                foreach (var policy in part.ParameterPolicies)
                {
                    Policies.Value.Create(part, policy);
                }
            }

            problem = null;
            return pattern;
        }
        catch (Exception invalid) when (invalid is RoutePatternException or InvalidOperationException or ArgumentException
            or RouteCreationException)
        {
            problem = invalid.Message;
            return null;
        }
    }

    public static IEnumerable<IRouteConstraint> Constraints(RoutePatternParameterPart parameter) =>
        parameter.ParameterPolicies.Select(policy => Policies.Value.Create(parameter, policy)).OfType<IRouteConstraint>();

    public static void Check(IReadOnlyList<FunctionEntry> functions, string prefix, List<string> faults)
    {
        var http = functions.Where(function => function.Http is not null).ToArray();
        faults.AddRange(http
            .Where(function => IsReserved(function.Http!.Template[prefix.Length..].TrimStart('/')))
            .Select(
                function =>
                    $"Function '{function.Name}': the route '{function.Http!.Template}' is in the host's own space (admin…, runtime…)."));
        faults.AddRange(FunctionIndexHiding.Find(http));
    }

    private static bool IsReserved(string route) =>
        Array.Exists(Reserved, word => route.StartsWith(word, StringComparison.OrdinalIgnoreCase));
}
