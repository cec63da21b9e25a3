using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Microsoft.DurableTask.Client;
using Microsoft.Extensions.Options;
using Portal.Functions.Foundation.Http;
using Portal.Vendors.Mux;

namespace Portal.Functions.Videos.Uploads;

/// <summary>Mux's events: uploads and assets.</summary>
public sealed class MuxWebhook(WebhookEndpoint endpoint, IOptions<MuxOptions> options, TimeProvider clock)
{
    [Function("MuxWebhook")]
    [Allows(PortalAction.Anonymous)]
    [Operation("Receive a Mux webhook", RawBody = "A Mux event: id, type and data. At most 1 MiB.", SignedBy = "Mux-Signature",
        Details = "200 once it is stored, whatever handling does: Mux would only send it again. The same event twice counts once.")]
    public Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "api/webhooks/mux")] HttpRequest request,
        [DurableClient] DurableTaskClient durable,
        CancellationToken ct) =>
        endpoint.ReceiveAsync(
            request, "mux", null, body => MuxSignature.Fault(
                request.Headers["Mux-Signature"], body.Span, options.Value.WebhookSecret, clock.GetUtcNow()), durable, ct);
}
