using Portal.Events.Deliveries;
using Portal.Foundation.Alerts;
using Portal.Foundation.Outbox;

namespace Portal.Events.OutboundWebhooks;

/// <summary>
/// Sends a delivery to an endpoint of its tenant. 2xx within ten seconds is success; anything else is tried again by
/// <see cref="WebhookSchedule"/>, after as long as the endpoint asks for if that is longer. A test is tried once. Whoever gets it knows
/// repeats by the event's id, which is the same at every attempt.
/// </summary>
public sealed class SendWebhook(
    OutboundEndpointStore endpoints, WebhookAttemptStore attempts, EndpointSecrets secrets, EndpointHttp http, EndpointSlots slots,
    AlertStore alerts, TimeProvider clock) : IDeliveryChannel
{
    public const string ChannelName = "webhook";
    public const string EndpointDeleted = "endpoint_deleted";
    public const string EndpointDisabled = "endpoint_disabled";

    private static readonly TimeSpan WaitForSlot = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan UntilFree = TimeSpan.FromSeconds(30);

    public string Name => ChannelName;

    public async Task<DeliveryOutcome> SendAsync(DeliveryRef reference, Delivery delivery, CancellationToken ct)
    {
        if (delivery.EndpointId is not { } id || await endpoints.FindToSendAsync(reference.Tenant, id, ct) is not { } endpoint)
        {
            return new DeliveryOutcome.Skipped(EndpointDeleted);
        }

        var isTest = delivery.Event.Is(EventType.WebhookEndpointTested);
        if (!endpoint.Enabled && !isTest)
        {
            return new DeliveryOutcome.Skipped(EndpointDisabled);
        }

        using var slot = await slots.TakeAsync(id, WaitForSlot, ct);
        if (slot is null)
        {
            return new DeliveryOutcome.Later(UntilFree);
        }

        var signing = secrets.Of(endpoint, clock.GetUtcNow());
        if (signing.Count == 0)
        {
            return new DeliveryOutcome.Failed("its secret can no longer be made: rotate it");
        }

        var body = WebhookPayload.Of(delivery.Event);
        var headers = WebhookSigning.Headers(delivery.Event.EventId.ToString(), clock.GetUtcNow(), body, signing);
        var answer = await http.PostAsync(new Uri(endpoint.Url), body, headers, ct);
        var hidden = signing.Append(headers.Single(header => header.Name == WebhookSigning.SignatureHeader).Value);
        var noted = await attempts.NoteAsync(reference, id, LoggedResponse.Of(endpoint.Url, answer, hidden, isTest), ct);
        return answer.Error is null ? new DeliveryOutcome.Sent(null) : await FailedAsync(endpoint, answer, noted, isTest, ct);
    }

    private async Task<DeliveryOutcome> FailedAsync(
        OutboundEndpoint endpoint, EndpointAnswer answer, NotedWebhook noted, bool isTest, CancellationToken ct)
    {
        if (noted.Disabled)
        {
            await alerts.AddAsync(new(AlertKind.WebhookEndpointDisabled, endpoint.Id.ToString(),
                $"Webhook endpoint {endpoint.Id} is disabled: {(answer.IsGone ? "it answered 410" : "it failed for five days")}.",
                new { endpointId = endpoint.Id }), ct);
        }

        return answer.IsGone || noted.Disabled || isTest || WebhookSchedule.WaitAfter(noted.Number, answer.RetryAfter) is not { } wait
            ? new DeliveryOutcome.Failed(answer.Error!)
            : new DeliveryOutcome.Later(wait, Failure: answer.Error);
    }
}
