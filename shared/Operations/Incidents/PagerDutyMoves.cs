using System.Text.Json;
using Portal.Foundation.Audit;
using Portal.Foundation.Db;
using Portal.Foundation.Identity;
using Portal.Foundation.Webhooks;

namespace Portal.Operations.Incidents;

/// <summary>
/// What people do with our incidents at PagerDuty, by its webhooks: acknowledging and resolving. An incident there has the dedup key that
/// it was triggered with, which is our incident's id; where an event does not name it, PagerDuty's own id does, once another has named
/// both. Our own moves come back as well, and change nothing. Everything else is recorded and left: 2xx is what keeps the subscription
/// alive.
/// </summary>
public sealed class PagerDutyMoves(PortalDb db, IncidentStore incidents, IncidentTransitions moves, TimeProvider clock) : IWebhookHandler
{
    /// <summary>PagerDuty tries for two days. What is older is somebody who sends again what they caught: the inbox, which knows events by
    /// their id, forgets them some day.</summary>
    public static readonly TimeSpan LongestAge = TimeSpan.FromDays(3);

    private const string Triggered = "incident.triggered";
    private const string Acknowledged = "incident.acknowledged";
    private const string Resolved = "incident.resolved";
    private const int LongestAgent = 100;

    public string Provider => "pagerduty";

    public (string Id, string Type)? Read(string? headerId, JsonElement body) =>
        body.Object("event") is { } e && WebhookBody.Word(e.Text("id")) is { } id && WebhookBody.Word(e.Text("event_type")) is { } type
            ? (id, type)
            : null;

    public bool Uses(string type) => type is Triggered or Acknowledged or Resolved;

    public async Task<Handled> HandleAsync(WebhookEvent webhook, CancellationToken ct)
    {
        var e = webhook.Body.GetProperty("event");
        if (OccurredAt(e) is not { } at || clock.GetUtcNow() - at > LongestAge)
        {
            return new(HandledAs.Ignored, "too_old");
        }

        return e.Object("data") is { } data
            ? await db.AcrossTenantsAsync(tx => MoveAsync(tx, webhook, data, AgentOf(e)), ct)
            : new(HandledAs.Ignored, "not_used");
    }

    private async Task<Handled> MoveAsync(Tx tx, WebhookEvent webhook, JsonElement data, string agent)
    {
        var pagerId = WebhookBody.Word(data.Text("id"));
        if (await FindAsync(tx, data, pagerId) is not { } incident)
        {
            return new(HandledAs.Ignored, "unknown_incident");
        }

        if (pagerId is not null)
        {
            await IncidentStore.NotePagerAsync(tx, incident.Id, pagerId);
        }

        var mover = new IncidentMover(Actor.PagerDuty(webhook.Id), agent, IsPagerDuty: true);
        var moved = webhook.Type switch
        {
            Acknowledged => await moves.AcknowledgeAsync(tx, mover, incident.Id),
            Resolved => await moves.ResolveAsync(tx, mover, incident.Id, "resolved at PagerDuty"),
            _ => null,
        };
        return new(HandledAs.Done, moved?.Status ?? "nothing_new");
    }

    private async Task<Incident?> FindAsync(Tx tx, JsonElement data, string? pagerId)
    {
        var id = Guid.TryParse(data.Text("incident_key"), out var key) ? key
            : pagerId is not null ? await IncidentStore.FindPagedAsync(tx, pagerId)
            : null;
        return id is { } known ? await incidents.FindAsync(tx, new IncidentId(known)) : null;
    }

    private static DateTimeOffset? OccurredAt(JsonElement e) =>
        e.TryGetProperty("occurred_at", out var at) && at.ValueKind == JsonValueKind.String && at.TryGetDateTimeOffset(out var time)
            ? time
            : null;

    /// <summary>By id; PagerDuty keeps the names.</summary>
    private static string AgentOf(JsonElement e) =>
        WebhookBody.Word(e.Object("agent")?.Text("id")) is { Length: <= LongestAgent } id ? $"pagerduty:{id}" : "pagerduty";
}
