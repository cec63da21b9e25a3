using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Portal.LocalVendors.Hosting;

namespace Portal.LocalVendors.PagerDuty;

/// <summary>
/// <c>POST /v2/enqueue</c>: 202 for what is accepted, also for what is then dropped; 400 with every fault in <c>errors</c>; 429 past the
/// limit of the key.
/// </summary>
internal sealed class PagerDutyApi(VendorHost host, LocalPagerDutyOptions options, PagerDutyWebhooks webhooks)
{
    private const int MaxBytes = 512 * 1024;
    private const int MaxSummary = 1024;
    private const int MaxKey = 255;
    private const int RoutingKeyLength = 32;
    private static readonly string[] Actions = ["trigger", "acknowledge", "resolve"];
    private static readonly string[] Severities = ["critical", "error", "warning", "info"];

    public static JsonNode Error(int status, string message) => new JsonObject
    {
        ["status"] = status switch { 400 => "invalid event", 429 => "throttle exceeded", _ => "error" },
        ["message"] = message,
    };

    public void Map(WebApplication app) => app.Json("POST", "/v2/enqueue", EnqueueAsync);

    private static VendorReply Invalid(params IReadOnlyList<string> errors)
    {
        var body = Error(400, "Event object is invalid").AsObject();
        body["errors"] = new JsonArray([.. errors.Select(e => (JsonNode)e)]);
        return new VendorReply(400, body);
    }

    private async Task<VendorReply> EnqueueAsync(HttpContext context)
    {
        using var bytes = new MemoryStream();
        await context.Request.Body.CopyToAsync(bytes, context.RequestAborted);
        if (bytes.Length > MaxBytes)
        {
            return new VendorReply(413, Error(413, "Event object exceeds size limit"));
        }
        var (readable, body) = JsonBody.Parse(bytes.GetBuffer().AsSpan(0, (int)bytes.Length));
        if (!readable || body is not JsonObject message)
        {
            return Invalid("JSON cannot be parsed");
        }
        var errors = Problems(message);
        if (errors.Count > 0)
        {
            return Invalid(errors);
        }
        var urgency = UrgencyOf(message.Text("routing_key")!)!;
        return await LimitAsync(context, urgency) ?? await AcceptAsync(urgency, message, context.RequestAborted);
    }

    /// <summary>Of the service that the key is of; null: of none.</summary>
    private string? UrgencyOf(string key) =>
        IsSame(key, options.RoutingKey) ? "high"
        : IsSame(key, options.LowUrgencyRoutingKey) ? "low"
        : IsSame(key, options.SecurityRoutingKey) ? "security"
        : null;

    private static bool IsSame(string key, string known) =>
        CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(key), Encoding.UTF8.GetBytes(known));

    private List<string> Problems(JsonObject message)
    {
        var errors = new List<string>();
        if (message.Text("routing_key") is not { Length: > 0 } key)
        {
            errors.Add("'routing_key' is missing or blank");
        }
        else if (key.Length != RoutingKeyLength)
        {
            errors.Add("Length of 'routing_key' is incorrect (should be 32 characters)");
        }
        else if (UrgencyOf(key) is null)
        {
            errors.Add("Invalid routing key");
        }
        var action = message.Text("event_action");
        if (!Actions.Contains(action))
        {
            errors.Add("'event_action' is missing or invalid (must be one of the following: 'trigger', 'acknowledge' or 'resolve')");
        }
        if (message["dedup_key"] is not null && message.Text("dedup_key") is not { Length: > 0 and <= MaxKey })
        {
            errors.Add("'dedup_key' must be a string of 1 to 255 characters");
        }
        else if (action is "acknowledge" or "resolve" && message["dedup_key"] is null)
        {
            errors.Add("'dedup_key' is missing or blank");
        }
        if (action == "trigger")
        {
            errors.AddRange(PayloadProblems(message["payload"] as JsonObject));
        }
        return errors;
    }

    private static IEnumerable<string> PayloadProblems(JsonObject? payload)
    {
        if (payload is null)
        {
            yield return "'payload' is missing or blank";
            yield break;
        }
        if (payload.Text("summary") is not { } summary || string.IsNullOrWhiteSpace(summary))
        {
            yield return "'payload.summary' is missing or blank";
        }
        else if (summary.Length > MaxSummary)
        {
            yield return "'payload.summary' is too long (maximum is 1024 characters)";
        }
        if (string.IsNullOrWhiteSpace(payload.Text("source")))
        {
            yield return "'payload.source' is missing or blank";
        }
        if (!Severities.Contains(payload.Text("severity")))
        {
            yield return "'payload.severity' is missing or invalid (must be one of the following: 'critical', 'warning', 'error' or "
                + "'info')";
        }
        if (payload["timestamp"] is { } timestamp && (timestamp.GetValueKind() != JsonValueKind.String
            || !DateTimeOffset.TryParse((string)timestamp!, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out _)))
        {
            yield return "'payload.timestamp' is invalid (must be an ISO 8601 time)";
        }
    }

    private async Task<VendorReply?> LimitAsync(HttpContext context, string urgency)
    {
        if (options.EventsPerMinute <= 0)
        {
            return null;
        }
        var (taken, _, retryAfter) = await host.Limits.TakeAsync(
            urgency, options.EventsPerMinute / 60.0, options.EventsPerMinute, context.RequestAborted);
        if (taken)
        {
            return null;
        }
        context.Response.Headers.RetryAfter = Math.Ceiling(retryAfter.TotalSeconds).ToString(CultureInfo.InvariantCulture);
        return new VendorReply(429, Error(429, "Requests for this service are arriving too quickly. Please retry later."));
    }

    private Task<VendorReply> AcceptAsync(string urgency, JsonObject message, CancellationToken ct) =>
        host.TransactAsync(async (connection, transaction) =>
    {
        var action = message.Text("event_action")!;
        var key = message.Text("dedup_key") ?? Ids.New(RoutingKeyLength);
        var incident = action == "trigger"
            ? await PagerDutyStore.TriggerAsync(
                connection, transaction, urgency, key, message["payload"]!.AsObject().Text("severity")!,
                message["payload"]!.AsObject().Text("summary")!,
                message["payload"]!.AsObject().Text("source")!, host.Now)
            : await PagerDutyStore.MoveAsync(connection, transaction, urgency, key, action == "resolve", host.Now);
        if (incident is not null)
        {
            await webhooks.EmitAsync(connection, transaction, PagerDutyWebhooks.TypeOf(action), incident, key, null);
        }

        message.Remove("routing_key");
        await PagerDutyStore.KeepAsync(connection, transaction, action, key, incident, message, host.Now);
        return new VendorReply(202, new JsonObject { ["status"] = "success", ["message"] = "Event processed", ["dedup_key"] = key });
    }, ct);
}
