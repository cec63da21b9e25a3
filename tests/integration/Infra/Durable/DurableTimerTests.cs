using Microsoft.DurableTask;
using Microsoft.DurableTask.Client;

namespace Portal.Tests.Integration.Infra.Durable;

public sealed class DurableTimerTests : DurableTest
{
    [Theory]
    [InlineData(-3600)]
    [InlineData(0)]
    public async Task A_timer_in_the_past_or_now_fires_at_once(int seconds)
    {
        var done = await RunAsync(async context =>
        {
            await context.CreateTimer(TimeSpan.FromSeconds(seconds), CancellationToken.None);
            return "fired";
        });
        Assert.Equal("fired", done.ReadOutputAs<string>());
    }

    [Fact]
    public async Task A_timer_days_away_fires_when_the_clock_gets_there_and_not_before()
    {
        var id = await StartAsync(async context =>
        {
            await context.CreateTimer(TimeSpan.FromDays(45), CancellationToken.None);
            return context.CurrentUtcDateTime;
        });
        await IdleAsync();
        Clock.Advance(TimeSpan.FromDays(45) - TimeSpan.FromSeconds(1));
        await IdleAsync();
        Assert.False((await ReadAsync(id)).IsCompleted);

        Clock.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(Clock.Start.AddDays(45), (await CompletedAsync(id)).ReadOutputAs<DateTimeOffset>());
    }

    [Fact]
    public async Task A_long_timer_survives_the_process()
    {
        var id = await StartAsync(async context =>
        {
            await context.CreateTimer(TimeSpan.FromHours(3), CancellationToken.None);
            return "fired";
        });
        await IdleAsync();
        await ReplaceAsync(Engine);
        await IdleAsync();
        Assert.False((await ReadAsync(id)).IsCompleted);
        Clock.Advance(TimeSpan.FromHours(3));
        Assert.Equal("fired", (await CompletedAsync(id)).ReadOutputAs<string>());
    }

    [Fact]
    public async Task A_timer_that_ran_out_while_nobody_ran_fires_on_take_over()
    {
        var id = await StartAsync(async context =>
        {
            await context.CreateTimer(TimeSpan.FromHours(3), CancellationToken.None);
            return "fired";
        });
        await IdleAsync();
        Engine.Abandon();
        Clock.Advance(TimeSpan.FromDays(1));
        await ExecuteAsync("update durable.workers set lease_until = '-infinity'");
        await ReplaceAsync(Engine);
        Assert.Equal("fired", (await CompletedAsync(id)).ReadOutputAs<string>());
    }

    [Fact]
    public async Task A_cancelled_timer_does_not_hold_the_orchestration_up()
    {
        var done = await RunAsync(async context =>
        {
            using var cancel = new CancellationTokenSource();
            var timer = context.CreateTimer(TimeSpan.FromDays(1), cancel.Token);
            var winner = await Task.WhenAny(timer, context.CallActivityAsync<string>("Echo", "quick"));
            // CancelAsync would come back on another thread.
#pragma warning disable CA1849
            cancel.Cancel();
#pragma warning restore CA1849
            return winner == timer ? "timer" : $"activity, timer {timer.Status}";
        });
        Assert.Equal("activity, timer Canceled", done.ReadOutputAs<string>());
        Assert.Null(await QueryAsync<DateTime?>("select wake_at from durable.instances"));
    }

    [Fact]
    public async Task Timers_fire_in_the_order_of_their_times()
    {
        var id = await StartAsync(async context =>
        {
            var fired = new List<int>();
            async Task Wait(int minutes)
            {
                await context.CreateTimer(TimeSpan.FromMinutes(minutes), CancellationToken.None);
                fired.Add(minutes);
            }

            await Task.WhenAll(Wait(3), Wait(1), Wait(2));
            return fired;
        });
        await IdleAsync();
        Clock.Advance(TimeSpan.FromMinutes(5));
        Assert.Equal([1, 2, 3], (await CompletedAsync(id)).ReadOutputAs<List<int>>()!);
    }

    [Fact]
    public async Task An_instance_can_be_started_for_later()
    {
        Functions.Orchestrator("Main", context => Task.FromResult("ran"));
        await Client.ScheduleNewOrchestrationInstanceAsync("Main", new StartOrchestrationOptions("later", Clock.GetUtcNow().AddHours(2)));
        await IdleAsync();
        Assert.Equal(OrchestrationRuntimeStatus.Pending, (await ReadAsync("later")).RuntimeStatus);
        Clock.Advance(TimeSpan.FromHours(2));
        Assert.Equal("ran", (await CompletedAsync("later")).ReadOutputAs<string>());
    }
}
