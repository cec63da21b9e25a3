using Microsoft.Azure.Functions.Worker;
using Microsoft.Extensions.Logging;
using Portal.Events.Deliveries;
using Portal.Foundation.Alerts;
using Portal.Functions.Durable;

namespace Portal.Functions.Events;

/// <summary>Inputs of the delivery's activities: ids, times and words of ours only.</summary>
/// <param name="Alert">The retry that starts now is the one on-call wants to hear of.</param>
public sealed record DeliveryAttempt(DeliveryRef Delivery, int Attempts, string Error, DateTime NextRetryAt, bool Alert);

public sealed record DeliveryFailure(DeliveryRef Delivery, string Reason);

/// <summary>
/// The steps of <see cref="DeliverEventOrchestration"/>. Each may run more than once: the vendor knows the key, the rows move forward
/// only.
/// </summary>
public sealed class DeliverEventActivities(
    SendDelivery send, FailDelivery fail, DeliveryStore deliveries, AlertStore alerts, ILogger<DeliverEventActivities> logger)
{
    public const string Send = "SendDelivery";
    public const string NoteAttempt = "NoteDeliveryAttempt";
    public const string Fail = "FailDelivery";

    [Function(Send)]
    public Task<DeliveryOutcome.Later?> SendAsync([ActivityTrigger] DeliveryRef delivery, CancellationToken ct) =>
        StepAsync(delivery, Send, () => send.RunAsync(delivery, ct));

    [Function(NoteAttempt)]
    public Task<bool> NoteAttemptAsync([ActivityTrigger] DeliveryAttempt note, CancellationToken ct) =>
        StepAsync(note.Delivery, NoteAttempt, async () =>
    {
        await deliveries.NoteAttemptAsync(
            note.Delivery.Tenant, note.Delivery, note.Attempts, note.Error, new DateTimeOffset(note.NextRetryAt.ToUniversalTime()), ct);
        if (note.Alert)
        {
            await alerts.AddAsync(new(AlertKind.DeliveryRetrying, note.Delivery.InstanceId,
                $"Delivery {note.Delivery.DeliveryId} starts retry {note.Attempts}: {note.Error}",
                new { deliveryId = note.Delivery.DeliveryId }), ct);
        }

        return true;
    });

    [Function(Fail)]
    public Task<bool> FailAsync([ActivityTrigger] DeliveryFailure failure, CancellationToken ct) =>
        StepAsync(failure.Delivery, Fail, () => fail.RunAsync(failure.Delivery, failure.Reason, ct));

    private Task<T> StepAsync<T>(DeliveryRef delivery, string step, Func<Task<T>> run) => ActivityStep.RunAsync(
        logger, delivery.DeliveryId,
        new Dictionary<string, object>
        {
            ["TenantId"] = delivery.TenantId,
            ["DeliveryId"] = delivery.DeliveryId,
            ["Attempt"] = delivery.Attempt,
        },
        step, run);
}
