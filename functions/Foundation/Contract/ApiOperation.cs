using System.Reflection;
using Microsoft.AspNetCore.Routing.Patterns;
using Microsoft.Azure.Functions.Worker;
using Portal.Functions.Foundation.Http;
using Portal.Functions.Foundation.Http.Inputs;

namespace Portal.Functions.Foundation.Contract;

/// <summary>A part of the path that the caller fills in.</summary>
/// <param name="Constraints">As the route writes them: <c>guid</c>, <c>maxlength(80)</c>.</param>
public sealed record PathParameter(string Name, IReadOnlyList<string> Constraints, string Description);

/// <summary>
/// One HTTP function as its attributes describe it. The OpenAPI document is made from these, and so are the tests that hold the app
/// to it: a function that is added is documented, driven and tried for every role without being listed anywhere.
/// </summary>
/// <param name="Name">The function's name, which is the operation id.</param>
/// <param name="Verbs">In upper case; HEAD stands beside GET.</param>
/// <param name="Path">With a leading slash and without constraints: <c>/api/projects/{id}</c>.</param>
public sealed record ApiOperation(
    string Name, IReadOnlyList<string> Verbs, string Path, IReadOnlyList<PathParameter> Parameters, PortalAction Action,
    OperationAttribute About, IReadOnlyList<RefusesAttribute> Refusals)
{
    private const string Root = "api/";
    private static readonly Lazy<IReadOnlyList<ApiOperation>> Found = new(
        () => [.. Functions().Where(f => f.About is not null).Select(f => Of(f.Name, f.Trigger, f.Method, f.About!))]);

    /// <summary>All of the app, by name; not its pages at /ops, and not what answers where there is nothing.</summary>
    public static IReadOnlyList<ApiOperation> All => Found.Value;

    /// <summary>Functions that say nothing of themselves: a test wants none.</summary>
    public static IReadOnlyList<string> Undescribed() => [.. Functions().Where(f => f.About is null).Select(f => f.Name)];

    public bool IsAnonymous => Action == PortalAction.Anonymous;

    public bool IsForOperators => Permissions.IsForOperators(Action);

    /// <summary>Asks for a session, and for no role: in its organization there are none yet.</summary>
    public bool IsForUnprovisionedUsers => !IsAnonymous && !IsForOperators && Roles.Count == 0;

    /// <summary>Roles that may call; none where a role is not what decides.</summary>
    public IReadOnlyList<string> Roles => Permissions.Table.GetValueOrDefault(Action, []);

    public bool Reads => Verbs.Contains("GET");

    /// <summary>Whoever holds the share token in the path may call.</summary>
    public bool IsForGuests => IsAnonymous && Parameters.Any(p => p.Name == "token");

    /// <summary>The request's body is JSON that an input record reads, or must be empty.</summary>
    public bool ReadsBody => About.Takes is not null || About.TakesKey || IsLink;

    /// <summary>Puts or takes away a link between two things; saying it again changes nothing.</summary>
    public bool IsLink => Verbs.Contains("PUT") || (Verbs.Contains("DELETE") && !About.NeedsMatch);

    /// <summary>The answer is written by <see cref="Reply"/>, which gives it an <c>ETag</c>.</summary>
    public bool IsTagged => About.Returns is not null && !About.IsOfTheMoment && (!IsAnonymous || About.IsTagged);

    private static IEnumerable<(string Name, HttpTriggerAttribute Trigger, MethodInfo Method, OperationAttribute? About)> Functions() =>
        from type in typeof(ApiOperation).Assembly.GetTypes()
        from method in type.GetMethods()
        let function = method.GetCustomAttribute<FunctionAttribute>()
        let trigger = method.GetParameters().Select(p => p.GetCustomAttribute<HttpTriggerAttribute>()).FirstOrDefault(t => t is not null)
        where function is not null && trigger is not null && trigger.Route!.StartsWith(Root, StringComparison.Ordinal)
            && function.Name != UnknownRouteFunction.Name
        orderby function.Name
        select (function.Name, trigger, method, method.GetCustomAttribute<OperationAttribute>());

    private static ApiOperation Of(string name, HttpTriggerAttribute trigger, MethodInfo method, OperationAttribute about) => new(
        name,
        [.. trigger.Methods!.Select(v => v.ToUpperInvariant())],
        PathOf(trigger.Route!),
        [.. RoutePatternFactory.Parse(trigger.Route!).Parameters.Select(p => Parameter(p, trigger.Route!, method))],
        method.GetCustomAttribute<AllowsAttribute>()!.Action,
        about,
        [
            .. method.GetCustomAttributes<RefusesAttribute>(),
            .. method.GetCustomAttributes().OfType<IBringsRefusals>().SelectMany(each => each.Refusals),
        ]);

    private static string PathOf(string route) => "/" + string.Join('/', RoutePatternFactory.Parse(route).PathSegments.Select(segment =>
        string.Concat(segment.Parts.Select(part => part switch
        {
            RoutePatternLiteralPart literal => literal.Content,
            RoutePatternSeparatorPart separator => separator.Content,
            RoutePatternParameterPart parameter => $"{{{parameter.Name}}}",
            _ => "",
        }))));

    private static PathParameter Parameter(RoutePatternParameterPart part, string route, MethodInfo method) => new(
        part.Name,
        [.. part.ParameterPolicies.Select(p => p.Content!)],
        method.GetParameters().FirstOrDefault(p => p.Name == part.Name)?.GetCustomAttribute<AboutAttribute>()?.Text
            ?? Describe(part.Name, route));

    private static string Describe(string name, string route)
    {
        if (name == "token")
        {
            return "The share token, as the link carries it. Whoever holds it may open the link: it is a secret.";
        }

        var before = route[..route.IndexOf("{" + name, StringComparison.Ordinal)].TrimEnd('/').Split('/')[^1].Replace('-', ' ');
        var thing = before.EndsWith("ies", StringComparison.Ordinal) ? before[..^3] + "y" : before.TrimEnd('s');
        return $"The id of the {thing}.";
    }
}
