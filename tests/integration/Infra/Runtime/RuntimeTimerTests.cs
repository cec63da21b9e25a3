using Dapper;
using Npgsql;
using Portal.Tests.Support;

namespace Portal.Tests.Integration.Infra.Runtime;

[TakesLong]
public sealed class RuntimeTimerTests(RuntimeDatabase database) : IClassFixture<RuntimeDatabase>
{
    private static readonly DateTime Nine = TestClock.DefaultStart.UtcDateTime;

    private readonly TestClock clock = new();
    private readonly TimerSamples.Runs runs = new();
    private readonly string hub = $"hub{Guid.NewGuid():N}";

    [Fact]
    public async Task Cron_and_time_span_schedules_run_when_due_in_UTC()
    {
        await using var host = await StartAsync(typeof(TimerSamples));
        await RunsAsync("OnStartup", 1);

        clock.Advance(TimeSpan.FromMinutes(10));
        await RunsAsync("EveryTenMinutes", 1);
        Assert.Empty(runs.Of("Hourly"));
        for (var step = 0; step < 5; step++)
        {
            clock.Advance(TimeSpan.FromMinutes(10));
            await RunsAsync("EveryTenMinutes", step + 2);
        }

        await RunsAsync("Hourly", 1);
        Assert.Equal(new TimerSamples.Run(Nine.AddHours(1), false, default(DateTime), Nine.AddHours(1)), runs.Of("Hourly")[0]);
        Assert.Single(runs.Of("OnStartup"));

        await NextDueAsync("Hourly", Nine.AddHours(2));
        clock.Advance(TimeSpan.FromHours(1));
        await RunsAsync("Hourly", 2);
        Assert.Equal(Nine.AddHours(1), runs.Of("Hourly")[1].Last);
    }

    [Fact]
    public async Task Occurrences_missed_while_no_host_was_up_run_once_and_past_due()
    {
        await using (await StartAsync(typeof(HourlyOnly)))
        {
            clock.Advance(TimeSpan.FromHours(1));
            await RunsAsync("Hourly", 1);
            await NextDueAsync("Hourly", Nine.AddHours(2));
        }

        clock.Advance(TimeSpan.FromHours(5.5));
        await using var host = await StartAsync(typeof(HourlyOnly));
        await RunsAsync("Hourly", 2);
        Assert.Equal(new TimerSamples.Run(Nine.AddHours(6.5), true, Nine.AddHours(1), Nine.AddHours(2)), runs.Of("Hourly")[1]);

        await NextDueAsync("Hourly", Nine.AddHours(7));
        clock.Advance(TimeSpan.FromHours(0.5));
        await RunsAsync("Hourly", 3);
        Assert.False(runs.Of("Hourly")[2].PastDue);
    }

    [Fact]
    public async Task Changed_schedule_starts_anew_and_is_not_past_due()
    {
        await using (await StartAsync(typeof(HourlyOnly)))
        {
            await NextDueAsync("Hourly", Nine.AddHours(1));
        }

        clock.Advance(TimeSpan.FromHours(3));
        await using var host = await StartAsync(typeof(HalfHourlyOnly));
        await NextDueAsync("Hourly", Nine.AddHours(3.5));
        clock.Advance(TimeSpan.FromHours(0.5));
        await RunsAsync("Hourly", 1);
        Assert.Equal((Nine.AddHours(3.5), false), (runs.Of("Hourly")[0].At, runs.Of("Hourly")[0].PastDue));
    }

    [Fact]
    public async Task Schedule_below_a_minute_keeps_no_status_and_makes_up_for_nothing()
    {
        await using (await StartAsync(typeof(SecondsOnly)))
        {
            await NextDueAsync("Hourly", Nine.AddSeconds(30));
        }

        clock.Advance(TimeSpan.FromHours(3));
        await using var host = await StartAsync(typeof(SecondsOnly));
        await NextDueAsync("Hourly", Nine.AddHours(3).AddSeconds(30));
        Assert.Empty(runs.Of("Hourly"));
        clock.Advance(TimeSpan.FromSeconds(30));
        await RunsAsync("Hourly", 1);
        Assert.Equal((false, null), (runs.Of("Hourly")[0].PastDue, runs.Of("Hourly")[0].Last));
    }

    [Fact]
    public async Task Two_hosts_run_each_occurrence_once()
    {
        await using var one = await StartAsync(typeof(HourlyOnly));
        await using var other = await StartAsync(typeof(HourlyOnly));
        for (var hour = 1; hour <= 5; hour++)
        {
            clock.Advance(TimeSpan.FromHours(1));
            await RunsAsync("Hourly", hour);
            await NextDueAsync("Hourly", Nine.AddHours(hour + 1));
        }

        // Both hosts have looked at the last occurrence once they wait for the next one.
        await Eventually.TrueAsync(
            () => clock.NextDue == TestClock.DefaultStart.AddHours(6) && clock.ArmedTimers >= 2, "both hosts wait for three o'clock");
        Assert.Equal(Enumerable.Range(1, 5).Select(hour => Nine.AddHours(hour)), runs.Of("Hourly").Select(run => run.At));
    }

