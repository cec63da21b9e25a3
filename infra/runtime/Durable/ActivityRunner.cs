using System.Threading.Channels;
using Microsoft.Extensions.Logging;

namespace Portal.Runtime.Durable;

/// <summary>An activity of a live instance, committed as scheduled.</summary>
internal sealed record ActivityWork(LiveInstance Instance, string InstanceId, int Generation, TaskScheduled Task);

/// <summary>
/// Runs activities of the instances this process owns, at most so many at once, in the order they were scheduled. A result goes straight
/// to the instance in memory and is stored together with the step it causes. If the process dies before that, the new owner finds the
/// activity unanswered in history and runs it again: at least once.
/// </summary>
internal sealed partial class ActivityRunner(
    DurableEngineOptions options, IDurableFunctions functions, ILogger logger, Action<LiveInstance, InstanceMessage> answer,
    WorkTally tally) : IDisposable
{
    private readonly Channel<ActivityWork> queue = Channel.CreateUnbounded<ActivityWork>();
    private readonly CancellationTokenSource stop = new();
    private volatile bool draining;
    private int running;

    public int Running => Volatile.Read(ref running);

    public void Enqueue(ActivityWork work)
    {
        tally.Enter();
        if (!queue.Writer.TryWrite(work))
        {
            tally.Leave();
        }
    }

    public Task RunAsync() => Task.WhenAll(Enumerable.Range(0, options.MaxConcurrentActivities).Select(_ => Task.Run(LoopAsync)));

    /// <summary>Starts nothing more. What has not been started is left to the next owner.</summary>
    public void Drain()
    {
        draining = true;
        queue.Writer.TryComplete();
    }

    public void Cancel() => stop.Cancel();

    public void Dispose() => stop.Dispose();

    private async Task LoopAsync()
    {
        await foreach (var work in queue.Reader.ReadAllAsync())
        {
            if (!draining && !work.Instance.IsGone)
            {
                Interlocked.Increment(ref running);
                try
                {
                    await RunOneAsync(work);
                }
                catch (Exception exception)
                {
                    // Only fault injection comes here: the activity stays unanswered, as after a crash.
                    Log.Interrupted(logger, exception, work.Task.Name, work.InstanceId);
                }
                finally
                {
                    Interlocked.Decrement(ref running);
                }
            }

            tally.Leave();
        }
    }

    private async Task RunOneAsync(ActivityWork work)
    {
        var task = work.Task;
        await FaultAsync(DurableFaultPoint.BeforeActivity, work);
        HistoryEvent result;
        try
        {
            if (functions.HasActivity(task.Name))
            {
                var output = await functions.RunActivityAsync(new(task.Name, work.InstanceId, task.Id, task.Input), stop.Token);
                result = new TaskCompleted(task.Id, DurableJson.Converter.Serialize(output));
            }
            else
            {
                result = new TaskFailed(
                    task.Id, new(
                        RetryLoop.ActivityNotFound, $"No activity task named '{task.Name}' was found.", null, null, NonRetriable: true));
            }
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // Stopped by us, not failed: the next owner runs it again.
            return;
        }
        catch (Exception exception)
        {
            Log.Failed(logger, exception, task.Name, work.InstanceId);
            result = new TaskFailed(task.Id, Failure.From(exception));
        }

        await FaultAsync(DurableFaultPoint.AfterActivity, work);
        answer(work.Instance, new(0, work.Generation, result));
    }

    private Task FaultAsync(DurableFaultPoint point, ActivityWork work) =>
        options.Faults is { } faults ? faults.OnPoint(new(point, [work.InstanceId], work.Task.Name)) : Task.CompletedTask;

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Warning, "Activity {Activity} of {InstanceId} failed")]
        public static partial void Failed(ILogger logger, Exception exception, string activity, string instanceId);

        [LoggerMessage(LogLevel.Warning, "Activity {Activity} of {InstanceId} was interrupted and stays unanswered")]
        public static partial void Interrupted(ILogger logger, Exception exception, string activity, string instanceId);
    }
}

/// <summary>Counts work that has been taken on and not finished; at zero the process is idle.</summary>
internal sealed class WorkTally
{
    private long open;

    public long Open => Interlocked.Read(ref open);

    public void Enter() => Interlocked.Increment(ref open);

    public void Leave() => Interlocked.Decrement(ref open);
}
