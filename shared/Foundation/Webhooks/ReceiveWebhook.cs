using System.Text.Json;
using Microsoft.Extensions.Logging;
using Portal.Foundation.Alerts;
using Portal.Foundation.Db;

namespace Portal.Foundation.Webhooks;

/// <summary>
/// Webhook intake, the same for every vendor. The event is inserted once by (provider, event id) and committed; then it is handled at
/// once, for 3 s at most (Mux gives up after 5); the answer is 200 once it is stored, whatever handling did. What is left over is finished
/// by the timer RetryWebhookInbox through <see cref="RetryAsync"/>: the same code, not a second path. On-call is told when the 4th retry
/// starts, and again after eight attempts: then the event is dead, and an Operator can have it tried again.
/// </summary>
public sealed partial class ReceiveWebhook(
    WebhookInboxStore inbox, IEnumerable<IWebhookHandler> vendors, AlertStore alerts, TimeProvider clock, ILogger<ReceiveWebhook> logger)
{
    public const int MaxAttempts = 8;
    private const int AlertAtRetry = 4;
    private const int Batch = 100;
    private static readonly TimeSpan HandleLimit = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan FirstRetry = TimeSpan.FromSeconds(30);
    private static readonly JsonDocumentOptions Lenient = new() { MaxDepth = 64 };
    private readonly Dictionary<string, IWebhookHandler> byProvider = vendors.ToDictionary(v => v.Provider, StringComparer.Ordinal);

    /// <summary>Stores an event whose signature was good, and handles it.</summary>
    /// <returns>False when the body is no event: nothing can be stored.</returns>
    public async Task<bool> RunAsync(string provider, string? headerId, string body, IOrchestrationSignals signals, CancellationToken ct)
    {
        using var json = Parse(body);
        if (json is null || byProvider[provider].Read(headerId, json.RootElement) is not var (id, type))
        {
            return false;
        }

        // What nobody looks at is stored as done: it costs one statement.
        if (!byProvider[provider].Uses(type))
        {
            await inbox.AddUnusedAsync(provider, id, type, body, ct);
        }
        else if (await inbox.AddAsync(provider, id, type, body, FirstRetry, ct))
        {
            using var limit = new CancellationTokenSource(HandleLimit, clock);
            using var both = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, ct);
            await HandleAsync(provider, new(id, type, json.RootElement, Attempts: 0), signals, both.Token);
        }

        return true;
    }

    /// <summary>Finishes what is left over. Returns how many events were looked at.</summary>
    public async Task<int> RetryAsync(IOrchestrationSignals signals, CancellationToken ct)
    {
        var due = await inbox.TakeDueAsync(Batch, ct);
        foreach (var webhook in due)
        {
            // It was readable when it was stored.
            using var json = JsonDocument.Parse(webhook.Body, Lenient);
            await HandleAsync(webhook.Provider, new(webhook.EventId, webhook.Type, json.RootElement, webhook.Attempts), signals, ct);
        }

        return due.Count;
    }

    private static JsonDocument? Parse(string body)
    {
        try
        {
            var json = JsonDocument.Parse(body, Lenient);
            if (json.RootElement.ValueKind == JsonValueKind.Object)
            {
                return json;
            }

            json.Dispose();
            return null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private async Task HandleAsync(string provider, WebhookEvent webhook, IOrchestrationSignals signals, CancellationToken ct)
    {
        try
        {
            var handled = await byProvider[provider].HandleAsync(webhook, ct);
            if (handled.As == HandledAs.NotYet)
            {
                await RescheduleAsync(provider, webhook, handled.Outcome);
                return;
            }

            if (handled.Signal is { } signal)
            {
                // Before the row is marked done, and also when nothing moved: a signal too many is harmless, one too few costs minutes.
                await signals.SignalAsync(signal, ct);
            }

            await inbox.ProcessedAsync(provider, webhook.Id, handled.Outcome, CancellationToken.None);
            if (handled.After is { } after)
            {
                await after(ct);
            }
        }
        catch (Exception e)
        {
            // Whatever it was, the event is stored and will be tried again; the sender must not see it.
            Log.HandlingFailed(logger, e, provider, webhook.Id, webhook.Type, webhook.Attempts + 1);
            await RescheduleAsync(provider, webhook, e.Message);
        }
    }

    private async Task RescheduleAsync(string provider, WebhookEvent webhook, string error)
    {
        var next = clock.GetUtcNow() + TimeSpan.FromSeconds(Math.Min(900, 30 * Math.Pow(2, webhook.Attempts)));
        try
        {
            if (await inbox.RescheduleAsync(provider, webhook.Id, error, next, MaxAttempts, CancellationToken.None))
            {
                await alerts.AddAsync(new(AlertKind.WebhookDead, $"{provider}:{webhook.Id}",
                    $"The {provider} event {webhook.Type} could not be handled in {MaxAttempts} attempts: {error}",
                    new { provider, eventId = webhook.Id }), CancellationToken.None);
            }
            else if (webhook.Attempts + 1 == AlertAtRetry)
            {
                await alerts.AddAsync(new(AlertKind.WebhookRetrying, $"{provider}:{webhook.Id}",
                    $"The {provider} event {webhook.Type} starts retry {AlertAtRetry}: {error}",
                    new { provider, eventId = webhook.Id }), CancellationToken.None);
            }
        }
        catch (Exception e) when (PostgresFault.IsPassing(e))
        {
            // The database is away: the row still says received, and is due again by itself.
            Log.HandlingFailed(logger, e, provider, webhook.Id, webhook.Type, webhook.Attempts + 1);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(
            Level = LogLevel.Warning,
            Message = "The {Provider} event {EventId} ({Type}) was not handled in attempt {Attempt}; it stays in the inbox")]
        public static partial void HandlingFailed(ILogger logger, Exception e, string provider, string eventId, string type, int attempt);
    }
}
