using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Portal.Foundation.Alerts;
using Portal.Foundation.Identity;
using Portal.Foundation.Paging;
using Portal.Functions.Foundation.Http;
using Portal.Functions.Foundation.Http.Inputs;
using Portal.Operations.Alerts;

namespace Portal.Functions.Operations.Alerts;

/// <summary>Which alerts to list.</summary>
public sealed record ListAlertsInput : CountedListInput
{
    [OneOf(typeof(AlertStatus))]
    public string? Status { get; init; }

    [OneOf(typeof(AlertKind))]
    public string? Kind { get; init; }

    [OneOf(typeof(AlertSeverity))]
    public string? Severity { get; init; }
}

public sealed class ListAlertsFunction(AlertQuery alerts, Lists lists)
{
    private const string Name = "alerts:first";

    [Function("ListAlerts")]
    [Allows(PortalAction.OperateIncidents)]
    [Operation("List alerts, newest first", Query = typeof(ListAlertsInput), Returns = typeof(PageOf<AlertJson>))]
    public async Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", "head", Route = "api/ops/alerts")] HttpRequest request, CancellationToken ct)
    {
        var (query, page, problem) = lists.Read<ListAlertsInput>(request, _ => Name, TenantId.Platform);
        if (query is null)
        {
            return problem!;
        }

        var filter = new AlertFilter(query.Status, query.Kind, query.Severity);
        var rows = await alerts.ListAsync(filter, page, ct);
        long? total = query.Total ? await alerts.CountAsync(filter, ct) : null;
        return lists.Page(
            request, rows, page, Name, a => Position.Of(a.FirstAt, a.Id.Value), AlertJson.From, TenantId.Platform, total);
    }
}

public sealed class ReadAlertFunction(AlertQuery alerts)
{
    [Function("ReadAlert")]
    [Allows(PortalAction.OperateIncidents)]
    [Operation("Read an alert", Returns = typeof(AlertJson))]
    public async Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", "head", Route = "api/ops/alerts/{id:guid}")] HttpRequest request,
        Guid id,
        CancellationToken ct) =>
        await alerts.FindAsync(new AlertId(id), ct) is { } alert ? Reply.Ok(AlertJson.From(alert)) : Problem.NotFound("alert");
}

/// <summary>Somebody is on it.</summary>
public sealed class AcknowledgeAlertFunction(WorkOnAlert work)
{
    [Function("AcknowledgeAlert")]
    [Allows(PortalAction.OperateIncidents)]
    [Operation("Acknowledge an alert", Returns = typeof(AlertJson),
        Details = "Its incident is acknowledged once all of its alerts are, and PagerDuty is told.")]
    [Refuses(409, "alert-not-open", "It is acknowledged or resolved already.")]
    public async Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "api/ops/alerts/{id:guid}/acknowledge")] HttpRequest request,
        Guid id,
        CancellationToken ct) =>
        (await work.AcknowledgeAsync(request.HttpContext.Operator(), new(id), ct)).Answer(moved => Reply.Ok(AlertJson.From(moved)));
}

/// <summary>It is over.</summary>
public sealed class ResolveAlertFunction(WorkOnAlert work, TimeProvider clock)
{
    [Function("ResolveAlert")]
    [Allows(PortalAction.OperateIncidents)]
    [Operation("Resolve an alert", Takes = typeof(ReasonInput), Returns = typeof(AlertJson),
        Details = "Its incident is resolved once all of its alerts are. The same trouble later is another alert.")]
    [Refuses(409, "alert-resolved", "It is resolved already.")]
    public async Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "api/ops/alerts/{id:guid}/resolve")] HttpRequest request,
        Guid id,
        CancellationToken ct)
    {
        var (input, problem) = await Input.ReadAsync<ReasonInput>(request, clock.GetUtcNow());
        return input is null
            ? problem!
            : (await work.ResolveAsync(request.HttpContext.Operator(), new(id), input.Reason, ct))
                .Answer(moved => Reply.Ok(AlertJson.From(moved)));
    }
}
