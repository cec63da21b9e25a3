using System.Text.Json;
using Portal.Tests.Support;

namespace Portal.Tests.Integration.Infra.Runtime;

public sealed class AdminTests(RuntimeDatabase database) : IClassFixture<RuntimeDatabase>
{
    private readonly TimerSamples.Runs runs = new();

    [Theory]
    [InlineData("")]
    [InlineData("{}")]
    [InlineData("""{ "input": "now" }""")]
    public async Task Post_runs_a_timer_behind_and_answers_202_at_once(string body)
    {
        runs.Hold = new TaskCompletionSource();
        await using var host = await StartAsync();
        Assert.Equal("202 ", await host.SendAsync(HttpMethod.Post, "/admin/functions/hourly", RuntimeHost.Json(body)));
        await Eventually.ValueAsync(() => runs.Of("Hourly"), seen => seen.Length == 1, "the timer runs");
        runs.Hold.SetResult();
        await Eventually.TrueAsync(() => host.Log.With("Timer Hourly ran in").Length == 1, "the run is logged");
    }

    [Theory]
    [InlineData("/admin/functions/Nobody", "{}", "404 ")]
    [InlineData("/admin/functions/Hourly", "[1]", "400 ")]
    [InlineData("/admin/functions/Hourly", "now!", "400 ")]
    [InlineData("/admin/functions/Open", "{}", "400 Open is no timer; call its route, or start its orchestration.")]
    public async Task Post_that_makes_no_sense_runs_nothing(string path, string body, string expected)
    {
        await using var host = await StartAsync();
        Assert.Equal(expected, await host.SendAsync(HttpMethod.Post, path, RuntimeHost.Json(body)));
        Assert.Empty(runs.Of("Hourly"));
    }

    [Fact]
    public async Task Functions_are_listed_with_their_bindings()
    {
        await using var host = await StartAsync();
        using var list = JsonDocument.Parse((await host.GetAsync("/admin/functions"))[4..]);
        var functions = list.RootElement.EnumerateArray().ToDictionary(
            function => function.GetProperty("name").GetString()!,
            function => function.GetProperty("config").GetProperty("bindings")[0]);
        Assert.Equal("0 0 * * * *", functions["Hourly"].GetProperty("schedule").GetString());
        Assert.Equal(
            ("httpTrigger", "function"), (
                functions["Keyed"].GetProperty("type").GetString(), functions["Keyed"].GetProperty("authLevel").GetString()));
        Assert.Equal("404 ", await host.GetAsync("/admin/functions/Nobody"));
    }

    [Fact]
    public async Task Status_and_ping_answer()
    {
        await using var host = await StartAsync();
        Assert.Contains("\"state\":\"Running\"", await host.GetAsync("/admin/host/status"), StringComparison.Ordinal);
        Assert.Equal("200 ", await host.GetAsync("/admin/host/ping"));
    }

    private Task<RuntimeHost> StartAsync() => RuntimeHost.StartAsync(database, new RuntimeHost.Setup
    {
        Functions = [typeof(HourlyOnly), typeof(KeySamples)],
        App = TimerSamples.Register(runs),
    });
}
