using System.Globalization;
using Microsoft.DurableTask;
using Moq;
using Portal.Functions.Videos.Uploads;
using Portal.Videos.Uploads;

namespace Portal.Tests.Unit.Videos;

/// <summary>
/// One run of the upload pipeline, told in advance: what each activity answers, in order, and which waits end with a signal (unsaid:
/// none does). Time moves only when a timer is awaited, to the moment it was set for. An activity that the script does not expect
/// next, a run that stands still and a timer left running are failures.
/// </summary>
internal sealed class PipelineScript
{
    private readonly Mock<TaskOrchestrationContext> context = new(MockBehavior.Strict);
    private readonly Queue<(string Activity, Func<object?> Answer)> answers = [];
    private readonly Queue<bool> waits = [];
    private readonly Queue<TaskCompletionSource<object?>> listeners = [];
    private DateTime now = Start;
    private int running;

    public PipelineScript()
    {
        context.Setup(c => c.CurrentUtcDateTime).Returns(() => now);
        context.Setup(c => c.SetCustomStatus(It.IsAny<object?>())).Callback((object? status) => Statuses.Add(status as string));
        context.Setup(c => c.CreateTimer(It.IsAny<DateTime>(), It.IsAny<CancellationToken>())).Returns(Timer);
        context.Setup(c => c.WaitForExternalEvent<object?>("UploadChanged", CancellationToken.None)).Returns(Listen);
        context.Setup(c => c.ContinueAsNew(It.IsAny<object?>(), It.IsAny<bool>()))
            .Callback((object? input, bool keepsEvents) => Restart = (input, keepsEvents));
        context.Setup(c => c.CallActivityAsync(It.IsAny<TaskName>(), It.IsAny<object?>(), It.IsAny<TaskOptions?>()))
            .Returns((TaskName name, object? input, TaskOptions? options) =>
            {
                Note(name, input, options);
                return Task.CompletedTask;
            });
        // The one for object would take every call; what is set up last comes first.
        AnswerAs<object?>();
        AnswerAs<Opened>();
        AnswerAs<string?>();
        context.Setup(c => c.CallActivityAsync<bool>(It.IsAny<TaskName>(), It.IsAny<object?>(), It.IsAny<TaskOptions?>()))
            .Returns((TaskName name, object? input, TaskOptions? options) =>
            {
                Note(name, input, options);
                return Task.FromResult(true);
            });
    }

    public static DateTime Start { get; } = new(2026, 11, 21, 9, 0, 0, DateTimeKind.Utc);

    public static UploadRef Upload { get; } = new(
        new("0192f0c1-0000-7000-8000-000000000001"), new("0192f0c1-0000-7000-8000-000000000002"), Attempt: 3);

    /// <summary>Each activity and signal, after the time since the start: <c>00:02:00 ReconcileUpload</c>.</summary>
    public List<string> History { get; } = [];

    public List<(string Activity, object? Input, TaskOptions? Options)> Calls { get; } = [];

    /// <summary>What on-call saw of it, in order.</summary>
    public List<string?> Statuses { get; } = [];

    public string? CustomStatus => Statuses.LastOrDefault();

    /// <summary>Set when it continued as new: with which input, and whether events not yet taken are kept.</summary>
    public (object? Input, bool KeepsEvents)? Restart { get; private set; }

    public PipelineScript Answer(string activity, object? answer, int times = 1) => Add(activity, () => answer, times);

    public PipelineScript Fail<TException>(string activity, string message, int times = 1)
        where TException : Exception => Add(
            activity,
            () =>
                throw new TaskFailedException(
                    activity, 1, new TaskFailureDetails(typeof(TException).FullName!, message, null, null, null)),
            times);

    /// <summary>The next wait ends with a signal, at once.</summary>
    public PipelineScript Signal()
    {
        waits.Enqueue(true);
        return this;
    }

    /// <summary>The next waits get no signal: their time runs out.</summary>
    public PipelineScript NoSignal(int times = 1)
    {
        for (var i = 0; i < times; i++)
        {
            waits.Enqueue(false);
        }

        return this;
    }

    public IReadOnlyList<T> Inputs<T>(string activity) =>
        [.. Calls.Where(call => call.Activity == activity).Select(call => Assert.IsType<T>(call.Input))];

    /// <summary>Runs it to its end and returns its output.</summary>
    public async Task<string> RunAsync()
    {
        var run = UploadPipelineOrchestration.RunAsync(context.Object, Upload);
        // Everything it awaits is complete already or never will be.
        Assert.True(run.IsCompleted, $"It waits for what never comes. So far: {string.Join(", ", History)}");
        var output = await run;
        Assert.True(
            answers.Count == 0, $"It ended as {output} without having asked for {string.Join(", ", answers.Select(a => a.Activity))}.");
        Assert.True(waits.Count == 0, $"It ended as {output} with {waits.Count} of the script's waits to come.");
        Assert.True(running == 0, "A timer was left running after the signal that made it pointless.");
        return output;
    }

    private PipelineScript Add(string activity, Func<object?> answer, int times)
    {
        for (var i = 0; i < times; i++)
        {
            answers.Enqueue((activity, answer));
        }

        return this;
    }

    private void AnswerAs<T>() =>
        context.Setup(c => c.CallActivityAsync<T>(It.IsAny<TaskName>(), It.IsAny<object?>(), It.IsAny<TaskOptions?>()))
            .Returns((TaskName name, object? input, TaskOptions? options) =>
            {
                Note(name, input, options);
                Assert.True(answers.TryDequeue(out var next), $"Nothing more was expected: {string.Join(", ", History)}");
                Assert.True(next.Activity == name.Name, $"{next.Activity} was expected next: {string.Join(", ", History)}");
                try
                {
                    return Task.FromResult((T)next.Answer()!);
                }
                catch (TaskFailedException e)
                {
                    return Task.FromException<T>(e);
                }
            });

    private Task<object?> Listen()
    {
        var listener = new TaskCompletionSource<object?>();
        listeners.Enqueue(listener);
        return listener.Task;
    }

    private Task Timer(DateTime moment, CancellationToken stop)
    {
        Assert.Equal(DateTimeKind.Utc, moment.Kind);
        // A timer that cannot be stopped belongs to no wait: no signal ends it.
        if (!stop.CanBeCanceled || !waits.TryDequeue(out var signalled) || !signalled)
        {
            now = moment;
            return Task.CompletedTask;
        }

        var timer = new TaskCompletionSource();
        running++;
        stop.Register(() =>
        {
            running--;
            timer.SetCanceled(stop);
        });
        Note("signal");
        // As in Durable, one event is for one listener.
        Assert.True(listeners.Count == 1, $"{listeners.Count} listeners compete for one signal: {string.Join(", ", History)}");
        listeners.Dequeue().SetResult(null);
        return timer.Task;
    }

    private void Note(TaskName name, object? input, TaskOptions? options)
    {
        Note(name.Name);
        Calls.Add((name.Name, input, options));
    }

    private void Note(string what) => History.Add(string.Create(CultureInfo.InvariantCulture, $"{now - Start:c} {what}"));
}
