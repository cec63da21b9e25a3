using Microsoft.Extensions.Options;
using Portal.Events.Deliveries;
using Portal.Events.Deliveries.Mails;
using Portal.Foundation;
using Portal.Foundation.Identity;
using Portal.Foundation.Outbox;
using Portal.Operations.Objectives;

namespace Portal.Operations.OnCallMails;

/// <summary>How the objectives did in a week: first those that were not kept.</summary>
public sealed class ObjectivesMail(OnCallMailStore store, IOptions<MailOptions> options) : IMailWriter
{
    private static readonly TimeSpan Week = TimeSpan.FromDays(7);

    public IReadOnlyCollection<EventType> Types { get; } = [EventType.ObjectivesReported];

    public async Task<(MailContent? Content, string? Why)> WriteAsync(
        TenantId tenant, Delivery delivery, MailRecipient to, CancellationToken ct)
    {
        var week = MailPeriod.Of(delivery.Event);
        var measured = (await store.ObjectivesAsync(week, ServiceObjective.Window, ct)).ToDictionary(of => of.Objective);
        var looks = ServiceObjectives.All.Where(objective => measured.ContainsKey(objective.Name))
            .Select(objective => (Objective: objective, Week: measured[objective.Name])).ToList();
        if (looks.Count == 0)
        {
            return (null, "nothing_measured");
        }

        var missed = looks.Where(look => !IsKept(look.Objective, look.Week)).ToList();
        var result = missed.Count == 0
            ? "all objectives were kept"
            : $"{missed.Count} of {Words.Count(looks.Count, "objective was", "objectives were")} not kept";
        var from = Words.Day(DateOnly.FromDateTime(week.Since.UtcDateTime));
        return (new(
            $"Portal: {result} in the week from {from}", string.Join(", ", missed.Select(look => look.Objective.Name)),
            $"Objectives in the week from {from}",
            [
                new MailPart.Paragraph(
                    $"{char.ToUpperInvariant(result[0])}{result[1..]}. Budgets are of the 30 days up to the end of the week."),
                .. Section("Not kept", missed),
                .. Section("Kept", [.. looks.Except(missed)]),
                week.Facts(),
            ],
            new("Open the overview", $"{options.Value.ApiUrl.TrimEnd('/')}/ops#objectives"),
            "You get this each Monday because you are on call."), null);
    }

    /// <summary>Its budget burned no faster than it may, and there is some of it left.</summary>
    public static bool IsKept(ServiceObjective objective, ObjectiveWeek week) =>
        objective.BurnRate(new(week.Good, week.Total), Week) <= 1 && objective.BudgetLeft(new(week.BudgetGood, week.BudgetTotal)) > 0;

    private static IEnumerable<MailPart> Section(
        string title, List<(ServiceObjective Objective, ObjectiveWeek Week)> looks) => looks.Count == 0
        ? []
        : [new MailPart.Section(
            title, [.. looks.Select(look => new MailItem(look.Objective.Promise, Note(look.Objective, look.Week), null))])];

    private static string Note(ServiceObjective objective, ObjectiveWeek week) => string.Join("; ",
        new[]
        {
            objective.Name,
            Happened(objective, new(week.Good, week.Total)),
            ObjectiveWords.Target(objective),
            $"{ObjectiveWords.Share(objective.BudgetLeft(new(week.BudgetGood, week.BudgetTotal)))} of the budget is left",
            week.Pages == 0 ? null : $"paged {Words.Count((int)week.Pages, "time", "times")}",
        }.OfType<string>());

    private static string Happened(ServiceObjective objective, GoodOf count) => objective.Budget is ErrorBudget.Most
        ? $"{count.Bad} in the week"
        : count.Total == 0 ? "nothing happened in the week" : $"{count.Good} of {count.Total} were good in the week";
}
