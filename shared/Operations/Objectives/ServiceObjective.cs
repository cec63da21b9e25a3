namespace Portal.Operations.Objectives;

/// <summary>Which functions' requests are counted.</summary>
/// <param name="Only">True: those that are named; false: all but those.</param>
public sealed record FunctionSet(bool Only, params string[] Names);

/// <summary>What an objective is measured by, as counts of good and of all a minute.</summary>
public abstract record Indicator
{
    private Indicator()
    {
    }

    /// <summary>All requests; good: the answer was not a fault of ours (5xx).</summary>
    public sealed record Answered(FunctionSet Of) : Indicator;

    /// <summary>Requests that were answered with what they asked for (2xx, 3xx); good: in less than so many milliseconds.</summary>
    /// <param name="UnderMs">One of <see cref="RequestFigures.Bounds"/>.</param>
    public sealed record Fast(int UnderMs, FunctionSet Of) : Indicator;

    /// <summary>Rows of ours, which <c>portal.count_objectives</c> counts under the objective's name.</summary>
    public sealed record Rows : Indicator;
}

/// <summary>How much may be bad.</summary>
public abstract record ErrorBudget
{
    private ErrorBudget()
    {
    }

    /// <summary>How many may be bad of <paramref name="total"/> in a window, without rounding.</summary>
    public abstract decimal Allowed(long total, TimeSpan window);

    /// <summary>What share must be good, above 0 and below 1.</summary>
    public sealed record Share(decimal Target) : ErrorBudget
    {
        public override decimal Allowed(long total, TimeSpan window) => total * (1 - Target);
    }

    /// <summary>So many bad ones a day, whatever there is of others: for what is bad in itself.</summary>
    public sealed record Most(int ADay) : ErrorBudget
    {
        public override decimal Allowed(long total, TimeSpan window) => (decimal)window.Ticks * ADay / TimeSpan.TicksPerDay;
    }
}

/// <summary>Good of all that happened in some time.</summary>
public readonly record struct GoodOf(long Good, long Total)
{
    public long Bad => Total - Good;
}

/// <summary>A promise with a number.</summary>
/// <param name="Name">One of <see cref="Foundation.Alerts.Objective"/>.</param>
/// <param name="Promise">What must be so, for people.</param>
/// <param name="LeastBad">So many must be bad within the longer window before anybody is told: one failure in a quiet hour is no trend,
/// while an outage at night, when all of a few requests fail, is.</param>
/// <param name="Pages">A fast burn wakes somebody and freezes changes; else it is a warning as well.</param>
/// <param name="Owner">The role that sees to it, and changes the number.</param>
public sealed record ServiceObjective(
    string Name, string Promise, Indicator Indicator, ErrorBudget Budget, int LeastBad, bool Pages, string Owner)
{
    /// <summary>Over how long each budget is counted.</summary>
    public static readonly TimeSpan Window = TimeSpan.FromDays(30);

    /// <summary>How many times faster than its budget allows; 1 uses it up in exactly <see cref="Window"/>.</summary>
    public decimal BurnRate(GoodOf count, TimeSpan window) => Budget.Allowed(count.Total, window) is > 0 and var allowed
        ? count.Bad / allowed
        : 0;

    /// <summary>What is left of the budget: 1 all of it, 0 nothing; below 0 it is overspent.</summary>
    public decimal BudgetLeft(GoodOf count) => 1 - BurnRate(count, Window);
}
