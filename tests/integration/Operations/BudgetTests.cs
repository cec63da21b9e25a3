using System.Globalization;
using Portal.Tests.Support;

namespace Portal.Tests.Integration.Operations;

/// <summary>Who is told how much of a month's budget is used, when, and how often.</summary>
public sealed class BudgetTests(TestPortal portal) : IClassFixture<TestPortal>, IAsyncLifetime
{
    private DateOnly month;

    private DateTimeOffset Now => portal.Clock.GetUtcNow();

    public async Task InitializeAsync()
    {
        // Each test has a month of its own.
        await portal.ResetAsync();
        var next = new DateOnly(Now.Year, Now.Month, 1).AddMonths(1);
        portal.Clock.AdvanceTo(At(next).AddDays(1).AddHours(13));
        month = next;
        await portal.DeliverAsync();
        await portal.DoAsync("delete from portal.usage_days; update portal.tenants set monthly_budget_usd = null");
    }

    public Task DisposeAsync() => Task.CompletedTask;

    [Theory]
    [InlineData(50, 300_000)]
    [InlineData(80, 480_000)]
    [InlineData(100, 600_000)]
    public async Task Admins_and_people_on_call_are_told_at_each_threshold_and_not_a_second_before(int percent, int seconds)
    {
        // Ten dollars are six hundred thousand seconds at 0.001 a minute.
        await SetAsync("admin", 10);
        await SetAsync("other-admin", 10);
        await UsedAsync(TestPeople.Tenant, seconds - 1);
        await portal.Host.RunTimerAsync("MeasureUsage");
        var below = await ToldAsync();
        Assert.DoesNotContain($"{percent}", below);

        await UsedAsync(TestPeople.Tenant, seconds);
        await portal.Host.RunTimerAsync("MeasureUsage");
        await portal.Host.RunTimerAsync("MeasureUsage");
        await portal.DeliverAsync();

        // What was passed on the way is not told besides.
        Assert.Equal(below.Append($"{percent}"), await ToldAsync());
        var notices = (await portal.As("admin").FetchAsync("/api/notifications?type=tenant_budget_reached")).Expect(200)
            .Field("items").AsArray().Count(
                item => DateTimeOffset.Parse(item!["createdAt"]!.ToString(), CultureInfo.InvariantCulture) >= At(month));
        Assert.Equal(below.Count + 1, notices);
        var said = percent == 100 ? $"The budget of {Name(month)} is reached" : $"{percent} % of the budget of {Name(month)} is used";
        var mail = Assert.Single(await portal.InboxOfAsync("admin"), mail => mail.Subject == said);
        Assert.Contains($"{seconds / 60_000m:0.00} USD", mail.Text!, StringComparison.Ordinal);
        Assert.Contains("the budget is 10 USD", mail.Text!, StringComparison.Ordinal);
        foreach (var person in new[] { "agency", "compliance", "other-admin" })
        {
            Assert.DoesNotContain(await portal.InboxOfAsync(person), m => m.Subject.Contains("budget", StringComparison.Ordinal));
        }

        Assert.Equal([$"{TestPeople.Tenant} warning {percent}"], await AlertsAsync());
    }

    [Fact]
    public async Task Who_raises_the_budget_ends_the_alert_and_is_told_again_when_it_is_used()
    {
        await SetAsync("admin", 10);
        await UsedAsync(TestPeople.Tenant, 480_000);
        await portal.Host.RunTimerAsync("MeasureUsage");
        await portal.RunTimerAsync("WatchAlerts");
        Assert.Equal([$"{TestPeople.Tenant} warning 80"], await AlertsAsync());

        // Lowered, it is reached all the more.
        await SetAsync("admin", 9);
        await portal.RunTimerAsync("WatchAlerts");
        Assert.Equal([$"{TestPeople.Tenant} warning 80"], await AlertsAsync());

        await SetAsync("admin", 16);
        await SetAsync("admin", 17);
        await portal.RunTimerAsync("WatchAlerts");
        Assert.Empty(await AlertsAsync());
        await portal.Host.RunTimerAsync("MeasureUsage");
        Assert.Equal(["80"], await ToldAsync());

        await UsedAsync(TestPeople.Tenant, 510_000);
        await portal.Host.RunTimerAsync("MeasureUsage");
        Assert.Equal(["80", "50"], await ToldAsync());
        Assert.Equal([$"{TestPeople.Tenant} warning 50"], await AlertsAsync());
    }

