using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Options;
using Portal.LocalVendors;
using Portal.Tests.Support;
using Portal.Vendors;
using Portal.Vendors.PagerDuty;

namespace Portal.Tests.Integration.Infra.Vendors;

/// <summary>The local PagerDuty by its wire, and our adapter over it: whatever comes back is one of four answers.</summary>
public sealed class PagerDutyTests : IAsyncLifetime
{
    private readonly TestClock clock = new();
    private readonly LocalPagerDutyOptions known = new() { Database = "" };
    private TestDatabase database = null!;
    private LocalPagerDuty pagerDuty = null!;
    private HttpClient http = null!;
    private PagerDutyEvents events = null!;

    public async Task InitializeAsync()
    {
        database = await PostgresFixture.CloneAsync();
        await StartAsync(0);
    }

    public async Task DisposeAsync()
    {
        http.Dispose();
        await pagerDuty.DisposeAsync();
        await database.DisposeAsync();
    }

    [Fact]
    public async Task A_key_has_one_open_incident_until_it_is_resolved_and_then_another()
    {
        await PostAsync(Trigger("a"), 202);
        await PostAsync(Trigger("a"), 202);
        await PostAsync(Move("acknowledge", "a"), 202);
        await PostAsync(Trigger("a"), 202);
        Assert.Equal(
            ("acknowledged", 3), (
                Assert.Single(await pagerDuty.IncidentsAsync()).Status, Assert.Single(await pagerDuty.IncidentsAsync()).Triggers));
        await PostAsync(Move("resolve", "a"), 202);
        await PostAsync(Trigger("a"), 202);
        Assert.Equal(["resolved", "triggered"], (await pagerDuty.IncidentsAsync("a")).Select(i => i.Status));
    }

    [Fact]
    public async Task The_key_of_another_service_moves_nothing_and_has_incidents_of_its_own()
    {
        var low = new JsonObject { ["routing_key"] = known.LowUrgencyRoutingKey, ["event_action"] = "resolve", ["dedup_key"] = "a" };
        await PostAsync(Trigger("a"), 202);
        await PostAsync(low.DeepClone().AsObject(), 202);
        Assert.Equal(("high", "triggered"), (
            Assert.Single(await pagerDuty.IncidentsAsync()).Urgency, Assert.Single(await pagerDuty.IncidentsAsync()).Status));
        var trigger = Trigger("a");
        trigger["routing_key"] = known.LowUrgencyRoutingKey;
        await PostAsync(trigger, 202);
        Assert.Equal(["high", "low"], (await pagerDuty.IncidentsAsync("a")).Select(i => i.Urgency));
    }

    [Fact]
    public async Task Acknowledging_or_resolving_an_unknown_key_is_accepted_and_dropped()
    {
        await PostAsync(Move("resolve", "nobody"), 202);
        await PostAsync(Move("acknowledge", "nobody"), 202);
        Assert.Empty(await pagerDuty.IncidentsAsync());
        Assert.All(await pagerDuty.EventsAsync("nobody"), e => Assert.Null(e.IncidentId));
        Assert.Equal(2, (await pagerDuty.EventsAsync()).Count);
    }

    [Fact]
    public async Task Every_fault_is_named_and_nothing_is_kept()
    {
        var answer = await PostAsync(
            new JsonObject
            {
                ["routing_key"] = "short",
                ["event_action"] = "trigger",
                ["payload"] = new JsonObject { ["severity"] = "bad" },
            }, 400);
        Assert.Equal(("invalid event", "Event object is invalid"), ((string)answer["status"]!, (string)answer["message"]!));
        Assert.Equal(4, answer["errors"]!.AsArray().Count);
        await PostAsync(Move("resolve", null), 400);
        await PostAsync(Trigger(new string('k', 256)), 400);
        await PostAsync(Trigger("a", summary: new string('s', 1025)), 400);
        Assert.Empty(await pagerDuty.EventsAsync());
    }

    [Fact]
    public async Task A_trigger_without_a_key_is_given_one_and_the_routing_key_is_not_kept()
    {
        var answer = await PostAsync(Trigger(null), 202);
        Assert.Equal((string)answer["dedup_key"]!, Assert.Single(await pagerDuty.IncidentsAsync()).DedupKey);
        Assert.False(Assert.Single(await pagerDuty.EventsAsync()).Message.ContainsKey("routing_key"));
    }

    [Fact]
    public async Task Past_the_limit_of_the_key_it_asks_for_patience_and_keeps_its_state_over_a_restart()
    {
        await PostAsync(Trigger("kept"), 202);
        await pagerDuty.DisposeAsync();
        await StartAsync(2);
        await PostAsync(Trigger("kept"), 202);
        await PostAsync(Trigger("kept"), 202);
        await PostAsync(Trigger("kept"), 429);
        Assert.IsType<VendorFailure.RateLimited>((await events.SendAsync(Page("kept"), default)).Failure);
        clock.Advance(TimeSpan.FromMinutes(1));
        Assert.Null((await events.SendAsync(Page("kept"), default)).Failure);
        Assert.Equal(4, Assert.Single(await pagerDuty.IncidentsAsync()).Triggers);
    }

