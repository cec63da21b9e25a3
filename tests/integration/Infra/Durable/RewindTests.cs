using Microsoft.DurableTask;
using Microsoft.DurableTask.Client;

namespace Portal.Tests.Integration.Infra.Durable;

public sealed class RewindTests : DurableTest
{
    [Fact]
    public async Task Rewind_runs_a_failed_instance_on_from_its_failure()
    {
        var broken = true;
        Functions.Activity<int, int>("Step", n => broken && n >= 2 ? throw new InvalidOperationException("broken") : n);
        Functions.Orchestrator("Child", context => context.CallActivityAsync<int>("Step", 3));
        var id = await StartAsync(async context =>
        {
            var sum = await context.CallActivityAsync<int>("Step", 1);
            var rest = await Task.WhenAll(
                context.CallActivityAsync<int>("Step", 2), context.CallActivityAsync<int>("Step", 4),
                context.CallSubOrchestratorAsync<int>("Child"));
            return sum + rest.Sum();
        });
        Assert.Equal(OrchestrationRuntimeStatus.Failed, (await CompletedAsync(id)).RuntimeStatus);
        await IdleAsync();
        broken = false;
        await Client.RewindInstanceAsync(id, "fixed");
        var done = await CompletedAsync(id);
        Assert.Equal(10, done.ReadOutputAs<int>());
        Assert.Equal(1, Functions.Ran.Count(name => name == "Step") - 6);
        await Assert.ThrowsAsync<InvalidOperationException>(() => Client.RewindInstanceAsync(id, "again"));
    }

    [Fact]
    public async Task Rewound_and_waiting_only_for_a_child_it_rests()
    {
        var broken = true;
        Functions.Orchestrator("Child", async context =>
        {
            var first = await context.WaitForExternalEvent<int>("Go");
            return broken ? throw new InvalidOperationException("broken") : first + await context.WaitForExternalEvent<int>("More");
        });
        var id = await StartAsync(
            context => context.CallSubOrchestratorAsync<int>("Child", options: new SubOrchestrationOptions(instanceId: "kid")));
        await IdleAsync();
        await Client.RaiseEventAsync("kid", "Go", 1);
        Assert.Equal(OrchestrationRuntimeStatus.Failed, (await CompletedAsync(id)).RuntimeStatus);
        await IdleAsync();
        broken = false;
        await Client.RewindInstanceAsync(id, "fixed");
        // Nothing is due for either of them.
        await IdleAsync();
        Assert.Equal(OrchestrationRuntimeStatus.Running, (await ReadAsync(id)).RuntimeStatus);
        Assert.Equal(0, await QueryAsync<long>("select count(*) from durable.instances where wake_at is not null"));
        await Client.RaiseEventAsync("kid", "More", 2);
        Assert.Equal(3, (await CompletedAsync(id)).ReadOutputAs<int>());
    }

    [Fact]
    public async Task A_rewound_instance_goes_on_in_another_process()
    {
        var broken = true;
        Functions.Activity<string, string>("Flaky", input => broken ? throw new InvalidOperationException("broken") : input);
        var id = await StartAsync(async context =>
        {
            await context.CreateTimer(TimeSpan.FromMinutes(1), CancellationToken.None);
            return await context.CallActivityAsync<string>("Flaky", "x");
        });
        await IdleAsync();
        Clock.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal(OrchestrationRuntimeStatus.Failed, (await CompletedAsync(id)).RuntimeStatus);
        broken = false;
        var dormant = await StartEngineAsync(start: false);
        var worker = Engine.Worker;
        Engine.Abandon();
        await dormant.Client.RewindInstanceAsync(id, "fixed");
        await ExpireAsync(worker);
        await ReplaceAsync(Engine);
        Assert.Equal("x", (await CompletedAsync(id)).ReadOutputAs<string>());
        await Portal.Tests.Support.HistoryChecker.CheckAsync(Engine, Functions);
    }
}
