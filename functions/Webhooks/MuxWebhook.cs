using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Microsoft.DurableTask.Client;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Portal.Alerts;
using Portal.Functions.Http;
using Portal.Functions.Uploads;
using Portal.Vendors.Mux;
using Portal.Webhooks;

namespace Portal.Functions.Webhooks;

/// <summary>
/// Mux's events: raw body (1 MiB at most), signature and its time checked, stored once, handled at once. 200 when it is stored,
/// whatever handling did; Mux would only send it again. A refused one changes nothing, is counted, and alerts.
/// </summary>
public sealed partial class MuxWebhook(
    ReceiveWebhook receive, AlertStore alerts, IOptions<MuxOptions> options, TimeProvider clock, ILogger<MuxWebhook> logger)
{
    public const int MaxBytes = 1024 * 1024;

    [Function("MuxWebhook")]
    [Allows(PortalAction.Anonymous)]
    public async Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "api/webhooks/mux")] HttpRequest request,
        [DurableClient] DurableTaskClient durable,
        CancellationToken ct)
    {
        var (body, tooLarge) = await RequestBody.ReadBytesAsync(request, MaxBytes);
        if (tooLarge)
        {
            return await RefuseAsync("too_large", RequestBody.TooLarge(MaxBytes), ct);
        }

        if (MuxSignature.Fault(request.Headers["Mux-Signature"], body.Span, options.Value.WebhookSecret, clock.GetUtcNow()) is { } fault)
        {
            return await RefuseAsync(fault, new Problem(401, "bad-signature", "The signature is not valid"), ct);
        }

        return await receive.RunAsync(Encoding.UTF8.GetString(body.Span), new UploadPipelines(durable), ct)
            ? Results.Ok()
            : await RefuseAsync("no_event", Problem.Invalid([new("", "event", "The body must be a Mux event with id, type and data.")]), ct);
    }

    private async Task<IResult> RefuseAsync(string reason, Problem problem, CancellationToken ct)
    {
        Log.Refused(logger, reason);
        await alerts.AddAsync(new("webhook_refused", $"mux:{reason}", "warning", $"A Mux webhook was refused: {reason}."), ct);
        return problem;
    }

    private static partial class Log
    {
        [LoggerMessage(Level = LogLevel.Warning, Message = "Mux webhook refused: {Reason}")]
        public static partial void Refused(ILogger logger, string reason);
    }
}
