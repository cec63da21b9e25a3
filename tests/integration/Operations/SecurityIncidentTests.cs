using Portal.LocalVendors;
using Portal.Tests.Support;

namespace Portal.Tests.Integration.Operations;

/// <summary>Incidents of security: who reports them, which service of PagerDuty is told, and how soon.</summary>
public sealed class SecurityIncidentTests(TestPortal portal) : IClassFixture<TestPortal>, IAsyncLifetime
{
    public Task InitializeAsync() => portal.ForgetIncidentsAsync();

    public Task DisposeAsync() => Task.CompletedTask;

    [Fact]
    public async Task A_breach_of_security_pages_the_service_for_security_and_says_how_long_that_took()
    {
        var opened = (await OpenAsync(TimeSpan.FromMinutes(10))).Expect(201);
        Assert.Equal($"/api/ops/incidents/{opened.Id}", opened.Headers.Location!.ToString());
        Assert.Equal(
            ("security", "critical", "open", "user_operator"),
            (opened.Text("kind"), opened.Text("severity"), opened.Text("status"), opened.Text("openedBy")));
        Assert.Null(opened.Json!["secondsToPage"]);

        // PagerDuty is away for a minute and comes back: what counts is the page that it took.
        portal.PagerDuty.Faults.FailNextApiCalls(1, ApiFault.Status(500));
        await portal.DeliverMovingAsync();
        var page = Assert.Single(await portal.PagerDuty.IncidentsAsync(opened.Id.ToString()));
        Assert.Equal(("security", "triggered", "A routing key was published"), (page.Urgency, page.Status, page.Summary));
        var read = await ReadAsync(opened.Id);
        Assert.InRange(read.Field("secondsToPage").GetValue<double>(), 601, 899);
        Assert.Equal(["opened", "paged"], (await TimelineAsync(opened.Id)).Select(line => line.Split(' ')[0]));
        await portal.RecordedOnceAsync(opened.Id, "incident_opened");

        // The same again is the same incident, and wakes nobody again.
        var again = (await OpenAsync(at: opened.Field("discoveredAt").GetValue<DateTimeOffset>())).Expect(200);
        Assert.Equal((opened.Id, "2"), (again.Id, again.Text("times")));
        (await portal.MoveAsync(opened.Id, "resolve")).Expect(200);
        await portal.DeliverAsync();
        page = Assert.Single(await portal.PagerDuty.IncidentsAsync(opened.Id.ToString()));
        Assert.Equal((1, "resolved"), (page.Triggers, page.Status));
    }

    [Theory]
    [InlineData(900, false)]
    [InlineData(901, true)]
    public async Task A_page_that_comes_later_than_a_quarter_of_an_hour_is_a_line_of_the_timeline(int seconds, bool late)
    {
        var id = (await OpenAsync(TimeSpan.FromSeconds(seconds))).Expect(201).Id;
        await portal.DeliverAsync();
        Assert.Equal(seconds, (await ReadAsync(id)).Field("secondsToPage").GetValue<double>());
        string[] expected = ["opened -", "paged -"];
        Assert.Equal(late ? [.. expected, "paged_late 901 s after it was discovered; 900 s at the most."] : expected, await TimelineAsync(id));
    }

    [Theory]
    [InlineData("kind", "alert")]
    [InlineData("severity", "info")]
    [InlineData("summary", "")]
    [InlineData("discoveredAt", "future")]
    [InlineData("discoveredAt", "long ago")]
    public async Task What_is_no_breach_of_security_is_refused_by_its_field(string field, string value)
    {
        var now = portal.Clock.GetUtcNow();
        var body = Body(now);
        body[field] = value switch
        {
            "future" => now.AddSeconds(1),
            "long ago" => now.AddDays(-90).AddSeconds(-1),
            _ => value,
        };
        Assert.Contains($"\"/{field}\"", (await PostAsync(body)).Expect(400).Body, StringComparison.Ordinal);
        (await PostAsync(Body(now.AddDays(-90)))).Expect(201);
        (await portal.As("admin").PostAsync("/api/ops/incidents", Body(now))).Expect(403);
        Assert.Equal(1, await portal.ScalarAsync<long>("select count(*) from portal.incidents"));
    }

    [Fact]
    public async Task Without_a_key_of_its_own_security_goes_to_the_service_that_wakes_people_and_stays_there()
    {
        var key = portal.Settings["PagerDuty:SecurityRoutingKey"];
        Guid id;
        try
        {
            portal.Settings["PagerDuty:SecurityRoutingKey"] = "";
            await portal.RestartHostAsync();
            id = (await OpenAsync(TimeSpan.FromMinutes(1))).Expect(201).Id;
            await portal.DeliverAsync();
            Assert.Equal("high", Assert.Single(await portal.PagerDuty.IncidentsAsync(id.ToString())).Urgency);
        }
        finally
        {
            portal.Settings["PagerDuty:SecurityRoutingKey"] = key;
            await portal.RestartHostAsync();
        }

        // The key is there by now, but only the service that was paged can close it.
        (await portal.MoveAsync(id, "resolve")).Expect(200);
        await portal.DeliverAsync();
        Assert.Equal("resolved", Assert.Single(await portal.PagerDuty.IncidentsAsync(id.ToString())).Status);
    }

    private Task<Answer> OpenAsync(TimeSpan ago = default, DateTimeOffset? at = null) =>
        PostAsync(Body(at ?? (portal.Clock.GetUtcNow() - ago)));

    private Task<Answer> PostAsync(Dictionary<string, object> body) => portal.As("operator").PostAsync("/api/ops/incidents", body);

    private async Task<Answer> ReadAsync(Guid id) => (await portal.As("operator").FetchAsync($"/api/ops/incidents/{id}")).Expect(200);

    private async Task<IReadOnlyList<string>> TimelineAsync(Guid id) =>
        [.. (await portal.As("operator").FetchAsync($"/api/ops/incidents/{id}/timeline")).Expect(200).Field("items").AsArray()
            .Select(line => $"{line!["kind"]} {line["text"]?.ToString() ?? "-"}")];

    private static Dictionary<string, object> Body(DateTimeOffset discoveredAt) => new()
    {
        ["kind"] = "security",
        ["summary"] = "A routing key was published",
        ["severity"] = "critical",
        ["discoveredAt"] = discoveredAt,
    };
}
