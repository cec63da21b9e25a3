using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Portal.Foundation.Faults;
using Portal.Functions.Foundation.Http;
using Portal.Operations.Incidents;

namespace Portal.Functions.Operations.Page;

/// <summary>Lifting the change freeze by the form of the overview.</summary>
public sealed class OpsFreezePage(ChangeFreezeStore freeze)
{
    [Function("OpsFreeze")]
    [Allows(PortalAction.UseOpsPage)]
    public async Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "ops/freeze")] HttpRequest request, CancellationToken ct)
    {
        var http = request.HttpContext;
        var reason = http.Field("reason").Trim();
        return OpsForm.IsReason(reason)
            ? (await freeze.SwitchAsync(http.Operator(), false, reason, ct)).Match(
                _ => Answers.SeeOther("/ops"),
                refused => OpsForm.NotDone(refused is Refusal.Conflict conflict ? conflict.Detail : "It cannot be lifted now.", 409))
            : OpsForm.NotDone(OpsForm.SayWhy, 400);
    }
}
