using Microsoft.Azure.Functions.Worker;
using Microsoft.DurableTask;

namespace Portal.Tests.SampleApp;

/// <summary>Thrown by an activity on purpose.</summary>
public sealed class OnPurposeException(string message) : Exception(message);

/// <summary>One orchestration for each thing that the portal's orchestrations rely on.</summary>
public static class Orchestrations
{
    private static readonly TimeSpan Moment = TimeSpan.FromMilliseconds(300);

    [Function(nameof(Sequence))]
    public static async Task<string> Sequence([OrchestrationTrigger] TaskOrchestrationContext context, string input)
    {
        context.SetCustomStatus("begun");
        var one = await context.CallActivityAsync<string>(nameof(Activities.Shout), input);
        var two = await context.CallActivityAsync<string>(nameof(Activities.Shout), one);
        context.SetCustomStatus(new { shouted = 2 });
        return two;
    }

    [Function(nameof(FanOut))]
    public static async Task<int> FanOut([OrchestrationTrigger] TaskOrchestrationContext context, int count)
    {
        var squares = await Task.WhenAll(
            Enumerable.Range(1, count).Select(n => context.CallActivityAsync<int>(nameof(Activities.Square), n)));
        return squares.Sum();
    }

    /// <summary>An activity that fails so often before it succeeds.</summary>
    [Function(nameof(Retries))]
    public static Task<int> Retries([OrchestrationTrigger] TaskOrchestrationContext context, int failures) =>
        context.CallActivityAsync<int>(
        nameof(Activities.FailAtFirst), new Attempts(
            context.InstanceId, failures), TaskOptions.FromRetryPolicy(new RetryPolicy(4, Moment)));

    /// <summary>What an orchestrator learns of a failure, and that the type's name decides.</summary>
    [Function(nameof(Catches))]
    public static async Task<string> Catches([OrchestrationTrigger] TaskOrchestrationContext context)
    {
        try
        {
            await context.CallActivityAsync<int>(nameof(Activities.Fail), "no luck");
            return "nothing was thrown";
        }
        catch (TaskFailedException failed)
        {
            var details = failed.FailureDetails;
            return $"{details.IsCausedBy<OnPurposeException>()} {details.IsCausedBy<ArgumentException>()} {details.ErrorMessage}";
        }
    }

    [Function(nameof(Fails))]
    public static Task<int> Fails([OrchestrationTrigger] TaskOrchestrationContext context) =>
        context.CallActivityAsync<int>(nameof(Activities.Fail), "for good");

    /// <summary>A call that succeeds, and one that fails so often before it does: how many attempts each has had.</summary>
    [Function(nameof(Mends))]
    public static async Task<string> Mends([OrchestrationTrigger] TaskOrchestrationContext context, int failures)
    {
        var before = await context.CallActivityAsync<int>(
            nameof(Activities.FailAtFirst), new Attempts($"{context.InstanceId} before", 0));
        var after = await context.CallActivityAsync<int>(nameof(Activities.FailAtFirst), new Attempts(context.InstanceId, failures));
        return $"{before} {after}";
    }

    /// <summary>The sooner of two timers, the other cancelled.</summary>
    [Function(nameof(Timers))]
    public static async Task<string> Timers([OrchestrationTrigger] TaskOrchestrationContext context)
    {
        using var stop = new CancellationTokenSource();
        var late = context.CreateTimer(context.CurrentUtcDateTime.AddHours(1), stop.Token);
        var soon = context.CreateTimer(context.CurrentUtcDateTime + Moment, CancellationToken.None);
        var first = await Task.WhenAny(late, soon) == soon ? "soon" : "late";
#pragma warning disable CA1849 // an orchestrator must not wait for the thread pool
        stop.Cancel();
#pragma warning restore CA1849
        return first;
    }

    /// <summary>Waits for the events Go (text) in the order in which they were raised.</summary>
    [Function(nameof(Waits))]
    public static async Task<string> Waits([OrchestrationTrigger] TaskOrchestrationContext context, int count)
    {
        var heard = new List<string>();
        context.SetCustomStatus("waiting");
        for (var n = 0; n < count; n++)
        {
            heard.Add(await context.WaitForExternalEvent<string>("Go"));
        }

        return string.Join(' ', heard);
    }

    /// <summary>Starts over until it has heard three numbers; events that came early are kept.</summary>
    [Function(nameof(Counter))]
    public static async Task<int> Counter([OrchestrationTrigger] TaskOrchestrationContext context, Sum sum)
    {
        var number = await context.WaitForExternalEvent<int>("Add");
        var next = new Sum(sum.Count + 1, sum.Total + number);
        if (next.Count == 3)
        {
            return next.Total;
        }

        context.ContinueAsNew(next);
        return 0;
    }

    [Function(nameof(Parent))]
    public static async Task<string> Parent([OrchestrationTrigger] TaskOrchestrationContext context, string input)
    {
        var children = new[] { "a", "b" }.Select(name => context.CallSubOrchestratorAsync<string>(nameof(Sequence), $"{input}-{name}"));
        return string.Join(' ', await Task.WhenAll(children));
    }

    /// <summary>A long chain, for what happens to a worker in the middle of it.</summary>
    [Function(nameof(Chain))]
    public static async Task<int> Chain([OrchestrationTrigger] TaskOrchestrationContext context, int length)
    {
        var value = 0;
        for (var n = 0; n < length; n++)
        {
            value = await context.CallActivityAsync<int>(nameof(Activities.Next), value);
        }

        return value;
    }
}

public sealed record Attempts(string Instance, int Failures);

public sealed record Sum(int Count, int Total);
