using Microsoft.DurableTask;
using Moq;

namespace Portal.Tests.Unit.Foundation;

/// <summary>
/// The time of an orchestration that is run by hand: it moves only when a timer is awaited, to the moment it was set for.
/// </summary>
internal sealed class OrchestrationTime
{
    public static readonly DateTime Start = new(2026, 11, 21, 9, 0, 0, DateTimeKind.Utc);

    public OrchestrationTime(Mock<TaskOrchestrationContext> context)
    {
        context.Setup(c => c.CurrentUtcDateTime).Returns(() => Start + Passed);
        context.Setup(c => c.CreateTimer(It.IsAny<DateTime>(), It.IsAny<CancellationToken>()))
            .Returns((DateTime to, CancellationToken _) =>
            {
                Timers++;
                Passed = to - Start;
                return Task.CompletedTask;
            });
    }

    /// <summary>Since the start.</summary>
    public TimeSpan Passed { get; private set; }

    /// <summary>How many have been awaited.</summary>
    public int Timers { get; private set; }
}
