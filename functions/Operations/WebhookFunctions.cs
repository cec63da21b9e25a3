using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Portal.Foundation.Identity;
using Portal.Foundation.Paging;
using Portal.Foundation.Webhooks;
using Portal.Functions.Foundation.Http;
using Portal.Functions.Foundation.Http.Inputs;

namespace Portal.Functions.Operations;

/// <summary>How far a stored webhook is.</summary>
public static class WebhookStatus
{
    public static IReadOnlyList<string> All { get; } = ["received", "retrying", "processed", "dead"];
}

/// <summary>A stored webhook on the wire: ids, states and errors, never what it says.</summary>
/// <param name="NextAttemptAt">When it is tried again; null: not by itself.</param>
public sealed record WebhookJson(
    [OneOf("mux", "clerk", "resend", "blob", "alerts", "pagerduty")] string Provider, string EventId, string Type,
    [OneOf(typeof(WebhookStatus))] string Status, string? Outcome, int Attempts, string? LastError,
    DateTimeOffset? NextAttemptAt, DateTimeOffset ReceivedAt,
    DateTimeOffset? ProcessedAt)
{
    public static WebhookJson From(WebhookNote w) => new(
        w.Provider, w.EventId, w.Type, w.Status, w.Outcome, w.Attempts, w.LastError, w.Status is "received" or "retrying"
            ? w.NextAttemptAt
            : null, w.ReceivedAt, w.ProcessedAt);
}

/// <summary>Which webhooks to list.</summary>
public sealed record WebhooksInput : OrderedListInput
{
    [OneOf("mux", "clerk", "resend", "alerts", "pagerduty"), About("Of one vendor.")]
    public string? Provider { get; init; }

    [OneOf(typeof(WebhookStatus))]
    public string? Status { get; init; }

    [Text(200), About("As the vendor calls it.", Example = "\"email.bounced\"")]
    public string? Type { get; init; }
}

/// <summary>Stored webhooks, newest first.</summary>
public sealed class ListWebhooksFunction(WebhookInboxStore inbox, Lists lists)
{
    private const string ListName = "webhooks:received";

    [Function("ListWebhooks")]
    [Allows(PortalAction.OperateWebhooks)]
    [Operation("List stored webhooks, newest first", Query = typeof(WebhooksInput), Returns = typeof(PageOf<WebhookJson>))]
    public async Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", "head", Route = "api/ops/webhooks")] HttpRequest request, CancellationToken ct)
    {
        var (query, page, problem) = lists.Read<WebhooksInput>(request, _ => ListName, TenantId.Platform);
        if (query is null || problem is not null)
        {
            return problem!;
        }

        var rows = await inbox.ListAsync(new(query.Provider, query.Status, query.Type), page, ct);
        return lists.Page(request, rows, page, ListName, w => Position.Of(w.ReceivedAt, w.Id), WebhookJson.From, TenantId.Platform);
    }
}

/// <summary>One stored webhook.</summary>
public sealed class ReadWebhookFunction(WebhookInboxStore inbox)
{
    [Function("ReadWebhook")]
    [Allows(PortalAction.OperateWebhooks)]
    [Operation("Read a stored webhook", Returns = typeof(WebhookJson), Details = "Its body is not shown: it may name people.")]
    [Refuses(404, "not-found", "No such event was stored.")]
    public async Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", "head", Route = "api/ops/webhooks/{provider}/{eventId}")] HttpRequest request,
        string provider,
        string eventId,
        CancellationToken ct) =>
        await inbox.FindAsync(provider, eventId, ct) is { } found ? Reply.Ok(WebhookJson.From(found)) : Problem.NotFound("webhook");
}

/// <summary>An Operator has a dead webhook tried again, with a reason that goes into the audit log.</summary>
public sealed class ReplayWebhookFunction(WebhookInboxStore inbox, TimeProvider clock)
{
    [Function("ReplayWebhook")]
    [Allows(PortalAction.OperateWebhooks)]
    [Operation("Replay a dead webhook", Takes = typeof(ReasonInput), Returns = typeof(WebhookJson),
        Details = "It is handled within half a minute, by the code that handles new ones, and has eight tries again.")]
    [Refuses(404, "not-found", "No such event was stored.")]
    [Refuses(409, "webhook-not-dead", "It is not dead: it is tried by itself, or was handled.")]
    public async Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "api/ops/webhooks/{provider}/{eventId}/replay")] HttpRequest request,
        string provider,
        string eventId,
        CancellationToken ct)
    {
        var (input, problem) = await Input.ReadAsync<ReasonInput>(request, clock.GetUtcNow());
        if (input is null)
        {
            return problem!;
        }

        if (await inbox.ReplayAsync(request.HttpContext.Operator(), provider, eventId, input.Reason, ct) is { } moved)
        {
            return Reply.Ok(WebhookJson.From(moved));
        }

        return await inbox.FindAsync(provider, eventId, ct) is { } found
            ? Problem.Conflict("webhook-not-dead", $"The webhook is {found.Status}; only a dead one can be replayed.")
            : Problem.NotFound("webhook");
    }
}
