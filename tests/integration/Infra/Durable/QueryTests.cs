using Microsoft.DurableTask;
using Microsoft.DurableTask.Client;

namespace Portal.Tests.Integration.Infra.Durable;

public sealed class QueryTests : DurableTest
{
    public override async Task InitializeAsync()
    {
        await base.InitializeAsync();
        Functions.Orchestrator("Main", async context => context.GetInput<string>() switch
        {
            "wait" => await context.WaitForExternalEvent<string>("Go"),
            "fail" => throw new InvalidOperationException("failed"),
            var input => input,
        });
        for (var n = 0; n < 12; n++)
        {
            var kind = n % 3 == 0 ? "wait" : n % 3 == 1 ? "fail" : "done";
            await Client.ScheduleNewOrchestrationInstanceAsync("Main", kind, new StartOrchestrationOptions($"{kind}-{n:00}"));
            await IdleAsync();
            Clock.Advance(TimeSpan.FromMinutes(1));
        }
    }

    [Fact]
    public async Task Filters_by_status_prefix_and_creation_time()
    {
        Assert.Equal(12, (await ListAsync(null)).Count);
        Assert.Equal(
            ["wait-00", "wait-03", "wait-06", "wait-09"], await ListAsync(
                new OrchestrationQuery(Statuses: [OrchestrationRuntimeStatus.Running])));
        Assert.Equal(
            ["fail-01", "done-02", "fail-04", "done-05", "fail-07", "done-08", "fail-10", "done-11"],
            await ListAsync(new OrchestrationQuery(Statuses: [OrchestrationRuntimeStatus.Failed, OrchestrationRuntimeStatus.Completed])));
        Assert.Equal(["done-02", "done-05", "done-08", "done-11"], await ListAsync(new OrchestrationQuery(InstanceIdPrefix: "done-")));
        Assert.Equal(
            ["wait-03", "fail-04"], await ListAsync(new OrchestrationQuery(Clock.Start.AddMinutes(3), Clock.Start.AddMinutes(4))));
    }

    [Fact]
    public async Task What_is_parked_is_among_the_suspended_and_not_among_the_running()
    {
        await ExecuteAsync("update durable.instances set quarantine_reason = 'for this test' where id = 'wait-03'");
        Assert.Equal(["wait-03"], await ListAsync(new OrchestrationQuery(Statuses: [OrchestrationRuntimeStatus.Suspended])));
        Assert.Equal(
            ["wait-00", "wait-06", "wait-09"], await ListAsync(new OrchestrationQuery(Statuses: [OrchestrationRuntimeStatus.Running])));
    }

    [Fact]
    public async Task Pages_follow_each_other_by_continuation_token()
    {
        var pages = new List<Page<OrchestrationMetadata>>();
        await foreach (var page in Client.GetAllInstancesAsync(new OrchestrationQuery(PageSize: 5)).AsPages())
        {
            pages.Add(page);
        }

        Assert.Equal([5, 5, 2], pages.Select(page => page.Values.Count));
        Assert.Null(pages[^1].ContinuationToken);

        var rest = await ListAsync(new OrchestrationQuery(PageSize: 5, ContinuationToken: pages[0].ContinuationToken));
        Assert.Equal(7, rest.Count);
        Assert.Equal("done-05", rest[0]);
    }

    [Fact]
    public async Task Inputs_and_outputs_come_only_when_asked_for()
    {
        var bare = await Client.GetInstanceAsync("done-02");
        Assert.Null(bare!.SerializedInput);
        Assert.Throws<InvalidOperationException>(() => bare.ReadOutputAs<string>());
        Assert.Equal("done", (await Client.GetInstanceAsync("done-02", getInputsAndOutputs: true))!.ReadOutputAs<string>());
        Assert.Null((await Client.GetInstanceAsync("fail-01"))!.FailureDetails);
        Assert.Equal("failed", (await Client.GetInstanceAsync("fail-01", getInputsAndOutputs: true))!.FailureDetails!.ErrorMessage);
    }

    [Fact]
    public async Task Purging_removes_finished_instances_with_their_history_and_no_others()
    {
        Assert.Equal(1, (await Client.PurgeInstanceAsync("done-02")).PurgedInstanceCount);
        Assert.Equal(0, (await Client.PurgeInstanceAsync("done-02")).PurgedInstanceCount);
        Assert.Equal(0, (await Client.PurgeInstanceAsync("wait-00")).PurgedInstanceCount);
        Assert.Equal(
            4, (
                await Client.PurgeAllInstancesAsync(
                    new PurgeInstancesFilter(Statuses: [OrchestrationRuntimeStatus.Failed]))).PurgedInstanceCount);
        Assert.Equal(
            1, (await Client.PurgeAllInstancesAsync(new PurgeInstancesFilter(CreatedTo: Clock.Start.AddMinutes(6)))).PurgedInstanceCount);
        Assert.Equal(["wait-00", "wait-03", "wait-06", "done-08", "wait-09", "done-11"], await ListAsync(null));
        Assert.Equal(6, await QueryAsync<long>("select count(distinct key) from durable.history"));
    }

    private async Task<List<string>> ListAsync(OrchestrationQuery? query)
    {
        var ids = new List<string>();
        await foreach (var instance in Client.GetAllInstancesAsync(query))
        {
            ids.Add(instance.InstanceId);
        }

        return ids;
    }
}
