using Portal.Runtime.Durable;

namespace Portal.Tests.Unit.Infra.Durable;

public sealed class RewindingTests
{
    private static readonly DateTime Now = new(2026, 3, 2, 9, 0, 0, DateTimeKind.Utc);
    private static readonly Failure Broken = new("T", "broken", null, null);

    [Fact]
    public void The_last_step_and_silent_failures_go_and_what_they_answered_is_open_again()
    {
        var rewound = Rewinding.Rewind(
            [
                Step(
                    0, new ExecutionStarted(), new TaskScheduled(0, "A", null), new TaskScheduled(1, "B", null),
                    new SubOrchestrationCreated(2, "S", "kid", null)),
                Step(1, new TaskFailed(0, Broken)),
                Step(2, new SubOrchestrationFailed(2, Broken)),
                Step(3, new EventRaised("E", "1", 9), new TaskFailed(1, Broken), new ExecutionCompleted(3, "broken", Broken)),
            ],
            "fixed", Now, _ => true);

        Assert.Equal([0, 1, 2, 3], rewound.Kept.Select(step => step.Seq));
        Assert.Equal([new ExecutionRewound("fixed")], rewound.Kept[^1].Events);
        Assert.Equal(2, rewound.OpenTasks);
        Assert.Equal(["kid"], rewound.FailedChildren);
        Assert.Equal([new EventRaised("E", "1", 9)], rewound.Waiting);
    }

    [Fact]
    public void Failures_that_the_code_handled_stay()
    {
        var history = new[]
        {
            Step(0, new ExecutionStarted(), new TaskScheduled(0, "A", null)),
            Step(1, new TaskFailed(0, Broken), new TimerCreated(1, Now)),
            Step(2, new TimerFired(1), new TaskScheduled(2, "A", null)),
            Step(3, new TaskFailed(2, Broken), new ExecutionCompleted(3, "broken", Broken)),
        };
        var rewound = Rewinding.Rewind(history, null, Now, _ => true);
        Assert.Equal(history[..3].SelectMany(step => step.Events), rewound.Kept.Take(3).SelectMany(step => step.Events));
        Assert.Equal(1, rewound.OpenTasks);
        Assert.Null(rewound.WakeAt);
    }

    [Fact]
    public void Timers_that_had_not_fired_by_then_wake_it_again_at_their_time()
    {
        var rewound = Rewinding.Rewind(
            [
                Step(
                    0, new ExecutionStarted(), new TimerCreated(0, Now), new TimerCreated(1, Now.AddHours(2)),
                    new TimerCreated(2, Now.AddHours(1))),
                Step(1, new TimerFired(0)),
                Step(2, new TimerFired(2), new ExecutionCompleted(3, "broken", Broken)),
            ],
            "fixed", Now, _ => true);
        Assert.Equal(Now.AddHours(1), rewound.WakeAt);
        Assert.Empty(rewound.Waiting);
    }

    [Fact]
    public void What_does_not_replay_without_its_failures_keeps_them()
    {
        var rewound = Rewinding.Rewind(
            [
                Step(0, new ExecutionStarted(), new TaskScheduled(0, "A", null), new TaskScheduled(1, "B", null)),
                Step(1, new TaskFailed(0, Broken)),
                Step(2, new TaskFailed(1, Broken), new ExecutionCompleted(3, "broken", Broken)),
            ],
            null, Now, steps => steps.SelectMany(step => step.Events).OfType<TaskFailed>().Any());
        Assert.Single(rewound.Kept.SelectMany(step => step.Events).OfType<TaskFailed>());
        Assert.Equal(1, rewound.OpenTasks);
    }

    [Fact]
    public void An_instance_that_failed_in_its_first_step_starts_over()
    {
        var rewound = Rewinding.Rewind(
            [Step(0, new ExecutionStarted(), new ExecutionCompleted(3, "broken", Broken))], null, Now, _ => true);
        Assert.Empty(rewound.Kept);
        Assert.Empty(rewound.Waiting);
    }

    private static HistoryStep Step(int seq, params HistoryEvent[] events) => new(seq, Now, events);
}
