using Microsoft.Azure.Functions.Worker;
using Microsoft.DurableTask;
using Portal.Events.Deliveries;
using Portal.Foundation.Faults;
using Portal.Functions.Durable;

namespace Portal.Functions.Events;

/// <summary>
/// Carries one delivery to its vendor. Each attempt sends with the same idempotency key, so one too many sends nothing twice. Calls that
/// fail are tried 8 times, 30 s doubling to 15 min, about an hour in all: well inside the 24 hours for which the vendor remembers the key.
/// An alert when the 4th retry starts; then the delivery has failed. Waiting because the vendor asks to slow down is no attempt, nor is
/// waiting for a key of ours that the vendor does not accept, or for people on call who hold mails back.
/// A webhook is sent by a schedule that its channel keeps. Instance id:
/// <c>deliver-{delivery id}-{attempt}</c>. Output: how the row ended.
/// </summary>
public static class DeliverEventOrchestration
{
    public const string Name = "DeliverEvent";

    internal const int MaxAttempts = 8;
    internal const int AlertAtRetry = 4;

    /// <summary>A day of waiting for a key to be mended, or an hour and a half of being held back.</summary>
    private const int WaitsPerRun = 96;

    /// <summary>Beyond that, waiting counts as attempts: the vendor would have forgotten the key.</summary>
    private static readonly TimeSpan LongestPatience = TimeSpan.FromHours(12);

    [Function(Name)]
    public static async Task<string> RunAsync([OrchestrationTrigger] TaskOrchestrationContext context, DeliveryRef delivery)
    {
        try
        {
            await SendAsync(context, delivery);
            return "settled";
        }
        catch (TaskFailedException e)
        {
            await context.CallActivityAsync<bool>(
                DeliverEventActivities.Fail, new DeliveryFailure(delivery, Reason(e.FailureDetails)), Retries.Bookkeeping);
            return "failed";
        }
    }

    private static async Task SendAsync(TaskOrchestrationContext context, DeliveryRef delivery)
    {
        var patientUntil = context.CurrentUtcDateTime + LongestPatience;
        var (waits, failures) = (0, 0);
        for (var attempts = 1 + delivery.Failed; ;)
        {
            DateTime next;
            try
            {
                var later = await context.CallActivityAsync<DeliveryOutcome.Later?>(DeliverEventActivities.Send, delivery);
                if (later is null)
                {
                    return;
                }

                next = context.CurrentUtcDateTime + later.Wait;
                if (later.Failure is { } failure)
                {
                    // Its channel says when it is over.
                    await context.CallActivityAsync<bool>(
                        DeliverEventActivities.NoteAttempt, new DeliveryAttempt(delivery, ++failures, failure, next, false),
                        Retries.Bookkeeping);
                    patientUntil = next + LongestPatience;
                }
                else if (later.Blocked is not null || later.IsHeld)
                {
                    if (++waits == WaitsPerRun)
                    {
                        // Afresh, so that the history stays short.
                        context.ContinueAsNew(delivery with { Failed = attempts - 1 });
                        return;
                    }

                    patientUntil = later.IsHeld ? next + LongestPatience : patientUntil;
                }
                else if (next > patientUntil && ++attempts > MaxAttempts)
                {
                    await context.CallActivityAsync<bool>(
                        DeliverEventActivities.Fail, new DeliveryFailure(
                            delivery, "the vendor asked to slow down for too long"), Retries.Bookkeeping);
                    return;
                }
            }
            catch (TaskFailedException e) when (attempts < MaxAttempts && e.FailureDetails.IsCausedBy<TransientException>())
            {
                next = context.CurrentUtcDateTime + Retries.Delay(attempts);
                await context.CallActivityAsync<bool>(
                    DeliverEventActivities.NoteAttempt, new DeliveryAttempt(
                        delivery, attempts, e.FailureDetails.ErrorMessage, next, attempts == AlertAtRetry), Retries.Bookkeeping);
                attempts++;
            }

            await context.CreateTimer(next, CancellationToken.None);
        }
    }

    private static string Reason(TaskFailureDetails details) => details.IsCausedBy<TransientException>()
        ? $"{MaxAttempts} attempts failed. The last: {details.ErrorMessage}"
        // A bug: its text is in the log and the history.
        : "internal_error";
}
