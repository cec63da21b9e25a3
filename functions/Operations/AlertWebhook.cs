using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Microsoft.DurableTask.Client;
using Microsoft.Extensions.Options;
using Portal.Foundation.Alerts;
using Portal.Functions.Foundation.Http;
using Portal.Vendors;

namespace Portal.Functions.Operations;

/// <summary>What monitoring tells us: breaches of error budgets, tests of restoring a backup.</summary>
public sealed class AlertWebhook(WebhookEndpoint endpoint, IOptions<AlertsOptions> options, TimeProvider clock)
{
    public const string Header = "Alerts-Signature";

    [Function("AlertWebhook")]
    [Allows(PortalAction.Anonymous)]
    [Operation("Receive an alert from monitoring", SignedBy = Header,
        RawBody = "JSON with id, type and the fields that the same report of an Operator has. type is error_budget_breach or "
            + "backup_restore_tested. At most 1 MiB.",
        Details = "The header is t=<Unix seconds>,v1=<hex HMAC-SHA256 over t, a full stop and the body>. 200 once it is stored. The same "
            + "id twice counts once; other types are stored and left.")]
    public Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "api/webhooks/alerts")] HttpRequest request,
        [DurableClient] DurableTaskClient durable,
        CancellationToken ct) => endpoint.ReceiveAsync(
            request, "alerts", null, body => TimedSignature.Fault(
                request.Headers[Header], body.Span, options.Value.WebhookSecret, clock.GetUtcNow()), durable, ct);
}
