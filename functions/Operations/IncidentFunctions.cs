using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Portal.Foundation.Alerts;
using Portal.Foundation.Audit;
using Portal.Foundation.Identity;
using Portal.Foundation.Paging;
using Portal.Functions.Foundation.Http;
using Portal.Functions.Foundation.Http.Inputs;
using Portal.Operations.Incidents;

namespace Portal.Functions.Operations;

/// <summary>Which incidents to list.</summary>
public sealed record ListIncidentsInput : CountedListInput
{
    [OneOf(typeof(IncidentStatus))]
    public string? Status { get; init; }

    [OneOf(typeof(IncidentKind))]
    public string? Kind { get; init; }
}

public sealed class ListIncidentsFunction(IncidentStore incidents, Lists lists)
{
    private const string Name = "incidents:opened";

    [Function("ListIncidents")]
    [Allows(PortalAction.OperateIncidents)]
    [Operation("List incidents, newest first", Query = typeof(ListIncidentsInput), Returns = typeof(PageOf<IncidentJson>))]
    public async Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", "head", Route = "api/ops/incidents")] HttpRequest request, CancellationToken ct)
    {
        var (query, page, problem) = lists.Read<ListIncidentsInput>(request, _ => Name, TenantId.Platform);
        if (query is null)
        {
            return problem!;
        }

        var rows = await incidents.ListAsync(query.Status, query.Kind, page, ct);
        long? total = query.Total ? await incidents.CountAsync(query.Status, query.Kind, ct) : null;
        return lists.Page(
            request, rows, page, Name, i => Position.Of(i.OpenedAt, i.Id.Value), IncidentJson.From, TenantId.Platform, total);
    }
}

public sealed class ReadIncidentFunction(IncidentStore incidents)
{
    [Function("ReadIncident")]
    [Allows(PortalAction.OperateIncidents)]
    [Operation("Read an incident", Returns = typeof(IncidentJson))]
    public async Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", "head", Route = "api/ops/incidents/{id:guid}")] HttpRequest request,
        Guid id,
        CancellationToken ct) =>
        await incidents.FindAsync(new IncidentId(id), ct) is { } incident
            ? Reply.Ok(IncidentJson.From(incident), incident.Version)
            : Problem.NotFound("incident");
}

/// <summary>Somebody is on it.</summary>
public sealed class AcknowledgeIncidentFunction(IncidentTransitions move)
{
    [Function("AcknowledgeIncident")]
    [Allows(PortalAction.OperateIncidents)]
    [Operation(
        "Acknowledge an incident", Returns = typeof(IncidentJson), Details = "PagerDuty is told, where it was told of the incident.")]
    [Refuses(409, "incident-not-open", "It is acknowledged or resolved already.")]
    public async Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "api/ops/incidents/{id:guid}/acknowledge")] HttpRequest request,
        Guid id,
        CancellationToken ct) =>
        (await move.AcknowledgeAsync(request.HttpContext.Operator(), new(id), ct))
            .Answer(moved => Reply.Ok(IncidentJson.From(moved), moved.Version));
}

/// <summary>It is over.</summary>
public sealed class ResolveIncidentFunction(IncidentTransitions move, TimeProvider clock)
{
    [Function("ResolveIncident")]
    [Allows(PortalAction.OperateIncidents)]
    [Operation("Resolve an incident", Takes = typeof(ReasonInput), Returns = typeof(IncidentJson),
        Details = "PagerDuty is told. A change freeze stays on until somebody lifts it; the same trouble later opens another incident.")]
    [Refuses(409, "incident-resolved", "It is resolved already.")]
    public async Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "api/ops/incidents/{id:guid}/resolve")] HttpRequest request,
        Guid id,
        CancellationToken ct)
    {
        var (input, problem) = await Input.ReadAsync<ReasonInput>(request, clock.GetUtcNow());
        return input is null
            ? problem!
            : (await move.ResolveAsync(request.HttpContext.Operator(), new(id), input.Reason, ct))
                .Answer(moved => Reply.Ok(IncidentJson.From(moved), moved.Version));
    }
}

/// <summary>A report of a breach, as monitoring or a person sees it.</summary>
public sealed record ErrorBudgetBreachInput : IChecked
{
    [OneOf(typeof(Objective)), About("The objective whose budget burns.")]
    public required string Slo { get; init; }

    [OneOf("5m", "30m", "1h", "2h", "6h", "1d", "3d", "30d"), About("The window it was measured over.")]
    public required string Window { get; init; }

    [About("How many times too fast: at 1 the budget lasts exactly its period. Above 0, up to 10000.", Example = "14.4")]
    public required double BurnRate { get; init; }

    [About("Share of the budget that is left, up to 1; below 0 it is overspent, down to -1000.", Example = "0.35")]
    public required double BudgetLeft { get; init; }

    public void Check(Faults faults, DateTimeOffset now)
    {
        switch (Breach.Fault())
        {
            case "burnRate":
                faults.Add("burnRate", "range", "must be above 0 and up to 10000.");
                break;
            case "budgetLeft":
                faults.Add("budgetLeft", "range", "must be from -1000 to 1.");
                break;
        }
    }

    internal BudgetBreach Breach => new(Slo, Window, BurnRate, BudgetLeft);
}

/// <summary>Event error_budget_breach: incident, change freeze, page.</summary>
public sealed class ReportErrorBudgetBreachFunction(ReportBreach report, TimeProvider clock)
{
    [Function("ReportErrorBudgetBreach")]
    [Allows(PortalAction.OperateIncidents)]
    [Operation("Report an error budget breach", Takes = typeof(ErrorBudgetBreachInput), Returns = typeof(ReportedBreachJson), Status = 201,
        AlsoStatus = 200,
        Details = "Opens an incident (201), freezes changes and pages on-call. While an incident of the same objective is not resolved "
            + "the report is added to it (200) and nobody is paged again.")]
    public async Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "api/ops/error-budget-breaches")] HttpRequest request,
        CancellationToken ct)
    {
        var (input, problem) = await Input.ReadAsync<ErrorBudgetBreachInput>(request, clock.GetUtcNow());
        if (input is null)
        {
            return problem!;
        }

        var (incident, opened) = await report.RunAsync(input.Breach, Actor.From(request.HttpContext.Operator()), null, ct);
        var body = new ReportedBreachJson(IncidentJson.From(incident), opened);
        return opened ? Reply.Created($"/api/ops/incidents/{incident.Id}", body) : Reply.Ok(body);
    }
}
