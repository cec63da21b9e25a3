using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.DurableTask;
using Microsoft.Extensions.Logging;
using Portal.Runtime.Durable;

namespace Portal.Tests.Integration.Infra.Durable;

public sealed class ManagementRoutesTests : DurableTest
{
    private WebApplication app = null!;
    private HttpClient http = null!;

    public override async Task InitializeAsync()
    {
        await base.InitializeAsync();
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        app = builder.Build();
        DurableManagementRoutes.Map(app, Engine, context => context.Request.Query["code"] == "key");
        await app.StartAsync();
        http = new HttpClient { BaseAddress = new Uri(app.Urls.Single()) };
        Functions.Orchestrator("Main", async context =>
        {
            context.SetCustomStatus(new { Phase = 1 });
            await context.CallActivityAsync<string>("Echo", "a");
            return await context.WaitForExternalEvent<string>("Go");
        });
    }

    public override async Task DisposeAsync()
    {
        http.Dispose();
        await app.DisposeAsync();
        await base.DisposeAsync();
    }

    [Theory]
    [InlineData("GET", "instances")]
    [InlineData("GET", "instances/i")]
    [InlineData("DELETE", "instances/i")]
    [InlineData("DELETE", "instances?createdTimeFrom=2020-01-01")]
    [InlineData("POST", "instances/i/raiseEvent/Go")]
    [InlineData("POST", "instances/i/terminate")]
    [InlineData("POST", "instances/i/suspend")]
    [InlineData("POST", "instances/i/resume")]
    [InlineData("POST", "instances/i/rewind")]
    [InlineData("POST", "instances/i/restart")]
    [InlineData("POST", "orchestrators/Main/i")]
    public async Task Without_the_key_nothing_is_answered(string method, string path)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), "/runtime/webhooks/durabletask/" + path);
        Assert.Equal(HttpStatusCode.Unauthorized, (await http.SendAsync(request)).StatusCode);
        Assert.Null(await Client.GetInstanceAsync("i"));
    }

    [Fact]
    public async Task Starting_answers_202_with_links_that_lead_through_the_instances_life()
    {
        var started = await PostAsync("orchestrators/Main/one?code=key", "{\"n\":1}");
        Assert.Equal(HttpStatusCode.Accepted, started.StatusCode);
        var links = await started.Content.ReadFromJsonAsync<JsonElement>();
        Assert.Equal(
            [
                "id", "statusQueryGetUri", "sendEventPostUri", "terminatePostUri", "purgeHistoryDeleteUri", "restartPostUri",
                "suspendPostUri", "resumePostUri"
            ],
            links.EnumerateObject().Select(link => link.Name));
        Assert.Equal(started.Headers.Location!.ToString(), links.GetProperty("statusQueryGetUri").GetString());
        await IdleAsync();

        var running = await http.GetAsync(links.GetProperty("statusQueryGetUri").GetString());
        Assert.Equal(HttpStatusCode.Accepted, running.StatusCode);
        Assert.NotNull(running.Headers.Location);
        Assert.NotNull(running.Headers.RetryAfter);
        var instance = await running.Content.ReadFromJsonAsync<JsonElement>();
        Assert.Equal(
            """{"name":"Main","instanceId":"one","runtimeStatus":"Running","input":{"n":1},"customStatus":{"Phase":1},"output":null,"createdTime":"2026-03-02T09:00:00Z","lastUpdatedTime":"2026-03-02T09:00:00Z"}""",
            instance.GetRawText());

        using var json = new StringContent("\"now\"", Encoding.UTF8, "application/json");
        var raised = await http.PostAsync(
            links.GetProperty("sendEventPostUri").GetString()!.Replace("{eventName}", "Go", StringComparison.Ordinal), json);
        Assert.Equal(HttpStatusCode.Accepted, raised.StatusCode);
        await CompletedAsync("one");
        Assert.Equal("now", (await GetAsync("instances/one?code=key")).GetProperty("output").GetString());

        var purged = await http.DeleteAsync(links.GetProperty("purgeHistoryDeleteUri").GetString());
        Assert.Equal("""{"instancesDeleted":1}""", await purged.Content.ReadAsStringAsync());
        Assert.Equal(HttpStatusCode.NotFound, (await http.GetAsync(links.GetProperty("statusQueryGetUri").GetString())).StatusCode);
    }

    [Fact]
    public async Task History_is_shaped_as_durable_does()
    {
        await PostAsync("orchestrators/Main/one?code=key", "5");
        await IdleAsync();
        await Client.RaiseEventAsync("one", "Go", "now");
        await CompletedAsync("one");

        var plain = await GetAsync("instances/one?code=key");
        Assert.False(plain.TryGetProperty("historyEvents", out _));
        var events = (await GetAsync("instances/one?code=key&showHistory=true&showHistoryOutput=true")).GetProperty("historyEvents");
        Assert.Equal(
            [
                """{"EventType":"ExecutionStarted","Timestamp":"2026-03-02T09:00:00Z","Input":5,"FunctionName":"Main"}""",
                """{"EventType":"TaskCompleted","Timestamp":"2026-03-02T09:00:00Z","Result":"a","ScheduledTime":"2026-03-02T09:00:00Z","Input":"a","FunctionName":"Echo"}""",
                """{"EventType":"EventRaised","Timestamp":"2026-03-02T09:00:00Z","Name":"Go","Input":"now"}""",
                """{"EventType":"ExecutionCompleted","Timestamp":"2026-03-02T09:00:00Z","OrchestrationStatus":"Completed","Result":"now"}""",
            ],
            events.EnumerateArray().Select(row => row.GetRawText()));
        var bare = (await GetAsync("instances/one?code=key&showHistory=true&showInput=false")).GetProperty("historyEvents")[1];
        Assert.Equal(
            """{"EventType":"TaskCompleted","Timestamp":"2026-03-02T09:00:00Z","ScheduledTime":"2026-03-02T09:00:00Z","FunctionName":"Echo"}""", bare.GetRawText());
    }

    [Fact]
    public async Task A_pending_activity_shows_as_a_bare_scheduled_row_and_pending_instances_have_no_history()
    {
        var release = new TaskCompletionSource();
        Functions.ActivityAsync<string, string>("Slow", async (input, _) =>
        {
            await release.Task;
            return input;
        });
        Functions.Orchestrator("Slowly", context => context.CallActivityAsync<string>("Slow", "x"));
        await PostAsync("orchestrators/Slowly/slow?code=key", "");
        await Client.WaitForInstanceStartAsync("slow");
        var events = (await GetAsync("instances/slow?code=key&showHistory=true")).GetProperty("historyEvents");
        Assert.Equal("TaskScheduled", events[1].GetProperty("EventType").GetString());
        release.SetResult();
        await CompletedAsync("slow");

        await Client.ScheduleNewOrchestrationInstanceAsync("Main", new StartOrchestrationOptions("later", Clock.GetUtcNow().AddDays(1)));
        Assert.False((await GetAsync("instances/later?code=key&showHistory=true")).TryGetProperty("historyEvents", out _));
    }

    [Fact]
    public async Task Failed_instances_answer_200_or_500_when_flagged_and_can_be_rewound_and_restarted()
    {
        var broken = true;
        Functions.Activity<string, string>("Break", input => broken ? throw new InvalidOperationException("broken") : input);
        Functions.Orchestrator("Breaks", context => context.CallActivityAsync<string>("Break", "x"));
        await PostAsync("orchestrators/Breaks/one?code=key", "");
        await CompletedAsync("one");
        Assert.Equal(HttpStatusCode.OK, (await http.GetAsync(Path("instances/one?code=key"))).StatusCode);
        Assert.Equal(
            HttpStatusCode.InternalServerError, (
                await http.GetAsync(Path("instances/one?code=key&returnInternalServerErrorOnFailure=true"))).StatusCode);

        broken = false;
        Assert.Equal(HttpStatusCode.Accepted, (await PostAsync("instances/one/rewind?code=key&reason=fixed", "")).StatusCode);
        Assert.Equal("x", (await CompletedAsync("one")).ReadOutputAs<string>());
        Assert.Equal(HttpStatusCode.Gone, (await PostAsync("instances/one/rewind?code=key", "")).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await PostAsync("instances/nobody/rewind?code=key", "")).StatusCode);

        var restarted = await PostAsync("instances/one/restart?code=key&restartWithNewInstanceId=true", "");
        Assert.Equal(HttpStatusCode.Accepted, restarted.StatusCode);
        Assert.NotEqual("one", (await restarted.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("id").GetString());
        Assert.Equal(HttpStatusCode.BadRequest, (await PostAsync("instances/nobody/restart?code=key", "")).StatusCode);
    }

    [Fact]
    public async Task Terminate_suspend_and_resume_answer_202_then_410_and_404_for_nobody()
    {
        await PostAsync("orchestrators/Main/one?code=key", "");
        await IdleAsync();
        Assert.Equal(HttpStatusCode.Accepted, (await PostAsync("instances/one/suspend?code=key&reason=wait", "")).StatusCode);
        await IdleAsync();
        Assert.Equal("Suspended", (await GetAsync("instances/one?code=key")).GetProperty("runtimeStatus").GetString());
        Assert.Equal(HttpStatusCode.BadRequest, (await PostAsync("instances/one/rewind?code=key", "")).StatusCode);
        Assert.Equal(HttpStatusCode.Accepted, (await PostAsync("instances/one/resume?code=key", "")).StatusCode);
        Assert.Equal(HttpStatusCode.Accepted, (await PostAsync("instances/one/terminate?code=key&reason=enough", "")).StatusCode);
        foreach (var verb in new[] { "terminate", "suspend", "resume", "raiseEvent/Go" })
        {
            Assert.Equal(HttpStatusCode.Gone, (await PostAsync($"instances/one/{verb}?code=key", "1")).StatusCode);
            Assert.Equal(HttpStatusCode.NotFound, (await PostAsync($"instances/nobody/{verb}?code=key", "1")).StatusCode);
        }

        var ended = await GetAsync("instances/one?code=key");
        Assert.Equal("Terminated", ended.GetProperty("runtimeStatus").GetString());
        Assert.Equal("enough", ended.GetProperty("output").GetString());
        using var text = new StringContent("now", Encoding.UTF8, "text/plain");
        Assert.Equal(HttpStatusCode.BadRequest, (await http.PostAsync(Path("instances/one/raiseEvent/Go?code=key"), text)).StatusCode);
    }

    [Fact]
    public async Task Lists_filter_and_page_by_header()
    {
        for (var n = 0; n < 5; n++)
        {
            await PostAsync($"orchestrators/Main/m{n}?code=key", "");
        }

        await IdleAsync();
        await Client.TerminateInstanceAsync("m4");
        var first = await http.GetAsync(Path("instances?code=key&top=3&showInput=false"));
        Assert.Equal(3, (await first.Content.ReadFromJsonAsync<JsonElement>()).GetArrayLength());
        using var request = new HttpRequestMessage(HttpMethod.Get, Path("instances?code=key&top=3"));
        request.Headers.Add("x-ms-continuation-token", first.Headers.GetValues("x-ms-continuation-token").Single());
        var second = await http.SendAsync(request);
        Assert.Equal(
            ["m3", "m4"], (
                await second.Content.ReadFromJsonAsync<JsonElement>()).EnumerateArray().Select(row =>
                    row.GetProperty("instanceId").GetString()));
        Assert.False(second.Headers.Contains("x-ms-continuation-token"));

        Assert.Equal(1, (await GetAsync("instances?code=key&runtimeStatus=Terminated,Failed")).GetArrayLength());
        Assert.Equal(1, (await GetAsync("instances?code=key&instanceIdPrefix=m2")).GetArrayLength());
        Assert.Equal(0, (await GetAsync("instances?code=key&createdTimeFrom=2027-01-01T00:00:00Z")).GetArrayLength());
        Assert.Equal(HttpStatusCode.BadRequest, (await http.GetAsync(Path("instances?code=key&runtimeStatus=Nonsense"))).StatusCode);
        Assert.Equal(HttpStatusCode.BadRequest, (await http.DeleteAsync(Path("instances?code=key"))).StatusCode);
        var purged = await http.DeleteAsync(Path("instances?code=key&createdTimeFrom=2020-01-01T00:00:00Z&runtimeStatus=Terminated"));
        Assert.Equal("""{"instancesDeleted":1}""", await purged.Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task Starting_can_wait_for_the_output()
    {
        Functions.Orchestrator("Quick", context => context.CallActivityAsync<string>("Echo", "quick"));
        var done = await PostAsync("orchestrators/Quick?code=key&timeout=20", "");
        Assert.Equal(HttpStatusCode.OK, done.StatusCode);
        Assert.Equal("\"quick\"", await done.Content.ReadAsStringAsync());
        Assert.Equal(HttpStatusCode.Accepted, (await PostAsync("orchestrators/Main?code=key&timeout=0.1", "")).StatusCode);
    }

    private static Uri Path(string path) => new("/runtime/webhooks/durabletask/" + path, UriKind.Relative);

    private async Task<HttpResponseMessage> PostAsync(string path, string body)
    {
        using var content = new StringContent(body, Encoding.UTF8, "application/json");
        return await http.PostAsync(Path(path), content);
    }

    private async Task<JsonElement> GetAsync(string path) => await http.GetFromJsonAsync<JsonElement>(Path(path));
}
