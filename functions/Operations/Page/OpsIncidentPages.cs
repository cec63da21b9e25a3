using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Portal.Foundation.Faults;
using Portal.Foundation.Identity;
using Portal.Functions.Foundation.Http;
using Portal.Functions.Foundation.Http.Inputs;
using Portal.Operations.Incidents;

namespace Portal.Functions.Operations.Page;

/// <summary>The page of an incident, and what its forms do.</summary>
public sealed class OpsIncidentPages(
    IncidentStore incidents, IncidentTransitions move, IncidentWorkStore lines, WorkOnIncident work, TimeProvider clock)
{
    [Function("OpsIncidentPage")]
    [Allows(PortalAction.UseOpsPage)]
    public async Task<IResult> ReadAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", "head", Route = "ops/incidents/{id:guid}")] HttpRequest request,
        Guid id,
        CancellationToken ct)
    {
        var done = request.Query["done"].ToString();
        return await ShowAsync(request, id, IncidentAct.All.Contains(done) ? new(done, "", null) : null, StatusCodes.Status200OK, ct);
    }

    [Function("OpsIncidentPostmortem")]
    [Allows(PortalAction.UseOpsPage)]
    public async Task<IResult> PostmortemAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", "head", Route = "ops/incidents/{id:guid}/postmortem")] HttpRequest request,
        Guid id,
        CancellationToken ct) =>
        await incidents.FindAsync(new IncidentId(id), ct) is { } incident
            ? new MarkdownText(Postmortem.Of(incident, await lines.AllAsync(incident.Id, ct)))
            : NotFound();

    [Function("OpsWorkOnIncident")]
    [Allows(PortalAction.UseOpsPage)]
    public async Task<IResult> ActAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "ops/incidents/{id:guid}/{act}")] HttpRequest request,
        Guid id,
        string act,
        CancellationToken ct)
    {
        if (!IncidentAct.All.Contains(act))
        {
            return NotFound();
        }

        var text = request.HttpContext.Field("text").ReplaceLineEndings("\n").Trim();
        if (FaultOf(act, text) is { } fault)
        {
            return await ShowAsync(request, id, new(act, text, fault), StatusCodes.Status400BadRequest, ct);
        }

        return await DoAsync(request.HttpContext.Operator(), new(id), act, text, ct) switch
        {
            null => Answers.SeeOther($"/ops/incidents/{id}?done={act}"),
            Refusal.Conflict refused =>
                await ShowAsync(request, id, new(act, text, $"Not done. {refused.Detail}"), StatusCodes.Status409Conflict, ct),
            _ => NotFound(),
        };
    }

    /// <summary>Null: it is done.</summary>
    private async Task<Refusal?> DoAsync(Operator person, IncidentId id, string act, string text, CancellationToken ct) => act switch
    {
        IncidentAct.Acknowledge => (await move.AcknowledgeAsync(person, id, ct)).Refusal,
        IncidentAct.Resolve => (await move.ResolveAsync(person, id, text, ct)).Refusal,
        IncidentAct.Note => (await work.NoteAsync(person, id, text, ct)).Refusal,
        IncidentAct.Unassign => (await work.AssignAsync(person, id, null, ct)).Refusal,
        _ => (await work.AssignAsync(person, id, person.ClerkUserId, ct)).Refusal,
    };

    /// <summary>A note is held to the rules that the API holds it to.</summary>
    private string? FaultOf(string act, string text) => act switch
    {
        IncidentAct.Resolve when !OpsForm.IsReason(text) =>
            $"Say why it is over, in 1 to {ReasonInput.Longest} characters: the reason goes into the audit log.",
        IncidentAct.Note when Input.Parse<IncidentNoteInput>(
            JsonSerializer.SerializeToUtf8Bytes(new { text }), clock.GetUtcNow()).Problem is not null =>
            $"A note has 1 to {WorkOnIncident.LongestNote} characters that can be seen.",
        _ => null,
    };

    private async Task<IResult> ShowAsync(HttpRequest request, Guid id, ActNotice? notice, int status, CancellationToken ct)
    {
        if (await incidents.FindAsync(new IncidentId(id), ct) is not { } incident)
        {
            return NotFound();
        }

        var timeline = await lines.AllAsync(incident.Id, ct);
        var form = new IncidentForm(
            notice, request.HttpContext.Operator().ClerkUserId, request.FormToken());
        return new HtmlPage(IncidentView.Page(incident, timeline, form, clock.GetUtcNow()), status);
    }

    private static HtmlPage NotFound() =>
        new(OpsLayout.Message("Not found", "There is no such incident."), StatusCodes.Status404NotFound);
}
