using System.Reflection;
using Microsoft.Azure.Functions.Worker;
using Portal.Foundation;
using Portal.Foundation.Alerts;
using Portal.Functions;
using Portal.Operations.Objectives;
using Portal.Tests.Unit.Architecture;
using Portal.Tests.Unit.Playbook;

namespace Portal.Tests.Unit.Operations;

/// <summary>The catalogue of objectives, against the code and its document.</summary>
public sealed class ServiceObjectiveTests
{
    private const string Page = "docs/playbook/operations/slo-and-incident-response.md";

    private static readonly HashSet<string> Functions =
    [
        .. typeof(PortalApp).Assembly.GetTypes().SelectMany(type => type.GetMethods())
            .Select(method => method.GetCustomAttribute<FunctionAttribute>()?.Name).OfType<string>(),
    ];

    [Fact]
    public void Every_objective_is_in_the_catalogue_once() => Assert.Equal(
        Objective.All.Order(), ServiceObjectives.All.Select(objective => objective.Name).Order());

    [Fact]
    public void The_table_of_objectives_is_the_catalogue() => Assert.Equal(
        ServiceObjectives.All.Select(objective =>
            $"| `{objective.Name}` | {objective.Promise} | {Target(objective.Budget)} | {objective.LeastBad} | "
                + $"{(objective.Pages ? "yes" : "no")} | {objective.Owner} |"),
        Rows("The objectives"));

    [Fact]
    public void The_table_of_rules_is_those_that_are_computed() => Assert.Equal(
        BurnRates.Rules.Select(rule => $"| {rule.Rate:0.#} | {Words(rule.Long)} | {Words(rule.Short)} |"),
        Rows("When a burn pages").Select(row => string.Join('|', row.Split('|')[..4]) + "|"));

    [Fact]
    public void Functions_and_bounds_that_an_objective_names_are_there() => Assert.All(ServiceObjectives.All, objective =>
    {
        var (set, bound) = objective.Indicator switch
        {
            Indicator.Answered answered => (answered.Of, RequestFigures.Bounds[^1]),
            Indicator.Fast fast => (fast.Of, fast.UnderMs),
            _ => (new FunctionSet(true), RequestFigures.Bounds[^1]),
        };
        Assert.Empty(set.Names.Except(Functions));
        Assert.Contains(bound, RequestFigures.Bounds);
        Assert.True(objective.Budget is not ErrorBudget.Share { Target: <= 0 or >= 1 }, objective.Name);
    });

    [Fact]
    public void Watching_on_the_apps_own_page_counts_as_watching_by_the_API()
    {
        var page = Functions.Where(name => name.StartsWith("GuestPage", StringComparison.Ordinal) && name != "GuestPageAsset").ToList();
        Assert.Equal(4, page.Count);
        Assert.Empty(page.Except(Assert.IsType<Indicator.Answered>(
            ServiceObjectives.Of(Objective.PlaybackAvailability).Indicator).Of.Names));
        Assert.Contains("GuestPage", Assert.IsType<Indicator.Fast>(ServiceObjectives.Of(Objective.ShareOpenLatency).Indicator).Of.Names);
        Assert.Empty(new[] { "GuestPage", "GuestPageDownload" }.Except(ServiceObjectives.Minting));
    }

    [Fact]
    public void What_rows_tell_is_what_the_database_counts()
    {
        var sql = Sources.Read("infra/postgres/functions/count_objectives.sql");
        Assert.All(
            ServiceObjectives.All, objective => Assert.Equal(
                objective.Indicator is Indicator.Rows, sql.Contains($"select '{objective.Name}'", StringComparison.Ordinal)));
        Assert.Empty(ServiceObjectives.Minting.Except(Functions));
    }

    [Fact]
    public void Short_windows_are_a_twelfth_of_the_long_ones_and_counts_outlive_the_longest()
    {
        Assert.All(BurnRates.Rules, rule => Assert.Equal(rule.Long.Minutes, 12 * rule.Short.Minutes));
        Assert.True(TimeSpan.FromDays(RetentionDefaults.FigureDays) > ServiceObjective.Window.Add(TimeSpan.FromDays(1)));
    }

    private static IEnumerable<string> Rows(string section) =>
        PlaybookDocuments.Read(Page).Tables.Single(table => table.Section == section).Rows
            .Select(row => $"| {string.Join(" | ", row.Cells)} |");

    private static string Target(ErrorBudget budget) => budget switch
    {
        ErrorBudget.Share share => FormattableString.Invariant($"{share.Target * 100:0.##} %"),
        ErrorBudget.Most most => FormattableString.Invariant($"{most.ADay} a day"),
        _ => "",
    };

    private static string Words(BurnWindow window) => window.Minutes switch
    {
        < 60 => $"{window.Minutes} min",
        <= 1440 => $"{window.Minutes / 60} h",
        _ => $"{window.Minutes / 1440} days",
    };
}
