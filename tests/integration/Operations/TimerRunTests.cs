using System.Reflection;
using System.Text.Json.Nodes;
using Microsoft.Azure.Functions.Worker;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using Portal.Foundation.Timers;
using Portal.Functions;
using Portal.LocalVendors;
using Portal.Tests.Support;

namespace Portal.Tests.Integration.Operations;

/// <summary>What on-call sees of the timers.</summary>
public sealed class TimerRunTests(TestPortal portal) : IClassFixture<TestPortal>, IAsyncLifetime
{
    private Guid project;

    public static TheoryData<string> Timers =>
    [
        .. from method in typeof(PortalApp).Assembly.GetTypes().SelectMany(type => type.GetMethods())
           where method.GetParameters().Any(parameter => parameter.GetCustomAttribute<TimerTriggerAttribute>() is not null)
           select method.GetCustomAttribute<FunctionAttribute>()!.Name,
    ];

    public async Task InitializeAsync()
    {
        await portal.ResetAsync();
        await portal.ScalarAsync<long>("with gone as (delete from portal.timer_runs returning *) select count(*) from gone");
        await portal.ScalarAsync<long>("with gone as (delete from portal.incidents returning *) select count(*) from gone");
        project = await portal.NewProjectAsync();
    }

    public Task DisposeAsync() => Task.CompletedTask;

    [Theory]
    [MemberData(nameof(Timers))]
    public async Task Every_timer_records_its_run(string timer)
    {
        await portal.Host.RunTimerAsync(timer);
        Assert.Equal(
            1, await portal.ScalarAsync<long>(
                "select count(*) from portal.timer_runs where timer = @timer and ended_at is not null and error is null", new { timer }));
        Assert.Equal(1, await portal.ScalarAsync<long>("select count(*) from portal.timer_runs"));
    }

    [Fact]
    public async Task Runs_that_did_something_stay_and_of_those_that_did_not_the_last()
    {
        await OverdueLinkAsync();
        await portal.Host.RunTimerAsync("ExpireShareLinks");
        for (var i = 0; i < 5; i++)
        {
            portal.Clock.Advance(TimeSpan.FromMinutes(1));
            await portal.Host.RunTimerAsync("ExpireShareLinks");
        }

        await OverdueLinkAsync();
        await portal.Host.RunTimerAsync("ExpireShareLinks");
        var runs = (JsonArray)(await TimerAsync("ExpireShareLinks"))["runs"]!;
        Assert.Equal([1L, 0L, 1L], runs.Select(run => run!["counts"]!["expired"]!.GetValue<long>()));
        Assert.All(runs, run => Assert.NotNull(run!["endedAt"]));
    }

    [Fact]
    public async Task A_timer_that_fails_says_why_raises_an_alert_and_is_well_again_after_the_next_run()
    {
        portal.Mux.Faults.FailNextApiCalls(50, ApiFault.Status(500));
        await Assert.ThrowsAnyAsync<Exception>(() => portal.Host.RunTimerAsync("SweepMuxAssets"));
        var timer = await TimerAsync("SweepMuxAssets");
        Assert.Equal("failed", timer["state"]!.ToString());
        Assert.Contains("TransientException", timer["lastError"]!["error"]!.ToString(), StringComparison.Ordinal);
        Assert.Equal(
            1, await portal.ScalarAsync<long>(
                "select count(*) from portal.alerts where kind = 'timer_failed' and dedup_key = 'SweepMuxAssets'"));

        portal.Mux.Faults.Clear();
        portal.Clock.Advance(TimeSpan.FromMinutes(1));
        await portal.Host.RunTimerAsync("SweepMuxAssets");
        timer = await TimerAsync("SweepMuxAssets");
        Assert.Equal("ok", timer["state"]!.ToString());
        Assert.NotNull(timer["lastError"]);
    }

