using Microsoft.DurableTask;
using Portal.Runtime.Durable;

namespace Portal.Tests.Unit.Infra.Durable;

public sealed class HistoryJsonTests
{
    [Fact]
    public void Every_event_comes_back_as_it_was_written()
    {
        var failure = new Failure("T", "m \"q\" ünï \u0000", "at x", new Failure("I", "inner", null, null), NonRetriable: true);
        List<HistoryEvent> events =
        [
            new ExecutionStarted(), new TaskScheduled(0, "A", "{\"a\":1}"), new TaskCompleted(0, null), new TaskFailed(1, failure),
            new TimerCreated(2, new DateTime(2026, 1, 2, 3, 4, 5, 678, DateTimeKind.Utc).AddMicroseconds(901)), new TimerFired(2),
            new SubOrchestrationCreated(3, "S", "id", null), new SubOrchestrationCompleted(3, "\"x\""),
            new SubOrchestrationFailed(4, failure),
            new EventRaised("E", "1", 77), new EventSent(5, "other", "E", null), new ExecutionSuspended("why"), new ExecutionResumed(null),
            new ExecutionTerminated("1"), new ExecutionRewound("fixed"), new ExecutionCompleted(3, "m", failure),
        ];
        Assert.Equal(
            typeof(HistoryEvent).Assembly.GetTypes().Count(
                type => !type.IsAbstract && type.IsSubclassOf(typeof(HistoryEvent))), events.Select(e => e.GetType()).Distinct().Count());
        Assert.Equal(events, HistoryJson.ReadStep(HistoryJson.Write(events)));
    }

    [Fact]
    public void Stored_history_is_readable_and_carries_no_empty_members()
    {
        Assert.Equal(
            """[{"type":"TaskScheduled","Name":"Prüfe","Id":0},{"type":"EventRaised","Name":"E"}]""",
            HistoryJson.Write([new TaskScheduled(0, "Prüfe", null), new EventRaised("E", null)]));
    }

    [Fact]
    public void Failures_keep_their_inner_failures_and_a_failed_task_its_details()
    {
        var details = new TaskFailureDetails(
            "Some.Type", "message", "stack", new TaskFailureDetails("Inner.Type", "inner", null, null, null), null);
        var failure = Failure.From(new TaskFailedException("A", 3, details));
        Assert.Equal("Microsoft.DurableTask.TaskFailedException", failure.Type);
        Assert.Equal("Some.Type", failure.Inner!.Type);
        Assert.Equal("Inner.Type", failure.ToDetails().InnerFailure!.InnerFailure!.ErrorType);
        Assert.Equal("Inner.Type", failure.ToCoreException().FailureDetails!.InnerFailure!.InnerFailure!.ErrorType);
        Assert.Equal("System.TimeoutException", Failure.From(new AggregateException(new TimeoutException("t"))).Type);
    }
}
