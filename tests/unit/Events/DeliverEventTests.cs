using Microsoft.DurableTask;
using Moq;
using Portal.Events.Deliveries;
using Portal.Foundation.Faults;
using Portal.Functions.Events;
using Portal.Tests.Unit.Foundation;

namespace Portal.Tests.Unit.Events;

/// <summary>How often a delivery is tried, when, and as what it ends: time moves only when the orchestration waits.</summary>
public sealed class DeliverEventTests
{
    private const string Away = "Resend is away (503)";
    private static readonly DeliveryRef Delivery = new(Guid.NewGuid(), Guid.NewGuid(), 1);
    private readonly Mock<TaskOrchestrationContext> context = new(MockBehavior.Strict);
    private readonly OrchestrationTime time;
    private readonly Queue<Func<DeliveryOutcome.Later?>> answers = [];
    private readonly List<TimeSpan> sent = [];
    private readonly List<DeliveryAttempt> noted = [];
    private readonly List<string> failed = [];
    private DeliveryRef delivery = Delivery;
    private DeliveryRef? afresh;

    public DeliverEventTests()
    {
        time = new(context);
        context.Setup(c => c.ContinueAsNew(It.IsAny<object?>(), It.IsAny<bool>()))
            .Callback((object? input, bool _) => afresh = (DeliveryRef?)input);
        context.Setup(c => c.CallActivityAsync<DeliveryOutcome.Later?>(
            DeliverEventActivities.Send, It.Is<object?>(input => delivery.Equals(input)), It.IsAny<TaskOptions?>())).Returns(Send);
        context.Setup(c => c.CallActivityAsync<bool>(
            DeliverEventActivities.NoteAttempt, It.IsAny<DeliveryAttempt>(), It.IsNotNull<TaskOptions>()))
            .Returns((TaskName _, object? attempt, TaskOptions? options) =>
            {
                // A day of tries while the database is away.
                var policy = options!.Retry!.Policy!;
                Assert.Equal((300, TimeSpan.FromSeconds(5)), (policy.MaxNumberOfAttempts, policy.FirstRetryInterval));
                noted.Add((DeliveryAttempt)attempt!);
                return Task.FromResult(true);
            });
        context.Setup(c => c.CallActivityAsync<bool>(
            DeliverEventActivities.Fail, It.IsAny<DeliveryFailure>(), It.IsNotNull<TaskOptions>()))
            .Returns((TaskName _, object? failure, TaskOptions? _) =>
            {
                Assert.Equal(delivery, ((DeliveryFailure)failure!).Delivery);
                failed.Add(((DeliveryFailure)failure).Reason);
                return Task.FromResult(true);
            });
    }

    [Fact]
    public async Task One_that_is_taken_at_once_is_sent_once()
    {
        Answer(null);
        await EndsAsync("settled", null);
        Assert.Equal([TimeSpan.Zero], sent);
        Assert.Empty(noted);
    }

    [Fact]
    public async Task Outages_are_tried_again_from_thirty_seconds_to_fifteen_minutes_and_on_call_hears_of_the_fourth()
    {
        Throw<TransientException>(Away, 7);
        Answer(null);
        await EndsAsync("settled", null);
        double[] minutes = [0, 0.5, 1.5, 3.5, 7.5, 15.5, 30.5, 45.5];
        Assert.Equal(minutes.Select(TimeSpan.FromMinutes), sent);
        Assert.Equal(Enumerable.Range(1, 7), noted.Select(note => note.Attempts));
        Assert.Equal(minutes.Skip(1).Select(at => OrchestrationTime.Start.AddMinutes(at)), noted.Select(note => note.NextRetryAt));
        Assert.Equal([4], noted.Where(note => note.Alert).Select(note => note.Attempts));
        Assert.All(noted, note => Assert.Equal((Delivery, Away), (note.Delivery, note.Error)));
    }

    [Fact]
    public async Task The_eighth_outage_is_the_last()
    {
        Throw<TransientException>(Away, 8);
        await EndsAsync("failed", $"8 attempts failed. The last: {Away}");
        Assert.Equal((8, 7), (sent.Count, noted.Count));
    }

    [Fact]
    public async Task A_bug_ends_it_at_once_and_its_text_stays_in_the_log()
    {
        Throw<InvalidOperationException>("secret of ours", 1);
        await EndsAsync("failed", "internal_error");
        Assert.Empty(noted);
    }

