namespace Portal.Operations.Objectives;

/// <summary>A stretch of time up to now, as reports of breaches name it.</summary>
public sealed record BurnWindow(string Name, int Minutes)
{
    public TimeSpan Length => TimeSpan.FromMinutes(Minutes);
}

/// <summary>A budget burns too fast when it does so over a long window, so that it matters, and over a short one, so that it still
/// does.</summary>
/// <param name="Rate">From this burn rate on.</param>
/// <param name="Pages">A page; else a ticket.</param>
public sealed record BurnRule(BurnWindow Long, BurnWindow Short, decimal Rate, bool Pages);

/// <summary>What follows from the burn rates of an objective.</summary>
/// <param name="Page">The rule that somebody is to be woken by; null: none.</param>
/// <param name="Ticket">The rule that is worth a warning; null: none.</param>
/// <param name="PageOver">No short window of a rule that pages burns at its rate: what was opened may close.</param>
/// <param name="TicketOver">The same of rules that warn.</param>
public sealed record BurnVerdict(BurnRule? Page, BurnRule? Ticket, bool PageOver, bool TicketOver);

/// <summary>
/// Google's rules of several windows and burn rates (sre.google/workbook/alerting-on-slos): 2 % of a month's budget in an hour, or 5 % in
/// six, wakes somebody; 10 % in a day or in three days is a ticket. Nothing here is rounded.
/// </summary>
public static class BurnRates
{
    public static readonly BurnWindow FiveMinutes = new("5m", 5);
    public static readonly BurnWindow HalfHour = new("30m", 30);
    public static readonly BurnWindow Hour = new("1h", 60);
    public static readonly BurnWindow TwoHours = new("2h", 120);
    public static readonly BurnWindow SixHours = new("6h", 360);
    public static readonly BurnWindow Day = new("1d", 1440);
    public static readonly BurnWindow ThreeDays = new("3d", 4320);

    /// <summary>The fastest first: the rule that is named when several hold.</summary>
    public static IReadOnlyList<BurnRule> Rules { get; } =
    [
        new(Hour, FiveMinutes, 14.4m, true),
        new(SixHours, HalfHour, 6, true),
        new(Day, TwoHours, 3, false),
        new(ThreeDays, SixHours, 1, false),
    ];

    public static IReadOnlyList<BurnWindow> Windows { get; } = [FiveMinutes, HalfHour, Hour, TwoHours, SixHours, Day, ThreeDays];

    /// <param name="counts">Of each of <see cref="Windows"/>.</param>
    public static BurnVerdict Judge(ServiceObjective objective, IReadOnlyDictionary<BurnWindow, GoodOf> counts)
    {
        var holding = Rules.Where(rule => Burns(rule.Long, rule.Rate) && Burns(rule.Short, rule.Rate)
            && counts[rule.Long].Bad >= objective.LeastBad).ToList();
        return new(
            holding.FirstOrDefault(Wakes), holding.FirstOrDefault(rule => !Wakes(rule)),
            !Rules.Any(rule => Wakes(rule) && Burns(rule.Short, rule.Rate)),
            !Rules.Any(rule => !Wakes(rule) && Burns(rule.Short, rule.Rate)));

        bool Burns(BurnWindow window, decimal rate) => objective.BurnRate(counts[window], window.Length) >= rate;

        // An objective that wakes nobody is warned of at every rate.
        bool Wakes(BurnRule rule) => rule.Pages && objective.Pages;
    }
}
