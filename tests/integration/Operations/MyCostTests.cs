using System.Globalization;
using Dapper;
using Portal.Tests.Support;

namespace Portal.Tests.Integration.Operations;

/// <summary>Whoever uploads sees what their own videos cost, and nobody else's.</summary>
public sealed class MyCostTests(TestPortal portal) : IClassFixture<TestPortal>, IAsyncLifetime
{
    private DateOnly month;
    private Guid project;

    public async Task InitializeAsync()
    {
        await portal.ResetAsync();
        await DoAsync("delete from portal.usage_days; delete from portal.usage_counts");
        month = DateOnly.FromDateTime(portal.Clock.GetUtcNow().UtcDateTime).AddDays(1 - portal.Clock.GetUtcNow().Day);
        project = await portal.NewProjectAsync();
    }

    public Task DisposeAsync() => Task.CompletedTask;

    [Fact]
    public async Task A_person_sees_the_videos_that_they_uploaded_by_month_and_forecast_and_no_others()
    {
        var mine = await UsedAsync(await portal.UploadReadyAsync(project, "crew1"), 600);
        var second = await UsedAsync(await portal.UploadReadyAsync(project, "crew1"), 1200);
        var theirs = await UsedAsync(await portal.UploadReadyAsync(project, "crew2"), 6000);
        var elsewhere = (await portal.As("other-admin").PostAsync("/api/projects", new { name = "Elsewhere" })).Expect(201).Id;
        var foreign = await UsedAsync(await portal.UploadReadyAsync(elsewhere, "other-admin"), 60_000);
        await DoAsync("""
            insert into portal.usage_days (tenant_id, day, metric, quantity) values (@tenant, @month, 'mails', 1000);
            insert into portal.usage_counts (day, counted_at) values (@month, @now), (@month + 1, @now)
            """);

        var costs = (await portal.As("crew1").FetchAsync("/api/me/costs")).Expect(200);

        // 30 minutes at 0.001, on the first of two days that were counted.
        Assert.Equal("0.03", costs.Text("usd").TrimEnd('0'));
        Assert.Equal(
            decimal.Round(0.03m * DateTime.DaysInMonth(month.Year, month.Month) / 2, 6),
            decimal.Parse(costs.Text("forecastUsd"), CultureInfo.InvariantCulture));
        Assert.Equal([second, mine], costs.Field("videos").AsArray().Select(v => Guid.Parse(v!["assetId"]!.ToString())));
        Assert.Equal(
            ["encoded", "stored", "delivered", "originals"],
            costs.Field("metrics").AsArray().Select(m => m!["metric"]!.ToString()));
        Assert.Equal(
            [$"{month:yyyy-MM-dd} 0.03", $"{month.AddDays(1):yyyy-MM-dd} 0"],
            costs.Field("days").AsArray().Select(
                d => $"{d!["day"]} {decimal.Parse(d["usd"]!.ToJsonString(), CultureInfo.InvariantCulture):0.##}"));
        Assert.All([theirs, foreign], id => Assert.DoesNotContain(id.ToString(), costs.Body, StringComparison.Ordinal));
        Assert.Null(costs.Json!["projects"]);

        // An Admin sees the tenant's with /api/costs; here are their own, of which there are none.
        Assert.Equal("0", (await portal.As("admin").FetchAsync("/api/me/costs")).Expect(200).Text("usd"));
        var other = (await portal.As("other-admin").FetchAsync("/api/me/costs")).Expect(200);
        Assert.Equal([foreign], other.Field("videos").AsArray().Select(v => Guid.Parse(v!["assetId"]!.ToString())));
        var before = (await portal.As("crew1").FetchAsync($"/api/me/costs?month={month.AddMonths(-1):yyyy-MM}")).Expect(200);
        Assert.Equal(("0", "0"), (before.Text("usd"), before.Text("countedDays")));
    }

    [Fact]
    public async Task A_video_in_a_project_that_they_left_is_not_theirs_to_see()
    {
        var video = await UsedAsync(await portal.UploadReadyAsync(project, "crew1"), 600);
        var before = (await portal.As("crew1").FetchAsync("/api/me/costs")).Expect(200);
        Assert.Contains(video.ToString(), before.Body, StringComparison.Ordinal);

        (await portal.As("admin").DropAsync($"/api/projects/{project}/members/{TestPeople.UserId("crew1")}")).Expect(204);

        var costs = (await portal.As("crew1").FetchAsync("/api/me/costs")).Expect(200);
        Assert.Equal("0", costs.Text("usd"));
        Assert.Empty(costs.Field("videos").AsArray());
    }

    [Theory]
    [InlineData("client", 403)]
    [InlineData("compliance", 403)]
    [InlineData("operator", 403)]
    public async Task Who_does_not_upload_has_no_costs_of_their_own(string person, int status) =>
        Assert.Equal(status, (await portal.As(person).FetchAsync("/api/me/costs")).Code);

    [Fact]
    public async Task A_month_that_is_none_or_not_yet_is_refused_by_name()
    {
        foreach (var text in new[] { "2026-13", $"{month.AddMonths(1):yyyy-MM}" })
        {
            var answer = (await portal.As("crew1").FetchAsync($"/api/me/costs?month={text}")).Expect(400);
            Assert.Contains(answer.Field("errors")[0]!["rule"]!.ToString(), new[] { "month", "range" });
        }
    }

    /// <summary>The asset, which so many seconds were played of on the first of the month.</summary>
    private async Task<Guid> UsedAsync(Answer upload, int seconds)
    {
        await using var connection = await portal.OpenAsync();
        return await connection.QuerySingleAsync<Guid>("""
            insert into portal.usage_days (tenant_id, day, metric, tier, project_id, asset_id, asset_version_id, quantity)
            select a.tenant_id, @month, 'delivered', '720p', a.project_id, a.id, v.id, @seconds
              from portal.upload_jobs j join portal.asset_versions v on v.id = j.asset_version_id
              join portal.assets a on a.id = v.asset_id
             where j.id = @id
            returning asset_id
            """, new { id = upload.Id, month, seconds });
    }

    private Task DoAsync(string sql) => portal.DoAsync(sql, new { tenant = TestPeople.Tenant, month, now = portal.Clock.GetUtcNow() });
}
