using Microsoft.DurableTask.Client;
using Microsoft.Extensions.Logging.Abstractions;
using Portal.Runtime.Durable;
using Xunit;

namespace Portal.Tests.Support;

/// <summary>
/// Replays the history of every instance with the code that made it and compares: steps without gaps, nothing answered twice or unasked,
/// the same decisions, and for finished ones the same end as their row says.
/// </summary>
public static class HistoryChecker
{
    /// <summary>Throws at the first instance that is not as it should be; returns how many were looked at.</summary>
    public static async Task<int> CheckAsync(DurableEngine engine, IDurableFunctions functions)
    {
        var query = engine.Operations.Query;
        var instances = await query.ListAsync(new() { Limit = int.MaxValue }, CancellationToken.None);
        Assert.NotEmpty(instances);
        foreach (var instance in instances)
        {
            var history = await query.HistoryAsync(instance.Key, CancellationToken.None);
            Assert.Equal(Enumerable.Range(0, history.Count), history.Select(step => step.Seq));
            var events = history.SelectMany(step => step.Events).ToList();
            Assert.Single(events, happened => happened is ExecutionStarted);
            AnsweredOnce(instance.Id, events);
            Replays(instance, functions, history);
        }

        return instances.Count;
    }

    private static void AnsweredOnce(string id, List<HistoryEvent> events)
    {
        var asked = events.OfType<Decision>().Select(decision => decision.Id).ToList();
        Assert.Equal(Enumerable.Range(0, asked.Count), asked);
        var answered = events.Select(happened => happened switch
        {
            TaskCompleted done => done.Id,
            TaskFailed failed => failed.Id,
            TimerFired fired => fired.Id,
            SubOrchestrationCompleted done => done.Id,
            SubOrchestrationFailed failed => failed.Id,
            _ => -1,
        }).Where(task => task >= 0).ToList();
        Assert.True(answered.Distinct().Count() == answered.Count, $"{id}: a task was answered twice");
        Assert.True(answered.All(asked.Contains), $"{id}: a task was answered that nobody asked for");
    }

    private static void Replays(InstanceSnapshot instance, IDurableFunctions functions, List<HistoryStep> history)
    {
        var parent = new Microsoft.DurableTask.ParentOrchestrationInstance("any", "any");
        var run = new OrchestrationRun(
            new(instance.Id, instance.Name, "", instance.Input, 0, parent), functions, NullLoggerFactory.Instance, () => { });
        run.Replay(history);
        Assert.True(run.Context.Violation is null, $"{instance.Id}: {run.Context.Violation}");
        var end = history[^1].Events.OfType<ExecutionCompleted>().SingleOrDefault();
        switch (instance.Status)
        {
            case OrchestrationRuntimeStatus.Completed:
                Assert.Equal(instance.Output, Assert.IsType<RunOutcome.Completed>(run.Outcome()).Output);
                Assert.Equal(instance.Output, end!.Output);
                break;
            case OrchestrationRuntimeStatus.Failed:
                Assert.Equal(instance.Output, end!.Failure!.Message);
                break;
            case OrchestrationRuntimeStatus.Terminated:
                Assert.NotNull(end);
                break;
            default:
                Assert.Null(end);
                Assert.IsType<RunOutcome.Waiting>(run.Outcome());
                break;
        }
    }
}
