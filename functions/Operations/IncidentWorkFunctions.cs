using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Portal.Foundation.Alerts;
using Portal.Foundation.Identity;
using Portal.Foundation.Paging;
using Portal.Functions.Foundation.Http;
using Portal.Functions.Foundation.Http.Inputs;
using Portal.Operations.Incidents;

namespace Portal.Functions.Operations;

/// <summary>Whose an incident is to be.</summary>
public sealed record AssignIncidentInput
{
    [Text(200), About("Clerk id of the Operator who works on it; left out: you do.", Example = "\"user_2abc\"")]
    public string? Assignee { get; init; }
}

public sealed class AssignIncidentFunction(WorkOnIncident work, TimeProvider clock)
{
    [Function("AssignIncident")]
    [Allows(PortalAction.OperateIncidents)]
    [Operation("Assign an incident", Takes = typeof(AssignIncidentInput), Returns = typeof(IncidentJson),
        Details = "To yourself or to another Operator. Nobody is told of it; PagerDuty keeps its own assignee.")]
    [Refuses(409, "incident-resolved", "It is resolved.")]
    public async Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "api/ops/incidents/{id:guid}/assign")] HttpRequest request,
        Guid id,
        CancellationToken ct)
    {
        var (input, problem) = await Input.ReadAsync<AssignIncidentInput>(request, clock.GetUtcNow());
        var person = request.HttpContext.Operator();
        return input is null
            ? problem!
            : (await work.AssignAsync(person, new(id), input.Assignee ?? person.ClerkUserId, ct))
                .Answer(assigned => Reply.Ok(IncidentJson.From(assigned), assigned.Version));
    }
}

public sealed class UnassignIncidentFunction(WorkOnIncident work)
{
    [Function("UnassignIncident")]
    [Allows(PortalAction.OperateIncidents)]
    [Operation("Unassign an incident", Returns = typeof(IncidentJson))]
    [Refuses(409, "incident-resolved", "It is resolved.")]
    public async Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "api/ops/incidents/{id:guid}/unassign")] HttpRequest request,
        Guid id,
        CancellationToken ct) =>
        (await work.AssignAsync(request.HttpContext.Operator(), new(id), null, ct))
            .Answer(assigned => Reply.Ok(IncidentJson.From(assigned), assigned.Version));
}

public sealed record IncidentNoteInput
{
    [Text(WorkOnIncident.LongestNote), About("What was seen or done. It stays as it is; no names of people, no titles.")]
    public required string Text { get; init; }
}

public sealed class NoteIncidentFunction(WorkOnIncident work, TimeProvider clock)
{
    [Function("NoteIncident")]
    [Allows(PortalAction.OperateIncidents)]
    [Operation("Add a note to an incident", Takes = typeof(IncidentNoteInput), Returns = typeof(IncidentEntryJson), Status = 201,
        Details = "A resolved one takes notes too. Nobody can change or delete them.")]
    [Refuses(409, "incident-notes-full", "It has 200 notes.")]
    public async Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "api/ops/incidents/{id:guid}/notes")] HttpRequest request,
        Guid id,
        CancellationToken ct)
    {
        var (input, problem) = await Input.ReadAsync<IncidentNoteInput>(request, clock.GetUtcNow());
        return input is null
            ? problem!
            : (await work.NoteAsync(request.HttpContext.Operator(), new(id), input.Text, ct))
                .Answer(note => Reply.Created($"/api/ops/incidents/{id}/timeline", IncidentEntryJson.From(note)));
    }
}

public sealed record UpdateIncidentInput
{
    [OneOf(typeof(AlertSeverity))]
    public required string Severity { get; init; }

    [Text(ReasonInput.Longest), About("Why; it goes into the audit log and the timeline.", Example = "\"Two tenants see it too\"")]
    public required string Reason { get; init; }
}

public sealed class UpdateIncidentFunction(WorkOnIncident work, TimeProvider clock)
{
    [Function("UpdateIncident")]
    [Allows(PortalAction.OperateIncidents)]
    [Operation("Change the severity of an incident", Takes = typeof(UpdateIncidentInput), Returns = typeof(IncidentJson),
        NeedsMatch = true,
        Details = "PagerDuty is told, where it was told of the incident; the incident stays with the service that was paged, so that "
            + "raising the severity wakes nobody by itself.")]
    [Refuses(409, "incident-resolved", "It is resolved.")]
    [Refuses(409, "incident-severity-unchanged", "It is of that severity already.")]
    public async Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "patch", Route = "api/ops/incidents/{id:guid}")] HttpRequest request,
        Guid id,
        CancellationToken ct)
    {
        var (input, problem) = await Input.ReadAsync<UpdateIncidentInput>(request, clock.GetUtcNow());
        if (input is null)
        {
            return problem!;
        }

        var (version, fault) = IfMatch.Read(request);
        return fault ?? (await work.ChangeSeverityAsync(
            request.HttpContext.Operator(), new(id), new(input.Severity, input.Reason, version == IfMatch.Any ? null : version), ct))
            .Answer(changed => Reply.Ok(IncidentJson.From(changed), changed.Version));
    }
}

public sealed record ListIncidentTimelineInput : CountedListInput
{
    /// <inheritdoc/>
    protected override bool IsDescending => false;
}

public sealed class ListIncidentTimelineFunction(IncidentStore incidents, IncidentWorkStore work, Lists lists)
{
    [Function("ListIncidentTimeline")]
    [Allows(PortalAction.OperateIncidents)]
    [Operation("List the timeline of an incident, oldest first", Query = typeof(ListIncidentTimelineInput),
        Returns = typeof(PageOf<IncidentEntryJson>))]
    public async Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", "head", Route = "api/ops/incidents/{id:guid}/timeline")] HttpRequest request,
        Guid id,
        CancellationToken ct)
    {
        var name = $"incident-timeline:{id}";
        var (query, page, problem) = lists.Read<ListIncidentTimelineInput>(request, _ => name, TenantId.Platform);
        if (query is null)
        {
            return problem!;
        }

        var incident = new IncidentId(id);
        if (await incidents.FindAsync(incident, ct) is null)
        {
            return Problem.NotFound("incident");
        }

        var rows = await work.ListAsync(incident, page, ct);
        long? total = query.Total ? await work.CountAsync(incident, ct) : null;
        return lists.Page(
            request, rows, page, name, entry => Position.Of(entry.At, entry.Line), IncidentEntryJson.From, TenantId.Platform, total);
    }
}

/// <summary>What a review of the incident begins with.</summary>
public sealed class ReadPostmortemFunction(IncidentStore incidents, IncidentWorkStore work)
{
    [Function("ReadPostmortem")]
    [Allows(PortalAction.OperateIncidents)]
    [Operation("Read the template of an incident's postmortem", MediaType = "text/markdown", Returns = typeof(string),
        IsOfTheMoment = true,
        Details = "Markdown with what is known (summary, times, timeline, notes) and headings for what people have to find out.")]
    public async Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", "head", Route = "api/ops/incidents/{id:guid}/postmortem")] HttpRequest request,
        Guid id,
        CancellationToken ct) =>
        await incidents.FindAsync(new IncidentId(id), ct) is { } incident
            ? new MarkdownText(Postmortem.Of(incident, await work.AllAsync(incident.Id, ct)))
            : Problem.NotFound("incident");
}
