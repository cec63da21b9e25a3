using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Portal.Events.Deliveries;
using Portal.Foundation.Identity;
using Portal.Foundation.Outbox;
using Portal.Foundation.Paging;
using Portal.Functions.Foundation.Http;
using Portal.Functions.Foundation.Http.Inputs;

namespace Portal.Functions.Events;

/// <summary>How far a delivery is.</summary>
public static class DeliveryStatus
{
    public static IReadOnlyList<string> All { get; } = ["pending", "sending", "sent", "skipped", "failed"];
}

/// <summary>A delivery on the wire, for people on call: whom it is for is an id or a hash.</summary>
public sealed record DeliveryJson(
    Guid Id, Guid TenantId, Guid EventId, [OneOf(typeof(EventType))] string EventType, Guid AggregateId,
    [OneOf("email", "pagerduty", "webhook")] string Channel,
    string Recipient, [OneOf(typeof(DeliveryStatus))] string Status, int Attempt,
    [About("Why it was skipped or has failed.")] string? Reason, int Attempts, string? LastError, DateTimeOffset? NextAttemptAt,
    [About("The vendor's id of what it took.")] string? VendorId,
    [OneOf("accepted", "delivered", "bounced", "complained", "failed", "suppressed"), About("What the vendor said last of a mail.")]
    string? MailState,
    DateTimeOffset CreatedAt, DateTimeOffset? DoneAt, string InstanceId)
{
    public static DeliveryJson From(DeliveryNote d) => new(
        d.Id, d.TenantId.Value, d.EventId, d.EventType, d.AggregateId, d.Channel, d.Recipient, d.Status, d.Attempt, d.Reason, d.Attempts,
        d.LastError, d.NextAttemptAt,
        d.VendorId, d.MailState, d.CreatedAt, d.DoneAt, new DeliveryRef(d.TenantId.Value, d.Id, d.Attempt).InstanceId);
}

public sealed record ListDeliveriesInput : OrderedListInput
{
    [OneOf(typeof(DeliveryStatus))]
    public string? Status { get; init; }

    public Guid? TenantId { get; init; }
}

public sealed class ListDeliveriesFunction(DeliveryStore deliveries, Lists lists)
{
    private const string Name = "deliveries";

    [Function("ListDeliveries")]
    [Allows(PortalAction.OperateDeliveries)]
    [Operation("List deliveries, newest first", Query = typeof(ListDeliveriesInput), Returns = typeof(PageOf<DeliveryJson>))]
    public async Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", "head", Route = "api/ops/deliveries")] HttpRequest request, CancellationToken ct)
    {
        var (query, page, problem) = lists.Read<ListDeliveriesInput>(request, _ => Name, TenantId.Platform);
        if (query is null)
        {
            return problem!;
        }

        var rows = await deliveries.ListAsync(query.Status, query.TenantId, page, ct);
        return lists.Page(request, rows, page, Name, DeliveryNote.PositionOf, DeliveryJson.From, TenantId.Platform);
    }
}

public sealed class RetryDeliveryFunction(DeliveryStore deliveries, TimeProvider clock)
{
    [Function("RetryDelivery")]
    [Allows(PortalAction.OperateDeliveries)]
    [Operation("Retry a failed delivery", Takes = typeof(ReasonInput), Returns = typeof(DeliveryJson),
        Details = "Under the same idempotency key: within 24 hours of an attempt that went through after all, nothing is sent twice.")]
    [Refuses(404, "not-found", "There is no such delivery.")]
    [Refuses(409, "delivery-not-failed", "It has not failed.")]
    public async Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "api/ops/deliveries/{id:guid}/retry")] HttpRequest request,
        Guid id,
        CancellationToken ct)
    {
        var (input, problem) = await Input.ReadAsync<ReasonInput>(request, clock.GetUtcNow());
        if (input is null)
        {
            return problem!;
        }

        var retried = await deliveries.RetryAsync(request.HttpContext.Operator(), id, input.Reason, ct);
        return retried.Answer(delivery => Reply.Ok(DeliveryJson.From(delivery)));
    }
}
