using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Portal.Foundation.Faults;
using Portal.Foundation.Identity;
using Portal.Functions.Foundation.Http;
using Portal.Operations.Alerts;

namespace Portal.Functions.Operations.Page;

/// <summary>Acknowledging and resolving alerts by the forms of the overview.</summary>
public sealed class OpsAlertPage(WorkOnAlert work)
{
    [Function("OpsAlerts")]
    [Allows(PortalAction.UseOpsPage)]
    public async Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "ops/alerts")] HttpRequest request, CancellationToken ct)
    {
        var http = request.HttpContext;
        var (act, reason) = (http.Field("act"), http.Field("reason").Trim());
        if (!Guid.TryParse(http.Field("id"), out var id) || act is not ("acknowledge" or "resolve"))
        {
            return OpsForm.NotDone("Say which alert, and what to do.", 400);
        }

        if (act == "resolve" && !OpsForm.IsReason(reason))
        {
            return OpsForm.NotDone(OpsForm.SayWhy, 400);
        }

        var moved = act == "resolve"
            ? await work.ResolveAsync(http.Operator(), new AlertId(id), reason, ct)
            : await work.AcknowledgeAsync(http.Operator(), new AlertId(id), ct);
        return moved.Match(
            _ => Answers.SeeOther("/ops#alerts"),
            refused => refused is Refusal.Conflict conflict
                ? OpsForm.NotDone($"Somebody was faster. {conflict.Detail}", 409)
                : OpsForm.NotDone("There is no such alert.", 404));
    }
}
