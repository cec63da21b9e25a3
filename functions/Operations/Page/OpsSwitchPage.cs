using System.Globalization;
using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Portal.Foundation.Outages;
using Portal.Functions.Foundation.Http;
using Portal.Functions.Foundation.Http.Inputs;
using Portal.Operations.Switches;

namespace Portal.Functions.Operations.Page;

/// <summary>Setting and ending switches by the forms of the overview.</summary>
public sealed class OpsSwitchPage(SwitchStore switches, TimeProvider clock)
{
    [Function("OpsSwitches")]
    [Allows(PortalAction.UseOpsPage)]
    public async Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "ops/switches")] HttpRequest request, CancellationToken ct)
    {
        var http = request.HttpContext;
        var (act, target, reason) = (http.Field("act"), http.Field("target"), http.Field("reason").Trim());
        if (!SwitchTarget.All.Contains(target) || !OpsForm.IsReason(reason))
        {
            return OpsForm.NotDone(
                $"Say what, and why in 1 to {ReasonInput.Longest} characters: the reason goes into the audit log.", 400);
        }

        switch (act)
        {
            case "set" when int.TryParse(http.Field("minutes"), CultureInfo.InvariantCulture, out var minutes)
                && SwitchesView.Spans.Any(span => span.Minutes == minutes):
                await switches.SetAsync(http.Operator(), target, reason, clock.GetUtcNow().AddMinutes(minutes), ct);
                return Answers.SeeOther("/ops#switches");
            case "clear":
                return (await switches.ClearAsync(http.Operator(), target, reason, ct)).Match(
                    _ => Answers.SeeOther("/ops#switches"),
                    refused => OpsForm.NotDone("It is not switched off, or its time is over.", 409));
            default:
                return OpsForm.NotDone("Say for how long.", 400);
        }
    }
}