    [Fact]
    public async Task The_adapter_says_what_and_where_and_a_lost_answer_makes_no_second_incident()
    {
        pagerDuty.Faults.FailNextAfterEffect(1, ApiFault.ConnectionAbort);
        Assert.IsType<VendorFailure.Unknown>((await events.SendAsync(Page("ours"), default)).Failure);
        Assert.Null((await events.SendAsync(Page("ours"), default)).Failure);
        var incident = Assert.Single(await pagerDuty.IncidentsAsync());
        Assert.Equal(
            ("ours", "critical", "It burns.", "portal.example"), (
                incident.DedupKey, incident.Severity, incident.Summary, incident.Source));
        var message = (await pagerDuty.EventsAsync())[0].Message;
        Assert.Equal("error_budget_breach", (string)message["payload"]!["class"]!);
        Assert.Equal("1", (string)message["payload"]!["custom_details"]!["incident_id"]!);
        Assert.Null((await events.SendAsync(Page("ours") with { Action = PageAction.Resolve }, default)).Failure);
        Assert.Equal("resolved", Assert.Single(await pagerDuty.IncidentsAsync()).Status);
    }

    [Theory]
    [InlineData(500, "<html>no</html>", typeof(VendorFailure.Unknown))]
    [InlineData(200, """{"status":"success"}""", typeof(VendorFailure.Unknown))]
    [InlineData(403, "not json", typeof(VendorFailure.Refused))]
    [InlineData(407, "{}", typeof(VendorFailure.Refused))]
    [InlineData(408, "{}", typeof(VendorFailure.Unknown))]
    [InlineData(429, "{}", typeof(VendorFailure.RateLimited))]
    public async Task What_else_it_may_answer_is_a_failure_of_one_of_three_kinds(int status, string body, Type answer)
    {
        pagerDuty.Faults.FailNextApiCalls(1, ApiFault.Status(status, body));
        Assert.IsType(answer, (await events.SendAsync(Page("x"), default)).Failure);
    }

    [Fact]
    public async Task A_refusal_carries_the_reasons_and_silence_is_unknown()
    {
        pagerDuty.Faults.FailNextApiCalls(
            1, ApiFault.Status(
                400, """{"status":"invalid event","message":"Event object is invalid","errors":["'payload.source' is missing"]}"""));
        Assert.Equal(new VendorFailure.Refused(400, "'payload.source' is missing"), (await events.SendAsync(Page("x"), default)).Failure);
        pagerDuty.Faults.FailNextApiCalls(1, ApiFault.NeverAnswers);
        http.Dispose();
        events = Over(TimeSpan.FromMilliseconds(300));
        Assert.IsType<VendorFailure.Unknown>((await events.SendAsync(Page("x"), default)).Failure);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => events.SendAsync(Page("x"), new CancellationToken(canceled: true)));
    }

    private static PagerDutyPage Page(string key) => new(
        PageAction.Trigger, key, "It burns.", "critical", "error_budget_breach", DateTimeOffset.UnixEpoch, new Dictionary<string, string>
        { ["incident_id"] = "1" });

    private JsonObject Trigger(string? key, string summary = "It burns.") => new()
    {
        ["routing_key"] = known.RoutingKey,
        ["event_action"] = "trigger",
        ["dedup_key"] = key,
        ["payload"] = new JsonObject { ["summary"] = summary, ["source"] = "test", ["severity"] = "critical" },
    };

    private JsonObject Move(string action, string? key) =>
        new() { ["routing_key"] = known.RoutingKey, ["event_action"] = action, ["dedup_key"] = key };

    private async Task<JsonObject> PostAsync(JsonObject body, int expected)
    {
        using var response = await http.PostAsJsonAsync(new Uri(pagerDuty.ApiUrl, "/v2/enqueue"), body);
        var text = await response.Content.ReadAsStringAsync();
        Assert.True((int)response.StatusCode == expected, $"Expected {expected}, got {(int)response.StatusCode}: {text}");
        return JsonNode.Parse(text)!.AsObject();
    }

    private async Task StartAsync(int perMinute)
    {
        pagerDuty = await LocalPagerDuty.StartAsync(
            new LocalPagerDutyOptions { Database = database.Admin, Clock = clock, EventsPerMinute = perMinute });
        http?.Dispose();
        events = Over(TimeSpan.FromSeconds(10));
    }

    private PagerDutyEvents Over(TimeSpan timeout)
    {
        http = new HttpClient { Timeout = timeout };
        return new PagerDutyEvents(
            http, Options.Create(
                new PagerDutyOptions { ApiUrl = pagerDuty.ApiUrl.ToString(), RoutingKey = known.RoutingKey, Source = "portal.example" }));
    }
}