    [Fact]
    public async Task Waiting_because_the_vendor_asks_for_it_is_no_attempt_for_twelve_hours()
    {
        Answer(new(TimeSpan.FromMinutes(30)), 24);
        Throw<TransientException>(Away, 7);
        Answer(null);
        await EndsAsync("settled", null);
        Assert.Equal((32, 7), (sent.Count, noted.Count));
    }

    [Fact]
    public async Task After_twelve_hours_each_wait_is_an_attempt_and_the_eighth_is_the_last()
    {
        Answer(new(TimeSpan.FromHours(12)));
        Answer(new(TimeSpan.FromSeconds(1)), 8);
        await EndsAsync("settled", "the vendor asked to slow down for too long");
        Assert.Equal(9, sent.Count);
    }

    [Fact]
    public async Task A_wait_beyond_twelve_hours_in_one_is_an_attempt_too()
    {
        Answer(new(TimeSpan.FromHours(12) + TimeSpan.FromTicks(1)), 8);
        await EndsAsync("settled", "the vendor asked to slow down for too long");
        Assert.Equal(8, sent.Count);
    }

    [Fact]
    public async Task Held_back_for_days_it_is_patient_with_the_vendor_afterwards_as_if_it_had_just_begun()
    {
        Answer(new(TimeSpan.FromHours(1), IsHeld: true), 48);
        Answer(new(TimeSpan.FromHours(1)), 12);
        Throw<TransientException>(Away, 7);
        Answer(null);
        await EndsAsync("settled", null);
        Assert.Equal(7, noted.Count);
    }

    [Theory]
    [InlineData(95, false)]
    [InlineData(96, true)]
    public async Task A_key_that_is_not_accepted_is_waited_for_and_after_a_day_it_begins_afresh(int times, bool restarts)
    {
        Answer(new(TimeSpan.FromMinutes(15), Blocked: "401"), times);
        if (!restarts)
        {
            Answer(null);
        }

        await EndsAsync("settled", null);
        Assert.Equal(restarts ? Delivery : null, afresh);
        Assert.Empty(noted);
    }

    [Fact]
    public async Task What_failed_before_it_begins_afresh_counts_on()
    {
        Throw<TransientException>(Away, 3);
        Answer(new(TimeSpan.FromMinutes(15), Blocked: "401"), 96);
        await EndsAsync("settled", null);
        Assert.Equal(Delivery with { Failed = 3 }, afresh);

        delivery = afresh!;
        sent.Clear();
        Throw<TransientException>(Away, 5);
        await EndsAsync("failed", $"8 attempts failed. The last: {Away}");
        Assert.Equal(5, sent.Count);
    }

    [Fact]
    public async Task A_channel_that_counts_its_attempts_has_them_noted_and_says_itself_when_it_is_over()
    {
        Answer(new(TimeSpan.FromHours(10), Failure: "answered 500"), 9);
        Answer(new(TimeSpan.FromHours(12)), 1);
        Throw<TransientException>(Away, 7);
        Answer(null);
        await EndsAsync("settled", null);
        Assert.Equal(Enumerable.Range(1, 9), noted.Take(9).Select(note => note.Attempts));
        Assert.Equal(
            Enumerable.Range(1, 9).Select(n => OrchestrationTime.Start.AddHours(10 * n)), noted.Take(9).Select(note => note.NextRetryAt));
        Assert.All(noted.Take(9), note => Assert.Equal(("answered 500", false), (note.Error, note.Alert)));
    }

    private void Answer(DeliveryOutcome.Later? later, int times = 1)
    {
        for (var i = 0; i < times; i++)
        {
            answers.Enqueue(() => later);
        }
    }

    private void Throw<TException>(string message, int times)
        where TException : Exception
    {
        for (var i = 0; i < times; i++)
        {
            answers.Enqueue(() => throw new TaskFailedException(DeliverEventActivities.Send, 1, Details<TException>(message)));
        }
    }

    private static TaskFailureDetails Details<TException>(string message)
        where TException : Exception => new(typeof(TException).FullName!, message, null, null, null);

    private Task<DeliveryOutcome.Later?> Send()
    {
        sent.Add(time.Passed);
        Assert.True(answers.TryDequeue(out var answer), "It was sent more often than was expected.");
        try
        {
            return Task.FromResult(answer!());
        }
        catch (TaskFailedException e)
        {
            return Task.FromException<DeliveryOutcome.Later?>(e);
        }
    }

    private async Task EndsAsync(string output, string? reason)
    {
        Assert.Equal(output, await DeliverEventOrchestration.RunAsync(context.Object, delivery));
        Assert.Equal(reason is null ? [] : [reason], failed);
        Assert.Empty(answers);
    }
}
