using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Portal.Events.Deliveries;
using Portal.Foundation.Faults;
using Portal.Foundation.Webhooks;
using Portal.Functions.Foundation.Http;
using Portal.Operations;

namespace Portal.Functions.Operations.Page;

/// <summary>Webhooks and deliveries that were given up, tried again by the forms of the overview.</summary>
public sealed class OpsQueuePage(WebhookInboxStore inbox, DeliveryStore deliveries, QueueQueries queues)
{
    [Function("OpsQueues")]
    [Allows(PortalAction.UseOpsPage)]
    public async Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "ops/queues")] HttpRequest request, CancellationToken ct)
    {
        var http = request.HttpContext;
        var (what, id, reason) = (http.Field("what"), http.Field("id"), http.Field("reason").Trim());
        if (!OpsForm.IsReason(reason))
        {
            return OpsForm.NotDone(OpsForm.SayWhy, 400);
        }

        var done = await TryAgainAsync(http, what, id, reason, ct);
        queues.Forget();
        return done;
    }

    private async Task<IResult> TryAgainAsync(HttpContext http, string what, string id, string reason, CancellationToken ct) =>
        what switch
        {
            "webhook" => await inbox.ReplayAsync(http.Operator(), http.Field("provider"), id, reason, ct) is null
                ? OpsForm.NotDone("There is no such webhook that was given up. Somebody may have been faster.", 409)
                : Answers.SeeOther("/ops#queues"),
            "delivery" when Guid.TryParse(id, out var delivery) => (
                await deliveries.RetryAsync(http.Operator(), delivery, reason, ct)).Match(
                    _ => Answers.SeeOther("/ops#queues"),
                    refused => refused is Refusal.Conflict conflict
                        ? OpsForm.NotDone($"Somebody was faster. {conflict.Detail}", 409)
                        : OpsForm.NotDone("There is no such delivery.", 404)),
            _ => OpsForm.NotDone("Say which webhook, or which delivery.", 400),
        };
}
