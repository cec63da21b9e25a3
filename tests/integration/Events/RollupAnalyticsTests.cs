using System.Globalization;
using Portal.Tests.Support;

namespace Portal.Tests.Integration.Events;

/// <summary>Raw analytics become hours, days and months, each row once; who reads what of it.</summary>
public sealed class RollupAnalyticsTests(TestPortal portal) : IClassFixture<TestPortal>, IAsyncLifetime
{
    private DateTimeOffset Now => portal.Clock.GetUtcNow();

    public async Task InitializeAsync()
    {
        await portal.ResetAsync();
        await portal.DoAsync("delete from portal.analytics_raw; delete from portal.analytics_rollups");
        await portal.DoAsync("update portal.tenants set keep_raw_analytics_days = null");
    }

    public Task DisposeAsync() => Task.CompletedTask;

    [Fact]
    public async Task Each_row_counts_once_in_its_hour_day_and_month_however_often_it_runs()
    {
        var at = new DateTimeOffset(Now.Year, Now.Month, 1, 0, 0, 0, TimeSpan.Zero).AddDays(-1);
        await AddAsync(TestPeople.Tenant, 3, at.AddHours(13).AddMinutes(59), amount: 2);
        await AddAsync(TestPeople.Tenant, 1, at.AddHours(14), amount: 5);
        await AddAsync(TestPeople.Tenant, 1, at.AddHours(24), amount: 7);
        await AddAsync(TestPeople.OtherTenant, 4, at.AddHours(14));
        await RunAsync();
        await RunAsync();

        // A late one of the first hour.
        await AddAsync(TestPeople.Tenant, 1, at.AddHours(13), amount: 1);
        await RunAsync();

        var (day, month) = (at.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture), at.ToString("yyyy-MM", CultureInfo.InvariantCulture));
        var (nextDay, nextMonth) = (
            at.AddDays(1).ToString(
                "yyyy-MM-dd", CultureInfo.InvariantCulture), at.AddDays(1).ToString("yyyy-MM", CultureInfo.InvariantCulture));
        Assert.Equal(
            [
                $"{month}-01 00 month 5 12", $"{day} 00 day 5 12", $"{day} 13 hour 4 7", $"{day} 14 hour 1 5", $"{nextDay} 00 day 1 7",
                $"{nextDay} 00 hour 1 7", $"{nextMonth}-01 00 month 1 7"
            ],
            (await RollupsAsync(TestPeople.Tenant)).Order(StringComparer.Ordinal));
        Assert.Equal(3, (await RollupsAsync(TestPeople.OtherTenant)).Count);
    }

    [Fact]
    public async Task Eight_at_once_and_more_than_a_batch_still_count_each_row_once()
    {
        await AddAsync(TestPeople.Tenant, 12_000, Now);
        await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => portal.Host.RunTimerAsync("RollupAnalytics")));
        await RunAsync();
        Assert.Equal([12_000L, 12_000L, 12_000L], (await portal.ListAsync(
            "select events::text from portal.analytics_rollups where tenant_id = @tenant", new { tenant = TestPeople.Tenant })).Select(
                n => long.Parse(n, CultureInfo.InvariantCulture)));
    }

    [Fact]
    public async Task Raw_rows_go_only_when_they_are_rolled_up_and_hours_and_days_after_their_time()
    {
        await portal.DoAsync("update portal.tenants set keep_raw_analytics_days = 5 where id = @id", new { id = TestPeople.Tenant });
        await AddAsync(TestPeople.Tenant, 2, Now.AddDays(-6));
        await AddAsync(TestPeople.OtherTenant, 2, Now.AddDays(-6));
        await portal.Host.RunTimerAsync("PruneRetention");
        Assert.Equal(4, await portal.ScalarAsync<long>("select count(*) from portal.analytics_raw"));
        await RunAsync();
        await portal.Host.RunTimerAsync("PruneRetention");
        Assert.Equal(
            [TestPeople.OtherTenant.ToString()], await portal.ListAsync("select distinct tenant_id::text from portal.analytics_raw"));

        // What comes later than its hour is kept is in the day and the month alone.
        await AddAsync(TestPeople.Tenant, 1, Now.AddDays(-91));
        await RunAsync();
        Assert.Equal(
            3, await portal.ScalarAsync<long>(
                "select count(*) from portal.analytics_rollups where tenant_id = @tenant and grain = 'hour' or bucket_start < @old",
                new { tenant = TestPeople.Tenant, old = Now.AddDays(-85) }));
        portal.Clock.Advance(TimeSpan.FromDays(85));
        await portal.Host.RunTimerAsync("PruneRetention");
        Assert.Equal(
            ["day", "day", "month", "month"], await portal.ListAsync(
                "select grain from portal.analytics_rollups where tenant_id = @tenant order by 1", new { tenant = TestPeople.Tenant }));
        portal.Clock.Advance(TimeSpan.FromDays(366));
        await portal.Host.RunTimerAsync("PruneRetention");
        Assert.Equal(
            ["month", "month"], await portal.ListAsync(
                "select grain from portal.analytics_rollups where tenant_id = @tenant", new { tenant = TestPeople.Tenant }));
    }

    [Fact]
    public async Task An_Admin_reads_all_an_Agency_person_their_projects_and_others_nothing()
    {
        var mine = await portal.NewProjectAsync();
        var notMine = (
            await portal.As("admin").PostAsync(
                "/api/projects", new { name = "Not yours", memberIds = Array.Empty<Guid>() })).Expect(201).Id;
        await AddAsync(TestPeople.Tenant, 1, Now.AddHours(-3), project: mine);
        await AddAsync(TestPeople.Tenant, 2, Now.AddHours(-3), project: notMine);
        await AddAsync(TestPeople.Tenant, 4, Now.AddHours(-3), metric: "uploads");
        await AddAsync(TestPeople.OtherTenant, 8, Now.AddHours(-3));
        await RunAsync();

        Assert.Equal(
            ("opens 3, uploads 4", "opens 1", "opens 8"), (
                await SumAsync("admin", ""), await SumAsync("agency", ""), await SumAsync("other-admin", "")));
        Assert.Equal(
            ("opens 2", "", "uploads 4"), (
                await SumAsync("admin", $"?projectId={notMine}"), await SumAsync("agency", $"?projectId={notMine}"), await SumAsync(
                    "admin", "?metric=uploads&grain=month")));
        Assert.Equal("", await SumAsync("admin", $"?grain=hour&to={Uri.EscapeDataString(Now.AddHours(-4).ToString("O"))}"));

        // From the beginning of the first hour to before that of the last.
        var hour = new DateTimeOffset(Now.UtcDateTime.Date, TimeSpan.Zero).AddHours(Now.AddHours(-3).Hour + ((Now.Hour < 3) ? -24 : 0));
        Assert.Equal(
            ("opens 3, uploads 4", "", ""),
            (await HoursAsync(hour, hour.AddHours(1)), await HoursAsync(hour.AddHours(-1), hour),
                await HoursAsync(hour.AddHours(1), hour.AddHours(2))));
        foreach (var person in new[] { "client", "compliance" })
        {
            (await portal.As(person).FetchAsync("/api/analytics")).Expect(403);
        }

        foreach (var (query, code) in new[] { ("?grain=hour&from=2026-01-01T00:00:00Z&to=2026-01-09T00:00:00Z", 400), ("?grain=week", 400),
            ("?from=2026-02-01T00:00:00Z&to=2026-01-01T00:00:00Z", 400), ("?to=0001-01-01T00:00:00Z", 400), (
                "?grain=month&from=2017-01-01T00:00:00Z&to=2026-01-01T00:00:00Z", 200) })
        {
            (await portal.As("admin").FetchAsync($"/api/analytics{query}")).Expect(code);
        }

        Task<string> HoursAsync(DateTimeOffset from, DateTimeOffset to) => SumAsync(
            "admin", $"?grain=hour&from={Uri.EscapeDataString(from.ToString("O"))}&to={Uri.EscapeDataString(to.ToString("O"))}");
    }

    private Task RunAsync() => portal.Host.RunTimerAsync("RollupAnalytics");

    private async Task<string> SumAsync(string person, string query)
    {
        var items = (await portal.As(person).FetchAsync($"/api/analytics{query}")).Expect(200).Json!["items"]!.AsArray();
        return string.Join(
            ", ", items.GroupBy(item => item!["metric"]!.ToString()).Select(
                of => $"{of.Key} {of.Sum(item => item!["events"]!.GetValue<long>())}"));
    }

    private Task AddAsync(Guid tenant, int count, DateTimeOffset at, double amount = 1, Guid? project = null, string metric = "opens") =>
        portal.DoAsync("""
        insert into portal.analytics_raw (tenant_id, event_id, metric, project_id, amount, occurred_at, recorded_at)
        select @tenant, gen_random_uuid(), @metric, @project, @amount, @at, @at from generate_series(1, @count)
        """, new { tenant, count, at, amount, project, metric });

    private Task<IReadOnlyList<string>> RollupsAsync(Guid tenant) => portal.ListAsync("""
        select to_char(bucket_start at time zone 'UTC', 'YYYY-MM-DD HH24') || ' ' || grain || ' ' || events || ' ' || amount
          from portal.analytics_rollups where tenant_id = @tenant
        """, new { tenant });
}