    [Fact]
    public async Task The_alert_is_over_with_the_month_and_the_next_month_begins_anew()
    {
        await SetAsync("admin", 10);
        await UsedAsync(TestPeople.Tenant, 600_000);
        await portal.Host.RunTimerAsync("MeasureUsage");
        portal.Clock.AdvanceTo(At(month.AddMonths(1)).AddSeconds(-1));
        await portal.RunTimerAsync("WatchAlerts");
        Assert.Equal([$"{TestPeople.Tenant} warning 100"], await AlertsAsync());

        portal.Clock.AdvanceTo(At(month.AddMonths(1)));
        await portal.RunTimerAsync("WatchAlerts");
        Assert.Empty(await AlertsAsync());
        await portal.Host.RunTimerAsync("MeasureUsage");
        Assert.Equal(["100"], await ToldAsync());

        month = month.AddMonths(1);
        await UsedAsync(TestPeople.Tenant, 600_000);
        await portal.Host.RunTimerAsync("MeasureUsage");
        Assert.Equal(["100"], await ToldAsync());
    }

    [Fact]
    public async Task Nobody_is_told_of_the_budget_of_a_portal_that_was_deleted()
    {
        await SetAsync("admin", 10);
        await UsedAsync(TestPeople.Tenant, 600_000);
        await portal.DoAsync("update portal.tenants set status = 'deleted', deleted_at = @Now where id = @Tenant", new { TestPeople.Tenant, Now });
        try
        {
            await portal.Host.RunTimerAsync("MeasureUsage");
            Assert.Empty(await ToldAsync());
            Assert.Empty(await AlertsAsync());
        }
        finally
        {
            await portal.DoAsync("update portal.tenants set status = 'active', deleted_at = null where id = @Tenant", new { TestPeople.Tenant });
        }

        await portal.Host.RunTimerAsync("MeasureUsage");
        Assert.Equal(["100"], await ToldAsync());
    }

    [Fact]
    public async Task A_budget_is_set_by_an_Admin_at_the_version_that_they_read_and_is_in_the_audit_log()
    {
        var set = await SetAsync("admin", 1_000_000);
        Assert.Equal("1000000", set.Text("monthlyBudgetUsd"));
        portal.Clock.Advance(TimeSpan.FromSeconds(1));
        Assert.Null((await SetAsync("admin", null)).Json!["monthlyBudgetUsd"]);
        foreach (var wrong in new object[] { 0, 1_000_001, 1.5, "much" })
        {
            Assert.Equal(400, (await portal.As("admin").ChangeAsync("/api/tenant", new { monthlyBudgetUsd = wrong })).Code);
        }

        Assert.Equal(["1000000 → null"], await portal.ListAsync("""
            select coalesce(old_value ->> 'monthlyBudgetUsd', 'null') || ' → ' || coalesce(new_value ->> 'monthlyBudgetUsd', 'null')
              from portal.audit_log where action = 'tenant_changed' and tenant_id = '11111111-1111-7111-8111-111111111111'
             order by occurred_at desc, id desc limit 1
            """));
        Assert.Equal(403, (await portal.As("agency").FetchAsync("/api/tenant")).Code);
    }

    private async Task<Answer> SetAsync(string person, int? usd) =>
        (await portal.As(person).ChangeAsync("/api/tenant", new { monthlyBudgetUsd = usd })).Expect(200);

    /// <summary>Yesterday, so many seconds of video were delivered for the tenant, and nothing else was used in the month.</summary>
    private Task UsedAsync(Guid tenant, int seconds) => portal.DoAsync("""
        insert into portal.usage_counts (day, counted_at, delivered_at, settled) values (@month, @now, @now, true)
            on conflict (day) do update set settled = true, delivered_at = @now;
        delete from portal.usage_days where tenant_id = @tenant;
        insert into portal.usage_days (tenant_id, day, metric, project_id, asset_id, asset_version_id, quantity)
        values (@tenant, @month, 'delivered', @id, @id, @id, @seconds)
        """, new { tenant, month, seconds, id = Guid.NewGuid(), now = Now });

    /// <summary>Of this month, by the events.</summary>
    private Task<IReadOnlyList<string>> ToldAsync() => portal.ListAsync($"""
        select payload ->> 'percent' from portal.events
         where type = 'tenant_budget_reached' and payload ->> 'month' = '{month:yyyy-MM-dd}' order by seq
        """);

    private Task<IReadOnlyList<string>> AlertsAsync() => portal.ListAsync("""
        select dedup_key || ' ' || severity || ' ' || (details ->> 'percent') from portal.alerts
         where kind = 'tenant_budget_reached' and resolved_at is null order by dedup_key
        """);

    private static string Name(DateOnly month) => month.ToString("MMMM yyyy", CultureInfo.InvariantCulture);

    private static DateTimeOffset At(DateOnly day) => new(day, TimeOnly.MinValue, TimeSpan.Zero);
}
