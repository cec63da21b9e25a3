using Microsoft.DurableTask;
using Microsoft.Extensions.Logging.Abstractions;
using Portal.Runtime.Durable;

namespace Portal.Tests.Unit.Infra.Durable;

public sealed class LiveInstanceTests : IDurableFunctions
{
    private static readonly DateTime Now = new(2026, 3, 2, 9, 0, 0, DateTimeKind.Utc);
    private readonly LiveInstance instance = new(1);

    public bool HasOrchestrator(string name) => true;

    public bool HasActivity(string name) => true;

    public async Task<object?> RunOrchestratorAsync(TaskOrchestrationContext context) =>
        await context.WaitForExternalEvent<int>("Go") + await context.WaitForExternalEvent<int>("Go");

    public Task<object?> RunActivityAsync(DurableActivityInvocation invocation, CancellationToken ct) => Task.FromResult<object?>(null);

    [Fact]
    public void A_message_that_comes_twice_counts_once_before_and_after_its_step()
    {
        Load([Go(7)]);
        Assert.True(instance.TryPost(Go(7), out _));
        var step = Take()!;
        Assert.Equal([7], step.Consumed);
        Assert.False(instance.CompleteStep(step));

        Assert.True(instance.TryPost(Go(7), out var ready));
        Assert.False(ready);
        Assert.True(instance.TryPost(Go(8), out ready));
        Assert.True(ready);
        var last = Take()!;
        Assert.Equal([8], last.Consumed);
        Assert.Equal("2", last.Output);
    }

    [Fact]
    public void What_arrives_while_a_step_is_being_committed_waits_for_the_next()
    {
        Load([Go(1)]);
        var first = Take()!;
        Assert.True(instance.TryPost(Go(2), out var ready));
        Assert.False(ready);
        Assert.True(instance.CompleteStep(first));
        Assert.True(Take()!.IsOver);
    }

    [Fact]
    public void An_evicted_or_finished_instance_takes_nothing_more()
    {
        Load([]);
        Assert.False(instance.CompleteStep(Take()));
        Assert.False(instance.TryEvict(instance.Rests - 1));
        Assert.True(instance.TryEvict(instance.Rests));
        Assert.False(instance.TryPost(Go(1), out _));
        Assert.True(instance.IsGone);
    }

    [Fact]
    public void An_instance_that_starts_later_leaves_its_messages_alone_until_then()
    {
        instance.Loaded(Row() with { WakeAt = Now.AddHours(1) }, [], [Go(1), Go(2)]);
        Assert.Null(Take());
        Assert.False(instance.CompleteStep(null));
        Assert.True(instance.TryPost(null, out var ready));
        Assert.True(ready);
        Assert.Equal([1, 2], Take(Now.AddHours(1))!.Consumed);
    }

    private static InstanceRow Row() => new(1, "i", "Main", null, null, 1, 1, 0, 0);

    private static InstanceMessage Go(long id) => new(id, null, new EventRaised("Go", "1"));

    private void Load(InstanceMessage[] inbox) => instance.Loaded(Row(), [], inbox);

    private Step? Take(DateTime? at = null) => instance.TakeStep(at ?? Now, this, NullLoggerFactory.Instance, () => { }, out _);
}
