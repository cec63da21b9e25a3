using System.Text.Json;
using Microsoft.Extensions.Logging;
using Portal.Alerts;
using Portal.Db;
using Portal.Uploads;
using Portal.Vendors.Mux;

namespace Portal.Webhooks;

/// <summary>What handling made of an event.</summary>
/// <param name="Outcome">A word for the inbox row.</param>
/// <param name="Nudge">The upload whose orchestration to wake.</param>
public sealed record Handled(HandledAs As, string Outcome, UploadRef? Nudge);

public enum HandledAs
{
    Done,

    /// <summary>Not for us, or not used: recorded and left.</summary>
    Ignored,

    /// <summary>What it is about is not there (yet): keep it and try again.</summary>
    NotYet,
}

/// <summary>
/// Webhook intake. The event is inserted once by (provider, event id) and committed; then it is handled at once, for 3 s at most (Mux
/// gives up after 5); the answer is 200 once it is stored, whatever handling did. What is left over is finished by the timer
/// RetryWebhookInbox through <see cref="RetryAsync"/>: the same code, not a second path. After eight tries an event is dead, and
/// on-call is told.
/// </summary>
public sealed partial class ReceiveWebhook(
    WebhookInboxStore inbox, MuxEvents mux, DeleteUnwantedAssets deletions, AlertStore alerts, TimeProvider clock, ILogger<ReceiveWebhook> logger)
{
    public const int MaxTries = 8;
    private const int Batch = 100;
    private static readonly TimeSpan HandleLimit = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan FirstRetry = TimeSpan.FromSeconds(30);

    /// <summary>Stores a Mux event whose signature was good, and handles it.</summary>
    /// <returns>False when the body is no event: nothing can be stored.</returns>
    public async Task<bool> RunAsync(string body, IUploadPipelines pipelines, CancellationToken ct)
    {
        if (MuxEnvelope.Read(body) is not { } envelope)
        {
            return false;
        }

        using (envelope.Json)
        {
            if (await inbox.AddAsync("mux", envelope.Id, envelope.Type, body, FirstRetry, ct))
            {
                using var limit = new CancellationTokenSource(HandleLimit, clock);
                using var both = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, ct);
                await HandleAsync(envelope, tries: 0, pipelines, both.Token);
            }

            return true;
        }
    }

    /// <summary>Finishes what is left over. Returns how many events were looked at.</summary>
    public async Task<int> RetryAsync(IUploadPipelines pipelines, CancellationToken ct)
    {
        var due = await inbox.TakeDueAsync(Batch, ct);
        foreach (var webhook in due)
        {
            // It was readable when it was stored.
            using var json = JsonDocument.Parse(webhook.Body);
            await HandleAsync(new(webhook.EventId, webhook.Type, json), webhook.Tries, pipelines, ct);
        }

        return due.Count;
    }

    private async Task HandleAsync(MuxEnvelope envelope, int tries, IUploadPipelines pipelines, CancellationToken ct)
    {
        try
        {
            var handled = await mux.HandleAsync(envelope.Id, envelope.Type, envelope.Json.RootElement, ct);
            if (handled.As == HandledAs.NotYet)
            {
                await PutOffAsync(envelope, tries, handled.Outcome);
                return;
            }

            if (handled.Nudge is { } upload)
            {
                // Before the row is marked done, and also when nothing moved: a nudge too many is harmless, one too few costs minutes.
                await pipelines.NudgeAsync(upload, ct);
            }

            await inbox.ProcessedAsync("mux", envelope.Id, handled.Outcome, CancellationToken.None);
            if (handled.Outcome == "unwanted")
            {
                await deletions.RunAsync(ct);
            }
        }
        catch (Exception e)
        {
            // Whatever it was, the event is stored and will be tried again; the sender must not see it.
            Log.HandlingFailed(logger, e, envelope.Id, envelope.Type, tries + 1);
            await PutOffAsync(envelope, tries, e.Message);
        }
    }

    private async Task PutOffAsync(MuxEnvelope envelope, int tries, string error)
    {
        var next = clock.GetUtcNow() + TimeSpan.FromSeconds(Math.Min(900, 30 * Math.Pow(2, tries)));
        try
        {
            if (await inbox.PutOffAsync("mux", envelope.Id, error, next, MaxTries, CancellationToken.None))
            {
                await alerts.AddAsync(new("webhook_dead", $"mux:{envelope.Id}", "error",
                    $"Mux event {envelope.Type} could not be handled in {MaxTries} tries: {error}", new { eventId = envelope.Id }), CancellationToken.None);
            }
        }
        catch (Exception e) when (PostgresFault.IsPassing(e))
        {
            // The database is away: the row still says received, and is due again by itself.
            Log.HandlingFailed(logger, e, envelope.Id, envelope.Type, tries + 1);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(Level = LogLevel.Warning, Message = "Mux event {EventId} ({Type}) was not handled in try {Try}; it stays in the inbox")]
        public static partial void HandlingFailed(ILogger logger, Exception e, string eventId, string type, int @try);
    }
}
