using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.Routing.Patterns;

namespace Portal.Runtime;

/// <summary>
/// Finds functions that requests never reach. The Functions host asks the routes one after the other, in the order of the functions'
/// names, and the first one that matches path and method answers: unlike ASP.NET's endpoints, a more specific route does not go first.
/// </summary>
internal static class FunctionIndexHiding
{
    /// <summary>The order in which the host adds functions, and so their routes.</summary>
    public static readonly StringComparer Order = StringComparer.OrdinalIgnoreCase;

    public static IEnumerable<string> Find(IEnumerable<FunctionEntry> functions)
    {
        var routes = functions.OrderBy(function => function.Name, Order).Select(Route.Of).ToArray();
        for (var later = 1; later < routes.Length; later++)
        {
            var hidden = routes[later];
            foreach (var earlier in routes.Take(later))
            {
                if (Shared(earlier.Methods, hidden.Methods) is { } methods
                    && Shapes(hidden.Pattern).Any(shape => Covers(earlier.Pattern.PathSegments, shape, 0)))
                {
                    yield return $"Function '{hidden.Name}' never answers {methods} '{hidden.Pattern.RawText}': "
                        + $"'{earlier.Name}' ('{earlier.Pattern.RawText}') sorts before it and matches the same paths, and the Functions "
                        + "host takes the first match in the order of names. Rename one, or tell them apart by a constraint.";
                }
            }
        }
    }

    private static string? Shared(IReadOnlyList<string> some, IReadOnlyList<string> others) =>
        some.Count == 0 || others.Count == 0
            ? string.Join(",", some.Concat(others)) is { Length: > 0 } listed ? listed : "any method of"
            : string.Join(",", some.Intersect(others)) is { Length: > 0 } both ? both : null;

    /// <summary>The template itself, and once more without each parameter at its end that may be missing.</summary>
    private static IEnumerable<IReadOnlyList<RoutePatternPathSegment>> Shapes(RoutePattern pattern)
    {
        var segments = pattern.PathSegments;
        yield return segments;
        for (var length = segments.Count; length > 0 && IsOptional(segments[length - 1]); length--)
        {
            yield return [.. segments.Take(length - 1)];
        }
    }

    /// <summary>Whether every path of the second template, from segment <paramref name="at"/> on, is one of the first.</summary>
    private static bool Covers(IReadOnlyList<RoutePatternPathSegment> first, IReadOnlyList<RoutePatternPathSegment> second, int at)
    {
        if (at == first.Count)
        {
            return at == second.Count;
        }

        if (first[at].Parts is [RoutePatternParameterPart { IsCatchAll: true, ParameterPolicies.Count: 0 }])
        {
            return true;
        }

        return at == second.Count
            ? first.Skip(at).All(IsOptional)
            : Covers(first[at], second[at]) && Covers(first, second, at + 1);
    }

    private static bool Covers(RoutePatternPathSegment first, RoutePatternPathSegment second) => (first.Parts, second.Parts) switch
    {
        ([RoutePatternParameterPart one], [RoutePatternLiteralPart other]) => !one.IsCatchAll && Takes(one, other.Content),
        // What only the second asks for narrows it; what only the first asks for tells them apart.
        ([RoutePatternParameterPart one], [RoutePatternParameterPart other]) =>
            one.IsCatchAll == other.IsCatchAll && Policies(one).All(policy => Policies(other).Contains(policy, StringComparer.Ordinal)),
        ([RoutePatternParameterPart one], _) => one.ParameterPolicies.Count == 0,
        ([RoutePatternLiteralPart one], [RoutePatternLiteralPart other]) => IsSame(one, other),
        _ => first.Parts.Count == second.Parts.Count && first.Parts.Zip(second.Parts).All(pair => IsSame(pair.First, pair.Second)),
    };

    private static bool IsSame(RoutePatternPart one, RoutePatternPart other) => (one, other) switch
    {
        (RoutePatternParameterPart first, RoutePatternParameterPart second) => Policies(first).ToHashSet().SetEquals(Policies(second)),
        (RoutePatternLiteralPart first, RoutePatternLiteralPart second) =>
            first.Content.Equals(second.Content, StringComparison.OrdinalIgnoreCase),
        (RoutePatternSeparatorPart first, RoutePatternSeparatorPart second) => first.Content == second.Content,
        _ => false,
    };

    private static bool Takes(RoutePatternParameterPart parameter, string text)
    {
        var values = new RouteValueDictionary { [parameter.Name] = text };
        return FunctionIndexRoutes.Constraints(parameter)
            .All(constraint => constraint.Match(null, null, parameter.Name, values, RouteDirection.IncomingRequest));
    }

    private static bool IsOptional(RoutePatternPathSegment segment) =>
        segment.Parts is [RoutePatternParameterPart { IsCatchAll: false } parameter]
        && (parameter.IsOptional || parameter.Default is not null);

    private static IEnumerable<string> Policies(RoutePatternParameterPart parameter) =>
        parameter.ParameterPolicies.Select(policy => policy.Content ?? "");

    private sealed record Route(string Name, IReadOnlyList<string> Methods, RoutePattern Pattern)
    {
        public static Route Of(FunctionEntry function) =>
            new(function.Name, function.Http!.Methods, RoutePatternFactory.Parse(function.Http.Template));
    }
}
