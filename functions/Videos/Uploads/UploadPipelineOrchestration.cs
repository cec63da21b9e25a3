using Microsoft.Azure.Functions.Worker;
using Microsoft.DurableTask;
using Portal.Foundation.Faults;
using Portal.Functions.Durable;
using Portal.Videos.Uploads;

namespace Portal.Functions.Videos.Uploads;

/// <summary>
/// Carries one attempt of one upload: opens it at Mux, then waits for its row to be settled. Webhooks move the row and signal; the row is
/// the truth, so a signal only means "look again". When none comes, a timer asks Mux (after 2 minutes, doubling to 15). While Mux or the
/// database is away a call is retried, after 30 s doubling to 15 min, for as long as it takes: an outage says nothing about a video whose
/// bytes may have arrived. On-call is told when the 4th retry starts. A slot in Mux's one-POST-a-second queue is no attempt. Only Mux's
/// verdict, a refusal, or the upload timeout with Mux reachable ends the attempt. Instance id: <c>{job id}-{attempt}</c>. Output: the
/// job's last status.
/// </summary>
public static class UploadPipelineOrchestration
{
    public const string Name = "UploadPipeline";

    internal const int AlertAtRetry = 4;
    private const int LooksPerRun = 60;
    private static readonly TimeSpan FirstLook = TimeSpan.FromMinutes(2);
    private static readonly TimeSpan LongestWait = TimeSpan.FromMinutes(15);

    [Function(Name)]
    public static async Task<string> RunAsync([OrchestrationTrigger] TaskOrchestrationContext context, UploadRef upload)
    {
        try
        {
            var signals = new Signals(context);
            var status = await OpenAsync(context, upload, signals);
            if (!UploadStatus.IsFinal(status))
            {
                status = await WaitAsync(context, upload, signals);
            }

            if (status == UploadStatus.Cancelled)
            {
                await RetryAsync<object?>(context, upload, UploadPipelineActivities.CleanUp, upload);
            }

            context.SetCustomStatus(status);
            return status;
        }
        catch (OutageException)
        {
            context.ContinueAsNew(upload);
            return UploadStatus.Waiting;
        }
        catch (TaskFailedException e)
        {
            var failed = await context.CallActivityAsync<string?>(
                UploadPipelineActivities.Fail, Failure(upload, e.FailureDetails), Retries.Bookkeeping);
            context.SetCustomStatus(failed ?? UploadStatus.Failed);
            return failed ?? UploadStatus.Failed;
        }
    }

    /// <summary>Opens the upload at Mux, in its slot; a `blob` upload first waits for its original.</summary>
    private static async Task<string> OpenAsync(TaskOrchestrationContext context, UploadRef upload, Signals signals)
    {
        DateTimeOffset? slot = null;
        while (true)
        {
            var opened = await RetryAsync<Opened>(
                context, upload, UploadPipelineActivities.Open, new OpenRequest(upload, slot), again: new OpenRequest(upload, null));
            context.SetCustomStatus(opened.Status);
            slot = opened.Slot;
            if (slot is { } moment)
            {
                await context.CreateTimer(moment.UtcDateTime, CancellationToken.None);
            }
            else if (opened.NeedsBlob)
            {
                await signals.WaitAsync(LongestWait);
                var status = await RetryAsync<string?>(context, upload, UploadPipelineActivities.Reconcile, upload);
                if (status is null || UploadStatus.IsFinal(status))
                {
                    return status ?? UploadStatus.Failed;
                }
            }
            else
            {
                return opened.Status;
            }
        }
    }

    /// <summary>Waits until the row is settled: looks at it after every signal, asks Mux after every timer.</summary>
    private static async Task<string> WaitAsync(TaskOrchestrationContext context, UploadRef upload, Signals signals)
    {
        var wait = FirstLook;
        for (var look = 0; ; look++)
        {
            var signalled = await signals.WaitAsync(wait);
            wait = signalled ? wait : wait + wait > LongestWait ? LongestWait : wait + wait;
            var status = signalled
                ? await context.CallActivityAsync<string?>(UploadPipelineActivities.GetStatus, upload, Retries.Bookkeeping)
                : await RetryAsync<string?>(context, upload, UploadPipelineActivities.Reconcile, upload);
            context.SetCustomStatus(status);
            if (status is null || UploadStatus.IsFinal(status))
            {
                return status ?? UploadStatus.Failed;
            }

            if (look >= LooksPerRun && !signalled)
            {
                // A day of waiting: start afresh so that the history stays short. Opening again finds the upload open.
                context.ContinueAsNew(upload);
                return status;
            }
        }
    }

    /// <param name="again">The input of later attempts, where it differs: a slot is good for one call.</param>
    private static Task<T> RetryAsync<T>(
        TaskOrchestrationContext context, UploadRef upload, string activity, object input, object? again = null) =>
        Retries.UntilAnsweredAsync(
            context,
            attempts => context.CallActivityAsync<T>(activity, attempts == 1 ? input : again ?? input),
            (attempts, error, next) => context.CallActivityAsync<bool>(
                UploadPipelineActivities.NoteAttempt, new AttemptNote(upload, attempts, error, next, attempts == AlertAtRetry),
                Retries.Bookkeeping));

    private static FailureNote Failure(UploadRef upload, TaskFailureDetails details)
    {
        return details.IsCausedBy<PermanentException>()
            ? new(upload, UploadFailureCode.Refused, details.ErrorMessage)
            // A bug: its text is for the log and the history, not for the uploader.
            : new(upload, UploadFailureCode.InternalError, "Something went wrong on our side.");
    }

    /// <summary>Waits for signals with one waiter at a time: one left behind would swallow the next.</summary>
    private sealed class Signals(TaskOrchestrationContext context)
    {
        private Task<object?>? waiter;

        /// <summary>True when one came, false when that time went by without one.</summary>
        public async Task<bool> WaitAsync(TimeSpan atMost)
        {
            waiter ??= context.WaitForExternalEvent<object?>(UploadRef.ChangedEvent);
            using var stop = new CancellationTokenSource();
            var timer = context.CreateTimer(context.CurrentUtcDateTime + atMost, stop.Token);
            if (await Task.WhenAny(waiter, timer) == timer)
            {
                return false;
            }

            waiter = null;
#pragma warning disable CA1849 // CancelAsync goes through the thread pool, which an orchestrator must not wait for
            stop.Cancel();
#pragma warning restore CA1849
            return true;
        }
    }
}
