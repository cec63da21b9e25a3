using Portal.Operations.Objectives;

namespace Portal.Tests.Unit.Operations;

/// <summary>When a burn pages, warns, and is over: each number from both sides.</summary>
public sealed class BurnRateTests
{
    /// <summary>Of so many, 1 in 1000 may be bad: a burn rate of 1 is 1000 bad ones.</summary>
    private const long Many = 1_000_000;

    private static readonly ServiceObjective Paging = new(
        "availability", "", new Indicator.Rows(), new ErrorBudget.Share(0.999m), 10, true, "");

    private static readonly ServiceObjective Warning = Paging with { Pages = false };

    public static TheoryData<string, long, string> Rules => new()
    {
        { "1h 5m page", 14_400, "1h" },
        { "6h 30m page", 6_000, "6h" },
        { "1d 2h ticket", 3_000, "1d" },
        { "3d 6h ticket", 1_000, "3d" },
    };

    [Theory]
    [MemberData(nameof(Rules))]
    public void A_rule_holds_from_its_rate_on_in_both_windows(string rule, long bad, string named)
    {
        var (longer, shorter, pages) = (rule.Split(' ')[0], rule.Split(' ')[1], rule.EndsWith("page", StringComparison.Ordinal));

        Assert.Null(Named(Judge(Paging, (longer, bad - 1), (shorter, bad))));
        Assert.Null(Named(Judge(Paging, (longer, bad), (shorter, bad - 1))));
        Assert.Equal(named, Named(Judge(Paging, (longer, bad), (shorter, bad))));
        Assert.Equal(named, Named(Judge(Paging, (longer, bad + 1), (shorter, bad + 1))));

        string? Named(BurnVerdict verdict)
        {
            Assert.Null(pages ? verdict.Ticket : verdict.Page);
            return (pages ? verdict.Page : verdict.Ticket)?.Long.Name;
        }
    }

    [Fact]
    public void The_fastest_rule_is_named_when_several_hold()
    {
        var verdict = Judge(Paging, [.. BurnRates.Windows.Select(window => (window.Name, 20_000L))]);
        Assert.Equal(("1h", "1d"), (verdict.Page!.Long.Name, verdict.Ticket!.Long.Name));
    }

    [Theory]
    [InlineData(9, false)]
    [InlineData(10, true)]
    [InlineData(11, true)]
    public void Few_failures_in_a_quiet_hour_wake_nobody(long bad, bool pages)
    {
        // All of the requests of the hour have failed: a thousand times too fast.
        var counts = BurnRates.Windows.ToDictionary(window => window, _ => new GoodOf(0, bad));
        var verdict = BurnRates.Judge(Paging, counts);
        Assert.Equal((pages, pages), (verdict.Page is not null, verdict.Ticket is not null));
    }

    [Fact]
    public void The_least_number_is_of_the_longer_window()
    {
        var counts = BurnRates.Windows.ToDictionary(window => window, window => new GoodOf(0, window.Minutes >= 60 ? 10 : 1));
        Assert.Equal("1h", BurnRates.Judge(Paging, counts).Page?.Long.Name);
    }

    [Fact]
    public void Nothing_that_happened_is_no_burn_and_leaves_the_budget_whole()
    {
        var verdict = Judge(Paging);
        Assert.Equal(
            (null, null, true, true),
            (BurnRates.Judge(Paging, BurnRates.Windows.ToDictionary(window => window, _ => default(GoodOf))).Page, verdict.Ticket,
                verdict.PageOver, verdict.TicketOver));
        Assert.Equal(1, Paging.BudgetLeft(default));
    }

    [Theory]
    [InlineData("5m", 14_400)]
    [InlineData("30m", 6_000)]
    public void A_page_is_over_when_no_short_window_burns_at_its_rate(string window, long bad)
    {
        Assert.False(Judge(Paging, (window, bad)).PageOver);
        Assert.True(Judge(Paging, (window, bad - 1)).PageOver);
        Assert.True(Judge(Paging, (window, bad)).TicketOver);
    }

    [Theory]
    [InlineData("2h", 3_000)]
    [InlineData("6h", 1_000)]
    public void A_warning_is_over_when_no_short_window_burns_at_its_rate(string window, long bad)
    {
        Assert.False(Judge(Paging, (window, bad)).TicketOver);
        Assert.True(Judge(Paging, (window, bad - 1)).TicketOver);
        Assert.True(Judge(Paging, (window, bad)).PageOver);
    }

    [Fact]
    public void An_objective_that_pages_nobody_warns_at_every_rate()
    {
        var verdict = Judge(Warning, ("1h", 14_400), ("5m", 14_400));
        Assert.Equal((null, "1h"), (verdict.Page, verdict.Ticket!.Long.Name));
        Assert.Equal((true, false), (verdict.PageOver, verdict.TicketOver));
        Assert.True(Judge(Warning, ("1h", 14_400), ("5m", 14_399)).TicketOver);
    }

    [Theory]
    [InlineData(149, 0.1, "1/150 left")]
    [InlineData(150, 0, "none left")]
    [InlineData(151, -0.1, "overspent")]
    public void So_many_a_day_are_allowed_whatever_else_there_is(long bad, double sign, string what)
    {
        var objective = Paging with { Budget = new ErrorBudget.Most(5) };
        var left = objective.BudgetLeft(new(0, bad));
        Assert.Equal(Math.Sign(sign), Math.Sign(left));
        Assert.Equal(left, objective.BudgetLeft(new(1_000, bad + 1_000)));
        Assert.True(Math.Abs(left) <= 1m / 150, what);
        Assert.Equal(15 / 5m, objective.BurnRate(new(0, 15), TimeSpan.FromDays(1)));
    }

    [Fact]
    public void Budgets_are_not_rounded()
    {
        Assert.Equal(0.001m, 1 - Paging.BurnRate(new(Many - 999, Many), ServiceObjective.Window));
        Assert.Equal(-0.001m, Paging.BudgetLeft(new(Many - 1001, Many)));
        Assert.Equal(0, Paging.BudgetLeft(new(Many - 1000, Many)));
    }

    private static BurnVerdict Judge(ServiceObjective objective, params (string Window, long Bad)[] bad) => BurnRates.Judge(
        objective, BurnRates.Windows.ToDictionary(
            window => window, window => new GoodOf(Many - bad.FirstOrDefault(of => of.Window == window.Name).Bad, Many)));
}