    [Fact]
    public async Task Run_that_takes_long_is_not_overlapped_by_the_next_one_nor_by_another_host()
    {
        runs.Hold = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var one = await StartAsync(typeof(HourlyOnly));
        await using var other = await StartAsync(typeof(HourlyOnly));
        clock.Advance(TimeSpan.FromHours(1));
        await RunsAsync("Hourly", 1);

        var lease = await LeaseUntilAsync();

        // Three occurrences pass, and the lease is kept up.
        clock.Advance(TimeSpan.FromHours(3));
        await Eventually.TrueAsync(async () => await LeaseUntilAsync() > lease, "the running host renews its lease");
        Assert.Single(runs.Of("Hourly"));
        runs.Hold.SetResult();
        await RunsAsync("Hourly", 2);
        await NextDueAsync("Hourly", Nine.AddHours(5));
        Assert.Equal((2, 1), (runs.Of("Hourly").Length, runs.MostAtOnce));
    }

    [Fact]
    public async Task Lease_of_a_dead_host_is_taken_over_when_it_has_run_out()
    {
        await using var host = await StartAsync(typeof(HourlyOnly));
        await ExecuteAsync(
            "update runtime.timers set lease_owner = gen_random_uuid(), lease_until = clock_timestamp() + interval '2 seconds' where "
                + $"hub = '{hub}'");
        var end = await LeaseUntilAsync();
        clock.Advance(TimeSpan.FromHours(1));

        await RunsAsync("Hourly", 1);
        var now = await QueryAsync<DateTime>("select clock_timestamp()");
        Assert.True(now >= end, $"run at {now:O}, before the lease ended at {end:O}");
        await NextDueAsync("Hourly", Nine.AddHours(2));
    }

    [Fact]
    public async Task Failed_run_is_logged_once_and_the_schedule_goes_on()
    {
        runs.Failure = new InvalidDataException("broken");
        await using var host = await StartAsync(typeof(HourlyOnly));
        clock.Advance(TimeSpan.FromHours(1));
        await NextDueAsync("Hourly", Nine.AddHours(2));
        Assert.Single(host.Log.With("broken"));
        clock.Advance(TimeSpan.FromHours(1));
        await RunsAsync("Hourly", 2);
    }

    [Fact]
    public async Task Run_cut_short_by_a_stop_stays_due()
    {
        runs.Hold = new TaskCompletionSource();
        await using (await StartAsync(typeof(HourlyOnly), TimeSpan.FromMilliseconds(50)))
        {
            clock.Advance(TimeSpan.FromHours(1));
            await RunsAsync("Hourly", 1);
        }

        runs.Hold = null;
        await using var host = await StartAsync(typeof(HourlyOnly));
        clock.Advance(TimeSpan.FromSeconds(1));
        await RunsAsync("Hourly", 2);
    }

    [Fact]
    public async Task Timers_that_are_not_enabled_run_only_when_asked()
    {
        await using var host = await RuntimeHost.StartAsync(database, Setup(typeof(HourlyOnly)) with { Timers = false });
        clock.Advance(TimeSpan.FromHours(2));
        await host.Host.RunTimerAsync("hourly");
        Assert.Equal(new TimerSamples.Run(Nine.AddHours(2), false, null, null), Assert.Single(runs.Of("Hourly")));

        runs.Failure = new InvalidDataException("broken");
        Assert.Same(runs.Failure, await Assert.ThrowsAsync<InvalidDataException>(() => host.Host.RunTimerAsync("Hourly")));
        await Assert.ThrowsAsync<ArgumentException>(() => host.Host.RunTimerAsync("Daily"));
    }

    [Fact]
    public async Task Disabled_timer_is_left_alone()
    {
        await using var host = await RuntimeHost.StartAsync(
            database,
            Setup(typeof(TimerSamples)) with
            {
                Settings = new Dictionary<string, string?>(TimerSamples.Settings) { ["AzureWebJobs.OnStartup.Disabled"] = "true" },
            });
        clock.Advance(TimeSpan.FromMinutes(10));
        await RunsAsync("EveryTenMinutes", 1);
        Assert.Empty(runs.Of("OnStartup"));
        Assert.Equal("404 ", await host.GetAsync("/admin/functions/OnStartup"));
    }

    private Task<RuntimeHost> StartAsync(Type functions, TimeSpan? stopLimit = null) =>
        RuntimeHost.StartAsync(database, Setup(functions) with { StopLimit = stopLimit ?? TimeSpan.FromSeconds(10) });

    private RuntimeHost.Setup Setup(Type functions) => new()
    {
        Functions = [functions],
        App = TimerSamples.Register(runs),
        Settings = TimerSamples.Settings,
        Clock = clock,
        Timers = true,
        HostJson = $$"""{ "version": "2.0", "functionTimeout": "-1", "extensions": { "durableTask": { "hubName": "{{hub}}" } } }""",
    };

    private Task<TimerSamples.Run[]> RunsAsync(string name, int count) =>
        Eventually.ValueAsync(() => runs.Of(name), seen => seen.Length == count, $"{count} runs of {name}");

    private Task<DateTime> NextDueAsync(string name, DateTime due) => Eventually.ValueAsync(
        () => QueryAsync<DateTime>($"select next_due from runtime.timers where hub = '{hub}' and name = '{name}' and lease_until is null"),
        next => next == due,
        $"{name} is due next at {due:O}");

    private Task<DateTime?> LeaseUntilAsync() => QueryAsync<DateTime?>($"select lease_until from runtime.timers where hub = '{hub}'");

    private async Task<T?> QueryAsync<T>(string sql)
    {
        await using var connection = new NpgsqlConnection(database.ConnectionString);
        return await connection.QuerySingleOrDefaultAsync<T>(sql);
    }

    private async Task ExecuteAsync(string sql)
    {
        await using var connection = new NpgsqlConnection(database.ConnectionString);
        await connection.ExecuteAsync(sql);
    }
}
