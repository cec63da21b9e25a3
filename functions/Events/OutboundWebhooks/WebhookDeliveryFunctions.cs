using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Portal.Events.OutboundWebhooks;
using Portal.Foundation;
using Portal.Foundation.Paging;
using Portal.Functions.Foundation.Http;
using Portal.Functions.Foundation.Http.Inputs;

namespace Portal.Functions.Events.OutboundWebhooks;

public sealed class RotateWebhookSecretFunction(OutboundEndpointStore endpoints, WebhookSecretAnswers answers, Writes writes)
{
    [Function("RotateWebhookSecret")]
    [Allows(PortalAction.ManageWebhookEndpoints)]
    [Operation("Rotate the secret of a webhook endpoint", Returns = typeof(WebhookEndpointJson), TakesKey = true,
        Details = "The answer is the only one with the new secret. The one before signs beside it for 24 hours: one good signature is "
            + "enough. Rotated again within that time, the first of the three is good no more.")]
    [Refuses(404, "not-found", "There is no such webhook endpoint.")]
    public Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "api/webhook-endpoints/{id:guid}/rotate-secret")] HttpRequest request,
        Guid id) =>
        writes.PostAsync(
            request,
            async (tx, caller) => (await endpoints.RotateSecretAsync(tx, caller.Tenant, caller, id)).Answer(WebhookEndpointJson.Reply),
            reply => answers.WithSecretAsync(request, reply));
}

public sealed class TestWebhookEndpointFunction(OutboundEndpointStore endpoints, Writes writes)
{
    [Function("TestWebhookEndpoint")]
    [Allows(PortalAction.ManageWebhookEndpoints)]
    [Operation("Send a test event to a webhook endpoint", Returns = typeof(WebhookEndpointJson), Status = 202, TakesKey = true,
        Details = "Of the type webhook_endpoint_tested, within seconds, also while the endpoint is disabled. It is tried once; what the "
            + "endpoint said is among its deliveries.")]
    [Refuses(404, "not-found", "There is no such webhook endpoint.")]
    public Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "api/webhook-endpoints/{id:guid}/test")] HttpRequest request,
        Guid id) =>
        writes.PostAsync(request, async (tx, caller) => (await endpoints.TestAsync(tx, caller.Tenant, caller, id)).Answer(
            endpoint => WebhookEndpointJson.Reply(endpoint) with
            {
                Status = 202,
                Location = $"/api/webhook-endpoints/{endpoint.Id}/deliveries",
            }));
}

public sealed record ListWebhookDeliveriesInput : OrderedListInput
{
    [OneOf(typeof(DeliveryStatus))]
    public string? Status { get; init; }
}

public sealed class ListWebhookDeliveriesFunction(OutboundEndpointStore endpoints, WebhookLogStore log, Lists lists)
{
    [Function("ListWebhookDeliveries")]
    [Allows(PortalAction.ReadWebhookEndpoint)]
    [Operation("List what was sent to a webhook endpoint, newest first", Query = typeof(ListWebhookDeliveriesInput),
        Returns = typeof(PageOf<WebhookDeliveryJson>),
        Details = "Events as they were sent, and what the endpoint answered each time. Bodies are cut; secrets and signatures are "
            + "hidden.")]
    [Refuses(404, "not-found", "There is no such webhook endpoint.")]
    public async Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", "head", Route = "api/webhook-endpoints/{id:guid}/deliveries")]
        HttpRequest request,
        Guid id,
        CancellationToken ct)
    {
        var name = $"webhook-deliveries:{id}";
        var (query, page, problem) = lists.Read<ListWebhookDeliveriesInput>(request, _ => name);
        if (query is null)
        {
            return problem!;
        }

        var tenant = request.HttpContext.Caller().Tenant;
        if (await endpoints.FindAsync(tenant, id, ct) is null)
        {
            return Problem.NotFound("webhook endpoint");
        }

        var rows = await log.ListAsync(tenant, id, query.Status, page, ct);
        return lists.Page(request, rows, page, name, d => Position.Of(d.CreatedAt, d.Id), WebhookDeliveryJson.From);
    }
}

public sealed record RedeliverWebhooksInput : IChecked
{
    [About("One of the endpoint's deliveries, whatever became of it.")]
    public Guid? DeliveryId { get; init; }

    [About("All since then that the endpoint did not take; at most 30 days ago.")]
    public DateTimeOffset? Since { get; init; }

    [About("With since: those that it took too.")]
    public bool EvenSent { get; init; }

    public void Check(Faults faults, DateTimeOffset now)
    {
        if (DeliveryId is null == Since is null)
        {
            faults.Add("deliveryId", "one_of", "or since must be given, and not both.");
        }

        if (Since is { } since && (since > now || since < now.AddDays(-RetentionDefaults.WebhookLogDays)))
        {
            faults.Add("since", "range", "must be within the last 30 days.");
        }

        if (EvenSent && Since is null)
        {
            faults.Add("evenSent", "since", "goes with since.");
        }
    }
}

public sealed class RedeliverWebhooksFunction(WebhookLogStore log, Writes writes)
{
    [Function("RedeliverWebhooks")]
    [Allows(PortalAction.ManageWebhookEndpoints)]
    [Operation("Send events to a webhook endpoint again", Takes = typeof(RedeliverWebhooksInput), Returns = typeof(RedeliveredJson),
        TakesKey = true,
        Details = "One delivery, or those since a time, 1000 at once: nextSince says where to go on. With the same webhook-id, so that a "
            + "receiver knows what it has.")]
    [Refuses(404, "not-found", "There is no such webhook endpoint, or no such delivery of it.")]
    [Refuses(409, "endpoint-disabled", "It is disabled.")]
    [Refuses(409, "delivery-under-way", "The delivery is under way.")]
    public Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "api/webhook-endpoints/{id:guid}/redeliver")] HttpRequest request,
        Guid id) =>
        writes.PostAsync<RedeliverWebhooksInput>(request, async (tx, caller, input) =>
        {
            var wanted = new RedeliveryRequest(input.DeliveryId, input.Since, input.EvenSent);
            return (await log.RedeliverAsync(tx, caller.Tenant, caller, id, wanted)).Answer(
                again => Reply.Ok(RedeliveredJson.From(again)));
        });
}
