using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.DurableTask.Client;
using Microsoft.Extensions.Logging;
using Portal.Foundation.Alerts;
using Portal.Foundation.Limits;
using Portal.Foundation.Webhooks;
using Portal.Functions.Durable;

namespace Portal.Functions.Foundation.Http;

/// <summary>
/// What every webhook does: raw body (1 MiB at most), signature and its time checked, stored once, handled at once. 200 when
/// it is stored, whatever handling did; the vendor would only send it again. A refused one changes nothing and is counted by address, like
/// a session that is not valid; on-call hears of it once a minute at most.
/// </summary>
public sealed partial class WebhookEndpoint(
    ReceiveWebhook receive, FailedAttempts failed, RateLimitStore limits, AlertStore alerts, RequesterHash hash,
    ILogger<WebhookEndpoint> logger)
{
    private static readonly TimeSpan AlertGap = TimeSpan.FromMinutes(1);

    public const int MaxBytes = 1024 * 1024;

    /// <param name="id">The event's id, where the headers have it.</param>
    /// <param name="fault">What is wrong with the signature over this body, if anything.</param>
    public async Task<IResult> ReceiveAsync(
        HttpRequest request, string provider, string? id, Func<ReadOnlyMemory<byte>, string?> fault, DurableTaskClient durable,
        CancellationToken ct)
    {
        var (body, tooLarge) = await RequestBody.ReadBytesAsync(request, MaxBytes);
        if (tooLarge)
        {
            return await RefuseAsync(request, provider, "too_large", RequestBody.TooLarge(MaxBytes), ct);
        }

        if (fault(body) is { } reason)
        {
            return await RefuseAsync(request, provider, reason, new Problem(401, "bad-signature", "The signature is not valid"), ct);
        }

        return await receive.RunAsync(provider, id, Encoding.UTF8.GetString(body.Span), new OrchestrationSignals(durable), ct)
            ? Results.Ok()
            : await RefuseAsync(
                request, provider, "no_event", Problem.Invalid([new("", "event", "The body must be an event of this vendor.")]), ct);
    }

    private async Task<IResult> RefuseAsync(HttpRequest request, string provider, string reason, Problem problem, CancellationToken ct)
    {
        if (await failed.CountAsync("webhook", request.HttpContext.Requester(hash), ct) is { Allowed: false } hit)
        {
            return Problem.TooMany(hit.RetryAfter, "Too many webhooks that are not valid came from your address.");
        }

        Log.Refused(logger, provider, reason);
        if (await limits.TakeAsync($"alert:webhook_refused:{provider}:{reason}", AlertGap, 1, ct) is { Allowed: true })
        {
            await alerts.AddAsync(
                new(AlertKind.WebhookRefused, $"{provider}:{reason}", $"A webhook of {provider} was refused: {Why(reason)}."), ct);
        }

        return problem;
    }

    /// <summary>What on-call makes of it.</summary>
    private static string Why(string reason) => reason switch
    {
        "mismatch" => "it is signed with another secret than ours",
        "malformed" or "missing" => "it has no signature that can be read",
        "too_old" or "from_the_future" => "the time of its signature is more than five minutes off",
        "too_large" => "it is too large",
        "no_event" => "it is signed, and no event of this vendor",
        _ => reason.Replace('_', ' '),
    };

    private static partial class Log
    {
        [LoggerMessage(Level = LogLevel.Warning, Message = "A {Provider} webhook was refused: {Reason}")]
        public static partial void Refused(ILogger logger, string provider, string reason);
    }
}
