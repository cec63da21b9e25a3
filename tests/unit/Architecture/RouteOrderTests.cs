using System.Reflection;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.Routing.Constraints;
using Microsoft.AspNetCore.Routing.Patterns;
using Microsoft.Azure.Functions.Worker;
using Microsoft.Extensions.DependencyInjection;
using Portal.Functions;
using Portal.Functions.Foundation;

namespace Portal.Tests.Unit.Architecture;

/// <summary>
/// The Functions host asks routes one by one in the order of the functions' names, and the first that matches path and method answers,
/// however specific a later one is. So a request to each function must find it first.
/// </summary>
public sealed class RouteOrderTests
{
    private static readonly IServiceProvider Services = new ServiceCollection().AddLogging().AddRouting().BuildServiceProvider();

    private static readonly (string Name, HttpTriggerAttribute Trigger)[] Functions =
    [
        .. from method in typeof(PortalApp).Assembly.GetTypes().SelectMany(type => type.GetMethods())
           let function = method.GetCustomAttribute<FunctionAttribute>()
           let trigger = method.GetParameters().Select(parameter => parameter.GetCustomAttribute<HttpTriggerAttribute>())
               .FirstOrDefault(found => found is not null)
           where function is not null && trigger is not null
           select (function.Name, trigger),
    ];

    private static readonly RouteCollection AsTheHostAsks = Routes();

    public static TheoryData<string> Names => [.. Functions.Select(function => function.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public async Task A_request_to_a_function_finds_it_first(string name)
    {
        var trigger = Functions.Single(function => function.Name == name).Trigger;
        foreach (var method in trigger.Methods!)
        {
            Assert.Equal(name, await FindAsync(method.ToUpperInvariant(), SamplePath(trigger.Route!)));
        }
    }

    [Fact]
    public async Task An_unknown_address_finds_the_function_for_those() =>
        Assert.Equal(UnknownRouteFunction.Name, await FindAsync("GET", "/api/projects/no-guid"));

    [Fact]
    public async Task No_function_is_at_the_root_where_a_local_portal_has_its_front_page() =>
        Assert.All(
            await Task.WhenAll(new[] { "GET", "HEAD", "POST" }.Select(method => FindAsync(method, "/"))), found => Assert.Null(found));

    private static string SamplePath(string route)
    {
        var segments = RoutePatternFactory.Parse(route).PathSegments;
        return "/" + string.Join('/', segments.Select(segment => string.Concat(segment.Parts.Select(Sample))));
    }

    private static string Sample(RoutePatternPart part) => part switch
    {
        RoutePatternParameterPart { ParameterPolicies: [{ Content: "guid" }] } => "0192f7a0-0000-7000-8000-000000000001",
        RoutePatternParameterPart { ParameterPolicies: [{ Content: "int" }, ..] } => "7",
        RoutePatternParameterPart { ParameterPolicies: [var other, ..] } parameter =>
            throw new NotSupportedException($"What is {parameter.Name}:{other.Content}, for example?"),
        RoutePatternParameterPart => "some-value",
        RoutePatternLiteralPart literal => literal.Content,
        RoutePatternSeparatorPart separator => separator.Content,
        _ => throw new NotSupportedException(),
    };

    private static RouteCollection Routes()
    {
        var routes = new RouteCollection();
        var constraints = Services.GetRequiredService<IInlineConstraintResolver>();
        foreach (var (name, trigger) in Functions.OrderBy(function => function.Name, StringComparer.OrdinalIgnoreCase))
        {
            var methods = new RouteValueDictionary { ["httpMethod"] = new HttpMethodRouteConstraint(trigger.Methods!) };
            var handler = new RouteHandler(http =>
            {
                http.Items[typeof(RouteOrderTests)] = name;
                return Task.CompletedTask;
            });
            routes.Add(new Route(handler, name, trigger.Route!, null, methods!, null, constraints));
        }

        return routes;
    }

    private static async Task<string?> FindAsync(string method, string path)
    {
        var http = new DefaultHttpContext { RequestServices = Services, Request = { Method = method, Path = path } };
        var route = new RouteContext(http);
        await AsTheHostAsks.RouteAsync(route);
        await (route.Handler?.Invoke(http) ?? Task.CompletedTask);
        return http.Items[typeof(RouteOrderTests)] as string;
    }
}
