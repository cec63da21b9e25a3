using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Microsoft.DurableTask.Client;
using Portal.Foundation.Faults;
using Portal.Foundation.Outages;
using Portal.Functions.Foundation.Http;
using Portal.Functions.Foundation.Http.Inputs;
using Portal.Functions.Videos.Uploads;
using Portal.Operations;
using Portal.Operations.Alerts;
using Portal.Operations.Costs;
using Portal.Operations.Incidents;
using Portal.Operations.Limits;
using Portal.Operations.Objectives;
using Portal.Operations.Orchestrations;
using Portal.Operations.Playback;
using Portal.Operations.Probes;
using Portal.Operations.Uploads;

namespace Portal.Functions.Operations.Page;

/// <summary>The pages of a signed-in Operator.</summary>
public sealed class OpsPages(
    OrchestrationQueries look, TimerQueries timers, OrchestrationCommands operate, IncidentStore incidents, AlertQuery alerts,
    ChangeFreezeStore freeze,
    ObjectiveQueries objectives, LimitQueries limits, UploadTelemetryQuery uploads, PlaybackTelemetryQuery playback, CostQuery costs,
    OutageQuery outages, QueueQueries queues, ProbeQueries probes, SearchCursors cursors, TimeProvider clock)
{
    private const int IncidentsShown = 20;

    [Function("OpsBoardPage")]
    [Allows(PortalAction.UseOpsPage)]
    public async Task<IResult> DashboardAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", "head", Route = "ops")] HttpRequest request, CancellationToken ct)
    {
        var (first, total) = await incidents.UnresolvedAsync(IncidentsShown, ct);
        var (open, openTotal) = await alerts.UnresolvedAsync(IncidentsShown, ct);
        var trouble = new DashboardIncidents(first, total, await freeze.ReadAsync(ct));
        return new HtmlPage(
            DashboardView.Page(
                await look.DashboardAsync(ct), trouble, new(open, openTotal), (await objectives.AllAsync(ct)).Objectives,
                await uploads.WeekAsync(ct), await costs.RecentAsync(ct), await playback.WeekAsync(ct),
                await outages.ReadAsync(ct), await timers.AllAsync(ct), await limits.RecentAsync(ct),
                await queues.RecentAsync(ct), await probes.RecentAsync(ct), clock.GetUtcNow(), request.FormToken()));
    }

    [Function("OpsSearchPage")]
    [Allows(PortalAction.UseOpsPage)]
    public async Task<IResult> SearchAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", "head", Route = "ops/search")] HttpRequest request, CancellationToken ct)
    {
        var (search, errors) = SearchQuestion.Read(request.Query, cursors);
        if (errors.Count > 0)
        {
            return new HtmlPage(
                SearchView.Page(
                    request.Query, null, errors, null, clock.GetUtcNow(), request.FormToken()), StatusCodes.Status400BadRequest);
        }

        var page = await look.SearchAsync(search, ct);
        return new HtmlPage(
            SearchView.Page(
                request.Query, page.Items, [], cursors.Write(page.Continuation, search), clock.GetUtcNow(), request.FormToken()));
    }

    [Function("OpsInstancePage")]
    [Allows(PortalAction.UseOpsPage)]
    public async Task<IResult> InstanceAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", "head", Route = "ops/instances/{id}")] HttpRequest request,
        string id,
        CancellationToken ct)
    {
        var done = request.Query["done"].ToString();
        return await ShowAsync(request, id, OrchestrationAct.All.Contains(done) ? new(done, "", null) : null, StatusCodes.Status200OK, ct);
    }

    [Function("OpsAct")]
    [Allows(PortalAction.UseOpsPage)]
    public async Task<IResult> ActAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "ops/instances/{id}/{act}")] HttpRequest request,
        string id,
        string act,
        [DurableClient] DurableTaskClient durable,
        CancellationToken ct)
    {
        if (!OrchestrationAct.All.Contains(act))
        {
            return NotFound();
        }

        var reason = request.HttpContext.Field("reason").Trim();
        if (reason.Length is 0 or > ReasonInput.Longest || reason.Any(c => char.IsControl(c) && c is not ('\n' or '\r' or '\t')))
        {
            return await ShowAsync(request, id, new(act, reason, OpsForm.SayWhy), StatusCodes.Status400BadRequest, ct);
        }

        var operated = await operate.RunAsync(request.HttpContext.Operator(), id, act, reason, new UploadPipelines(durable), ct);
        return operated.IsRefused(out var why, out var done)
            ? why is Refusal.Conflict refused
                ? await ShowAsync(request, id, new(act, reason, $"Not done. {refused.Detail}"), StatusCodes.Status409Conflict, ct)
                : NotFound()
            : Answers.SeeOther($"/ops/instances/{Uri.EscapeDataString(done.InstanceId)}?done={act}");
    }

    [Function("OpsAsset")]
    [Allows(PortalAction.Anonymous)]
    public IResult Asset(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", "head", Route = "ops/assets/{file}")] HttpRequest request, string file) =>
        OpsLayout.Assets.Answer(request, file);

    private async Task<IResult> ShowAsync(HttpRequest request, string id, ActNotice? notice, int status, CancellationToken ct) =>
        await look.FindAsync(id, ct) is var (found, timeline)
            ? new HtmlPage(InstanceView.Page(found, timeline, notice, clock.GetUtcNow(), request.FormToken()), status)
            : NotFound();

    private static HtmlPage NotFound() =>
        new(
            OpsLayout.Message(
                "Not found", "Neither Durable nor the upload jobs know that orchestration. It may have been purged."),
                StatusCodes.Status404NotFound);
}
