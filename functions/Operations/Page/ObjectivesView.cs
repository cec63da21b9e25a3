using System.Globalization;
using Portal.Foundation;
using Portal.Functions.Operations.Objectives;
using Portal.Operations.Objectives;

namespace Portal.Functions.Operations.Page;

/// <summary>The objectives and their error budgets, as a part of the overview.</summary>
internal static class ObjectivesView
{
    public static Html Section(IReadOnlyList<ObjectiveLook> objectives)
    {
        var look = objectives.Where(NeedsLook).ToList();
        var well = objectives.Except(look).ToList();
        return Html.Of($"""
            <section aria-labelledby="objectives">
            <h2 id="objectives" tabindex="-1">Objectives <span class="total">{objectives.Count}</span></h2>
            <p class="about">What is promised, over 30 days, and how much may still go wrong.</p>
            {(look.Count == 0 ? Html.Empty : List(look))}
            {(well.Count == 0 ? Html.Empty : Html.Of($"""<details><summary>{well.Count} {(well.Count == 1 ? "is" : "are")} kept</summary>{List(well)}</details>"""))}
            </section>
            """);
    }

    private static bool NeedsLook(ObjectiveLook look) =>
        ObjectiveBurn.Of(look.Verdict) != ObjectiveBurn.Ok || look.Objective.BudgetLeft(look.Budget) <= 0;

    private static Html List(IEnumerable<ObjectiveLook> objectives) =>
        Html.Of($"""<ul class="list objectives">{Html.Join(objectives.Select(Item))}</ul>""");

    private static Html Item(ObjectiveLook look)
    {
        var left = look.Objective.BudgetLeft(look.Budget);
        var (group, word) = ObjectiveBurn.Of(look.Verdict) switch
        {
            ObjectiveBurn.Fast => ("failed", "burns fast"),
            ObjectiveBurn.Slow => ("stuck", "burns"),
            _ => left <= 0 ? ("stuck", "spent") : ("over", "kept"),
        };
        var burns = string.Join(", ", BurnRates.Windows.Select(window => $"{window.Name} {Number(look.BurnRate(window))}"));
        return Html.Of($"""
            <li class="item {group}">
            <div class="item-head"><span class="item-name">{look.Objective.Promise} <span class="id">{look.Objective.Name}</span></span>{OpsLayout.Pill(group, word)}</div>
            <p class="item-text">{ObjectiveWords.Left(left)} {Good(look)}</p>
            <p class="item-meta">{ObjectiveWords.Target(look.Objective)} · burn rate {burns}</p>
            </li>
            """);
    }

    private static string Good(ObjectiveLook look) => look.Objective.Budget is ErrorBudget.Most
        ? $"{look.Budget.Bad} in 30 days."
        : look.Budget.Total == 0 ? "Nothing happened yet." : $"{look.Budget.Good} of {look.Budget.Total} were good.";

    private static string Number(decimal rate) => rate.ToString("0.##", CultureInfo.InvariantCulture);
}
