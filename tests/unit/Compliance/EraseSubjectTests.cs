using Microsoft.DurableTask;
using Moq;
using Portal.Compliance.Erasure;
using Portal.Foundation.Faults;
using Portal.Functions.Compliance.Erasure;
using Portal.Tests.Unit.Foundation;

namespace Portal.Tests.Unit.Compliance;

/// <summary>The order in which somebody is erased, and what becomes of an attempt that a vendor keeps from its end.</summary>
public sealed class EraseSubjectTests
{
    private static readonly ErasureRef Erasure = new(Guid.NewGuid(), Guid.NewGuid(), 1);
    private readonly Mock<TaskOrchestrationContext> context = new(MockBehavior.Strict);
    private readonly OrchestrationTime time;
    private readonly Queue<Exception> failures = [];
    private readonly List<string> history = [];
    private string failsAt = "";
    private bool due = true;

    public EraseSubjectTests()
    {
        time = new(context);
        context.Setup(c => c.ContinueAsNew(Erasure, It.IsAny<bool>())).Callback(() => history.Add("afresh"));
        context.Setup(c => c.CallActivityAsync<string>(It.IsAny<TaskName>(), Erasure, null))
            .Returns((TaskName name, object? _, TaskOptions? _) => StepAsync(name, "user_deleted"));
        context.Setup(c => c.CallActivityAsync<bool>(It.IsAny<TaskName>(), Erasure, null))
            .Returns((TaskName name, object? _, TaskOptions? _) => StepAsync(name, name.Name != EraseSubjectActivities.Begin || due));
        context.Setup(c => c.CallActivityAsync<bool>(It.IsAny<TaskName>(), It.IsAny<ErasureFault>(), It.IsNotNull<TaskOptions>()))
            .Returns((TaskName name, object? fault, TaskOptions? _) =>
            {
                Assert.Equal(Erasure, ((ErasureFault)fault!).Erasure);
                history.Add($"{name.Name}: {((ErasureFault)fault).Reason}");
                return Task.FromResult(true);
            });
    }

    [Fact]
    public async Task Clerk_first_then_the_rows_and_ten_minutes_later_what_was_under_way() => await EndsAsync(
        "completed", "00:00:00 BeginErasure", "00:00:00 EraseAtClerk", "00:00:00 EraseRows", "00:10:00 CompleteErasure");

    [Fact]
    public async Task One_whose_time_has_not_come_does_nothing()
    {
        due = false;
        await EndsAsync("not_due", "00:00:00 BeginErasure");
    }

    [Fact]
    public async Task A_step_is_tried_again_while_the_vendor_is_away_and_on_call_sees_why()
    {
        Fail<TransientException>(EraseSubjectActivities.Clerk, "Clerk is away", 2);
        await EndsAsync(
            "completed", "00:00:00 BeginErasure", "00:00:00 EraseAtClerk", "NoteErasureError: Clerk is away", "00:00:30 EraseAtClerk",
            "NoteErasureError: Clerk is away", "00:01:30 EraseAtClerk", "00:01:30 EraseRows", "00:11:30 CompleteErasure");
    }

    [Fact]
    public async Task After_sixty_tries_of_one_step_it_begins_afresh()
    {
        Fail<TransientException>(EraseSubjectActivities.Rows, "Neon is away", 60);
        Assert.Equal("running", await EraseSubjectOrchestration.RunAsync(context.Object, Erasure));
        Assert.Equal("afresh", history[^1]);
        Assert.Equal(60, history.Count(step => step.EndsWith("EraseRows", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task A_refusal_fails_it_in_its_own_words_and_a_bug_in_none()
    {
        Fail<PermanentException>(EraseSubjectActivities.Clerk, "Clerk said no", 1);
        await EndsAsync("failed", "00:00:00 BeginErasure", "00:00:00 EraseAtClerk", "FailErasure: Clerk said no");

        history.Clear();
        Fail<InvalidOperationException>(EraseSubjectActivities.Begin, "secret of ours", 1);
        await EndsAsync("failed", "00:00:00 BeginErasure", "FailErasure: internal_error");
    }

    private void Fail<TException>(string activity, string message, int times)
        where TException : Exception
    {
        failsAt = activity;
        for (var i = 0; i < times; i++)
        {
            failures.Enqueue(new TaskFailedException(
                activity, 1, new TaskFailureDetails(typeof(TException).FullName!, message, null, null, null)));
        }
    }

    private Task<T> StepAsync<T>(TaskName name, T answer)
    {
        history.Add($"{time.Passed:c} {name.Name}");
        return name.Name == failsAt && failures.TryDequeue(out var failure) ? Task.FromException<T>(failure) : Task.FromResult(answer);
    }

    private async Task EndsAsync(string output, params string[] steps)
    {
        Assert.Equal(output, await EraseSubjectOrchestration.RunAsync(context.Object, Erasure));
        Assert.Equal(steps, history);
    }
}
