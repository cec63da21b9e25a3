using System.Reflection;
using Microsoft.Azure.Functions.Worker;
using Portal.Foundation.Identity;
using Portal.Functions;
using Portal.Functions.Foundation.Http;

namespace Portal.Tests.Unit.Architecture;

/// <summary>docs/permissions.md is the table of the code, row by row.</summary>
public sealed class PermissionsDocumentTests
{
    private const string Page = "docs/permissions.md";
    private static readonly string[] Roles = [Role.Admin, Role.Agency, Role.Client, Role.Compliance];

    [Fact]
    public void The_page_says_what_the_code_does()
    {
        var inCode = HttpFunctions().Select(Row).Order(StringComparer.Ordinal).ToList();
        var onPage = Sources.Read(Page).Split('\n').Select(line => line.TrimEnd())
            .Where(line => line.StartsWith("| `", StringComparison.Ordinal)).Order(StringComparer.Ordinal).ToList();

        Assert.NotEmpty(inCode);
        Assert.True(
            inCode.SequenceEqual(onPage),
            $"{Page} lacks:\n{string.Join('\n', inCode.Except(onPage))}\nand has too much:\n{string.Join('\n', onPage.Except(inCode))}");
    }

    /// <summary>Who asks for these and may not leaves a row in the audit log.</summary>
    [Fact]
    public void The_audit_log_who_opened_a_link_and_the_videos_are_sensitive() => Assert.Equal(
        [PortalAction.PlayAsset, PortalAction.ReadShareLink, PortalAction.ReadAudit], Permissions.Sensitive.Order());

    [Fact]
    public void What_answers_GET_answers_HEAD_too() =>
        Assert.Empty(
            HttpFunctions().Where(
                function =>
                    function.Trigger.Methods!.Contains("get") && !function.Trigger.Methods!.Contains("head")).Select(function =>
                        function.Name));

    [Fact]
    public void Every_action_has_a_function_and_its_roles_are_decided()
    {
        var used = HttpFunctions().Select(function => function.Action).ToHashSet();
        var withoutRoles = Enum.GetValues<PortalAction>().Where(
            action =>
                action == PortalAction.Anonymous || Permissions.IsForOperators(action) || action == PortalAction.CreateTenant).ToList();

        // Asked inside a function, about a thing that is somebody else's.
        var inside = new[] { PortalAction.DeleteAnyComment };
        Assert.Empty(Enum.GetValues<PortalAction>().Except(used).Except(inside));
        Assert.Empty(used.Intersect(inside));
        Assert.Empty(Permissions.Table.Keys.Intersect(withoutRoles));
        Assert.Empty(Enum.GetValues<PortalAction>().Except(withoutRoles).Except(Permissions.Table.Keys));
        Assert.All(Permissions.Table.Values, roles => Assert.NotEmpty(roles));
    }

    private static string Row((string Name, HttpTriggerAttribute Trigger, PortalAction Action) function)
    {
        var verbs = string.Join(", ", function.Trigger.Methods!.Select(verb => verb.ToUpperInvariant()));
        var marks = Roles.Select(role => Mark(Permissions.Allows(function.Action, role)))
            .Append(Mark(Permissions.IsForOperators(function.Action)))
            .Append(Mark(function.Action == PortalAction.Anonymous));
        return $"| `{function.Name}` | {verbs} `/{function.Trigger.Route}` | {function.Action} | {string.Join(" | ", marks)} |";
    }

    private static string Mark(bool allowed) => allowed ? "yes" : "–";

    private static IEnumerable<(string Name, HttpTriggerAttribute Trigger, PortalAction Action)> HttpFunctions() =>
        from method in typeof(PortalApp).Assembly.GetTypes().SelectMany(type => type.GetMethods())
        let function = method.GetCustomAttribute<FunctionAttribute>()
        let trigger = method.GetParameters().Select(
            parameter => parameter.GetCustomAttribute<HttpTriggerAttribute>()).FirstOrDefault(found => found is not null)
        where function is not null && trigger is not null
        select (function.Name, trigger, method.GetCustomAttribute<AllowsAttribute>()!.Action);
}
