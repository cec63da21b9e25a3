using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Microsoft.DurableTask.Client;
using Microsoft.Extensions.Options;
using Portal.Functions.Foundation.Http;
using Portal.Vendors;
using Portal.Vendors.Resend;

namespace Portal.Functions.Events;

/// <summary>Resend's events, which Svix delivers: what became of mails.</summary>
public sealed class ResendWebhook(WebhookEndpoint endpoint, IOptions<ResendOptions> options, TimeProvider clock)
{
    [Function("ResendWebhook")]
    [Allows(PortalAction.Anonymous)]
    [Operation("Receive a Resend webhook", RawBody = "An event as Svix delivers it: type and data; its id is the header svix-id. At most "
        + "1 MiB.", SignedBy = "svix-signature",
        Details = "200 once it is stored, whatever handling does: it would only be sent again. The same event twice counts once.")]
    public Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "api/webhooks/resend")] HttpRequest request,
        [DurableClient] DurableTaskClient durable,
        CancellationToken ct)
    {
        var svix = SvixHeaders.From(name => request.Headers[name]);
        return endpoint.ReceiveAsync(
            request, "resend", svix.Id, body => SvixSignature.Fault(
                svix, body.Span, options.Value.WebhookSecret, clock.GetUtcNow()), durable, ct);
    }
}
