using Microsoft.DurableTask;
using Microsoft.DurableTask.Client;
using Portal.Tests.Support;

namespace Portal.Tests.Integration.Infra.Durable;

public sealed class RetryTests : DurableTest
{
    private readonly List<DateTimeOffset> attempts = [];

    public override async Task InitializeAsync()
    {
        await base.InitializeAsync();
        Functions.Activity<int, string>("FailsTimes", times =>
        {
            lock (attempts)
            {
                attempts.Add(Clock.GetUtcNow());
                return attempts.Count <= times ? throw new InvalidOperationException($"try {attempts.Count}") : $"try {attempts.Count}";
            }
        });
    }

    [Fact]
    public async Task Attempts_include_the_first()
    {
        var done = await MovedAsync(new(3, TimeSpan.FromSeconds(10)), failures: 99, TimeSpan.FromSeconds(10));
        Assert.Equal(3, attempts.Count);
        Assert.Equal(OrchestrationRuntimeStatus.Failed, done.RuntimeStatus);
        Assert.Contains("try 3", done.SerializedOutput, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Pauses_grow_by_the_coefficient_up_to_the_cap()
    {
        var done = await MovedAsync(
            new(
                6, TimeSpan.FromSeconds(10), backoffCoefficient: 2, maxRetryInterval: TimeSpan.FromSeconds(50)), failures: 5,
                TimeSpan.FromSeconds(10));
        Assert.Equal("try 6", done.ReadOutputAs<string>());
        Assert.Equal([10, 20, 40, 50, 50], attempts.Zip(attempts.Skip(1), (before, after) => (int)(after - before).TotalSeconds));
    }

    [Fact]
    public async Task No_attempt_starts_after_the_retry_timeout()
    {
        await MovedAsync(
            new(100, TimeSpan.FromSeconds(10), retryTimeout: TimeSpan.FromSeconds(35)), failures: 99, TimeSpan.FromSeconds(10));
        Assert.Equal(5, attempts.Count);
    }

    [Fact]
    public async Task HandleFailure_decides_whether_to_go_on()
    {
        var policy = new RetryPolicy(10, TimeSpan.FromSeconds(10))
        {
            HandleFailure = failure => failure.IsCausedBy<InvalidOperationException>() && failure.ErrorMessage != "try 2",
        };
        await MovedAsync(policy, failures: 99, TimeSpan.FromSeconds(10));
        Assert.Equal(2, attempts.Count);
    }

    [Fact]
    public async Task A_retry_handler_decides_and_may_wait()
    {
        var options = TaskOptions.FromRetryHandler(async retry =>
        {
            if (retry.LastAttemptNumber == 3)
            {
                return false;
            }

            await retry.OrchestrationContext.CreateTimer(TimeSpan.FromSeconds(10), CancellationToken.None);
            return retry.LastFailure.IsCausedBy<InvalidOperationException>();
        });
        var id = await StartAsync(context => context.CallActivityAsync<string>("FailsTimes", 99, options));
        await Eventually.MovingAsync(Clock, TimeSpan.FromSeconds(10), async () => (await ReadAsync(id)).IsCompleted, "all attempts");
        Assert.Equal(3, attempts.Count);
    }

    [Fact]
    public async Task Retries_go_on_in_another_process()
    {
        var options = TaskOptions.FromRetryPolicy(new(5, TimeSpan.FromMinutes(1)));
        var id = await StartAsync(context => context.CallActivityAsync<string>("FailsTimes", 2, options));
        await IdleAsync();
        await ReplaceAsync(Engine);
        Clock.Advance(TimeSpan.FromMinutes(1));
        await IdleAsync();
        await ReplaceAsync(Engine);
        Clock.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal("try 3", (await CompletedAsync(id)).ReadOutputAs<string>());
    }

    [Fact]
    public async Task An_activity_that_does_not_exist_fails_clearly_and_is_not_retried()
    {
        var done = await RunAsync(context =>
            context.CallActivityAsync<string>("Nowhere", null, TaskOptions.FromRetryPolicy(new(5, TimeSpan.FromMinutes(1)))));
        Assert.Equal(OrchestrationRuntimeStatus.Failed, done.RuntimeStatus);
        Assert.Contains("No activity task named 'Nowhere' was found.", done.SerializedOutput, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_orchestrator_that_does_not_exist_fails_clearly()
    {
        await Client.ScheduleNewOrchestrationInstanceAsync("Nowhere", new StartOrchestrationOptions("i"));
        var done = await CompletedAsync("i");
        Assert.Equal("No orchestrator task named 'Nowhere' was found.", done.SerializedOutput);
        Assert.Equal("OrchestratorTaskNotFound", done.FailureDetails!.ErrorType);
    }

    private async Task<OrchestrationMetadata> MovedAsync(RetryPolicy policy, int failures, TimeSpan step)
    {
        var id = await StartAsync(
            context => context.CallActivityAsync<string>("FailsTimes", failures, TaskOptions.FromRetryPolicy(policy)));
        for (var i = 0; i < 100; i++)
        {
            await IdleAsync();
            if (await ReadAsync(id) is { IsCompleted: true } done)
            {
                return await CompletedAsync(done.InstanceId);
            }

            Clock.Advance(step);
        }

        throw new TimeoutException($"{id} made {attempts.Count} attempts and did not end");
    }
}