    [Fact]
    public async Task One_that_did_not_begin_is_late_and_one_without_an_end_is_lost()
    {
        Assert.Equal("never", (await TimerAsync("SealAudit"))["state"]!.ToString());
        await portal.Host.RunTimerAsync("SealAudit");
        var timer = await TimerAsync("SealAudit");
        Assert.Equal(("ok", "0 * * * * *"), (timer["state"]!.ToString(), timer["schedule"]!.ToString()));
        var wait = timer["nextDueAt"]!.GetValue<DateTimeOffset>() - portal.Clock.GetUtcNow();
        Assert.InRange(wait, TimeSpan.FromTicks(1), TimeSpan.FromMinutes(1));
        portal.Clock.Advance(wait + TimeSpan.FromMinutes(5));
        Assert.Equal("ok", (await TimerAsync("SealAudit"))["state"]!.ToString());
        portal.Clock.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal("late", (await TimerAsync("SealAudit"))["state"]!.ToString());

        await portal.ScalarAsync<long>("""
            with run as (insert into portal.timer_runs (id, timer, started_at) values (gen_random_uuid(), 'SealAudit', @now) returning *)
            select count(*) from run
            """, new { now = portal.Clock.GetUtcNow() });
        Assert.Equal("running", (await TimerAsync("SealAudit"))["state"]!.ToString());
        portal.Clock.Advance(TimeSpan.FromMinutes(60));
        Assert.Equal("running", (await TimerAsync("SealAudit"))["state"]!.ToString());
        portal.Clock.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal("lost", (await TimerAsync("SealAudit"))["state"]!.ToString());
    }

    /// <summary>"NpgsqlException" tells nobody at night that the database is slow.</summary>
    [Fact]
    public async Task A_timer_that_the_database_kept_waiting_says_so()
    {
        var runs = portal.Services.GetRequiredService<TimerRunStore>();
        await Assert.ThrowsAsync<NpgsqlException>(() => runs.RunAsync(
            "SealAudit", _ => throw new NpgsqlException("Exception while reading from stream", new TimeoutException()), default));
        await Assert.ThrowsAsync<TimeoutException>(() => runs.RunAsync("SyncInvites", _ => throw new TimeoutException(), default));

        Assert.Equal(
            [
                "Timer SealAudit failed: the database did not answer in time, or went away.",
                "Timer SyncInvites failed: TimeoutException.",
            ],
            await portal.ListAsync("select summary from portal.alerts where kind = 'timer_failed' order by dedup_key"));
    }

    [Fact]
    public async Task The_page_shows_them_and_is_not_calm_when_one_needs_a_look()
    {
        using var browser = await portal.SignedInAsync();
        await portal.Host.RunTimerAsync("SealAudit");
        var page = (await browser.FetchAsync("/ops")).Expect(200).Body;
        Assert.Contains("SealAudit", page, StringComparison.Ordinal);
        Assert.Contains("All is well", page, StringComparison.Ordinal);
        // Those that are well are one line until somebody opens it.
        Assert.True(page.IndexOf("<details>", StringComparison.Ordinal) < page.IndexOf("SealAudit", StringComparison.Ordinal));
        Assert.Contains(" are well</summary>", page, StringComparison.Ordinal);
        portal.Mux.Faults.FailNextApiCalls(50, ApiFault.Status(500));
        await Assert.ThrowsAnyAsync<Exception>(() => portal.Host.RunTimerAsync("SweepMuxAssets"));
        page = (await browser.FetchAsync("/ops")).Expect(200).Body;
        Assert.Contains("1 incident, 1 alert, 0 failed, 0 stuck, 1 of the timers to look at.", page, StringComparison.Ordinal);
        Assert.Contains("Last error", page, StringComparison.Ordinal);
        var folded = page.IndexOf("<details>", StringComparison.Ordinal);
        Assert.True(page.IndexOf("SweepMuxAssets", StringComparison.Ordinal) < folded);
        Assert.True(page.LastIndexOf("SealAudit", StringComparison.Ordinal) > folded);
    }

    private async Task<JsonObject> TimerAsync(string name)
    {
        var answer = (await portal.As("operator").FetchAsync("/api/ops/timers")).Expect(200);
        return answer.Json!["items"]!.AsArray().Single(timer => timer!["name"]!.ToString() == name)!.AsObject();
    }

    private async Task OverdueLinkAsync()
    {
        var upload = await portal.UploadReadyAsync(project);
        var link = await portal.ShareAsync(Guid.Parse(upload.Text("assetId")));
        await portal.ScalarAsync<long>("""
            with moved as (update portal.share_links set expires_at = @now where id = @id returning *) select count(*) from moved
            """, new { id = link.Id, now = portal.Clock.GetUtcNow() });
    }
}
