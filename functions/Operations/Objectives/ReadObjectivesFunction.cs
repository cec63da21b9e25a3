using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Portal.Foundation.Alerts;
using Portal.Functions.Foundation.Http;
using Portal.Functions.Foundation.Http.Inputs;
using Portal.Operations.Objectives;

namespace Portal.Functions.Operations.Objectives;

/// <summary>Where the burn of an objective stands.</summary>
public static class ObjectiveBurn
{
    /// <summary>Within its budget.</summary>
    public const string Ok = "ok";

    /// <summary>Worth a warning.</summary>
    public const string Slow = "slow";

    /// <summary>Somebody is woken.</summary>
    public const string Fast = "fast";

    public static string Of(BurnVerdict verdict) => verdict.Page is not null ? Fast : verdict.Ticket is not null ? Slow : Ok;
}

public sealed record BurnWindowJson(
    [OneOf("5m", "30m", "1h", "2h", "6h", "1d", "3d")] string Window, long Good, long Total,
    [About("How many times faster than the budget allows; at 1 it lasts exactly the window of the objective.")] double BurnRate);

public sealed record ObjectivePointJson([About("Of six hours.")] DateTimeOffset Start, long Good, long Total);

/// <summary>An objective: its number, what is left of its budget, how fast that burns now, and how it was.</summary>
public sealed record MeasuredObjectiveJson(
    [OneOf(typeof(Objective))] string Name, string Promise, [About("The role that sees to it.")] string Owner,
    [About("The share that must be good; null: so many bad ones a day are allowed, mostADay.")] double? Target, int? MostADay,
    [About("Days that the budget is counted over.")] int WindowDays,
    [About("A fast burn wakes people on call and freezes changes; else it is a warning.")] bool Pages, long Good, long Total,
    [About("1: all of it; 0: nothing; below 0 it is overspent.")] double BudgetLeft,
    [OneOf(typeof(ObjectiveBurn))] string Burn, IReadOnlyList<BurnWindowJson> Windows,
    [About("The window of the budget, the oldest first, 120 points at most; times in which nothing happened are left out.")]
    IReadOnlyList<ObjectivePointJson> History)
{
    public static MeasuredObjectiveJson From(ObjectiveLook look) => new(
        look.Objective.Name, look.Objective.Promise, look.Objective.Owner,
        look.Objective.Budget is ErrorBudget.Share share ? (double)share.Target : null,
        look.Objective.Budget is ErrorBudget.Most most ? most.ADay : null, (int)ServiceObjective.Window.TotalDays, look.Objective.Pages,
        look.Budget.Good, look.Budget.Total, (double)look.Objective.BudgetLeft(look.Budget), ObjectiveBurn.Of(look.Verdict),
        [
            .. BurnRates.Windows.Select(window => new BurnWindowJson(
                window.Name, look.Windows[window].Good, look.Windows[window].Total, (double)look.BurnRate(window))),
        ],
        [.. look.History.Select(point => new ObjectivePointJson(point.Start, point.Good, point.Total))]);
}

/// <summary>All objectives, measured up to <c>until</c>.</summary>
public sealed record ObjectivesJson(DateTimeOffset Until, IReadOnlyList<MeasuredObjectiveJson> Items);

/// <summary>How the promises stand.</summary>
public sealed class ReadObjectivesFunction(ObjectiveQueries objectives)
{
    [Function("ReadObjectives")]
    [Allows(PortalAction.OperateIncidents)]
    [Operation("Read the objectives and their error budgets", Returns = typeof(ObjectivesJson),
        Details = "Counted every minute. A burn that is fast over a long and a short window opens an incident, pages people on call and "
            + "freezes changes; a slow one is an alert. Both close when the burn has stopped; the freeze stays on.")]
    public async Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", "head", Route = "api/ops/objectives")] HttpRequest request, CancellationToken ct)
    {
        var (until, all) = await objectives.AllAsync(ct);
        return Reply.Ok(new ObjectivesJson(until, [.. all.Select(MeasuredObjectiveJson.From)]));
    }
}
