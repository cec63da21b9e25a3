using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Microsoft.DurableTask.Client;
using Microsoft.Extensions.Options;
using Portal.Functions.Foundation.Http;
using Portal.Vendors.PagerDuty;

namespace Portal.Functions.Operations;

/// <summary>PagerDuty's webhooks of version 3: who has acknowledged or resolved an incident there.</summary>
public sealed class PagerDutyWebhook(WebhookEndpoint endpoint, IOptions<PagerDutyOptions> options)
{
    [Function("PagerDutyWebhook")]
    [Allows(PortalAction.Anonymous)]
    [Operation("Receive a PagerDuty webhook", SignedBy = PagerDutySignature.Header,
        RawBody = "An event of PagerDuty's webhooks, version 3: event with id, event_type, occurred_at and data. At most 1 MiB.",
        Details = "The header is v1=<hex HMAC-SHA256 over the body>, several times while the secret is being rotated. 200 once it is "
            + "stored, also of types that are not used: PagerDuty would switch the subscription off. The same event twice counts once; "
            + "one that is older than three days changes nothing.")]
    public Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "api/webhooks/pagerduty")] HttpRequest request,
        [DurableClient] DurableTaskClient durable,
        CancellationToken ct) => endpoint.ReceiveAsync(
            request, "pagerduty", null, body => PagerDutySignature.Fault(
                request.Headers[PagerDutySignature.Header], body.Span, options.Value.WebhookSecret), durable, ct);
}
