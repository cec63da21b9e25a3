using System.Text.Json;
using Portal.Foundation.Audit;
using Portal.Foundation.Webhooks;

namespace Portal.Operations.Incidents;

/// <summary>
/// What monitoring tells us by its signed webhook: <c>{id, type, …}</c>, with the fields that an Operator would give. Other types are
/// recorded and left. A body that cannot be used is refused at once, so that whoever sets monitoring up hears of it.
/// </summary>
public sealed class AlertEvents(ReportBreach breaches, RestoreTestStore restores, TimeProvider clock) : IWebhookHandler
{
    private const string Breach = "error_budget_breach";
    private const string Restore = "backup_restore_tested";

    /// <summary>It stands in the audit log as the request's id.</summary>
    private const int LongestId = 100;

    public string Provider => "alerts";

    public (string Id, string Type)? Read(string? headerId, JsonElement body) =>
        WebhookBody.Word(body.Text("id")) is { Length: <= LongestId } id && WebhookBody.Word(body.Text("type")) is { } type
        && type switch
        {
            Breach => BreachOf(body) is { } breach && breach.Fault() is null,
            Restore => RestoreOf(body) is { } run && run.Fault(clock.GetUtcNow()) is null,
            _ => true,
        }
            ? (id, type)
            : null;

    public bool Uses(string type) => type is Breach or Restore;

    public async Task<Handled> HandleAsync(WebhookEvent webhook, CancellationToken ct)
    {
        var actor = Actor.Alerts(webhook.Id);
        switch (webhook.Type)
        {
            case Breach when BreachOf(webhook.Body) is { } breach:
                var (_, isNew) = await breaches.RunAsync(breach, actor, webhook.Id, ct);
                return new(HandledAs.Done, isNew ? "incident_opened" : "incident_known");
            case Restore when RestoreOf(webhook.Body) is { } run:
                var (test, recorded) = await restores.RecordAsync(run, actor, ct);
                return new(
                    HandledAs.Done, recorded ? "recorded" : test.Says(RestoreTestStore.AsKept(run)) ? "known" : "other_run_of_that_time");
            default:
                return new(HandledAs.Ignored, "not_used");
        }
    }

    private static BudgetBreach? BreachOf(JsonElement body) =>
        body.Text("slo") is { } slo && body.Text("window") is { } window && Number(body, "burnRate") is { } rate
            && Number(body, "budgetLeft") is { } left
            ? new(slo, window, rate, left)
            : null;

    private static RestoreRun? RestoreOf(JsonElement body) =>
        Time(body, "ranAt") is { } ran && Time(body, "backupTakenAt") is { } taken
        && body.TryGetProperty("succeeded", out var succeeded) && succeeded.ValueKind is JsonValueKind.True or JsonValueKind.False
        && Number(body, "durationSeconds") is { } duration && double.IsInteger(duration)
            && duration is >= 0 and <= RestoreRun.LongestDuration
            ? new(ran, taken, succeeded.GetBoolean(), (int)duration, WebhookText(body), body.Text("evidenceUrl"))
            : null;

    /// <summary>Notes are for people and may be left out; what Postgres cannot keep is taken out.</summary>
    private static string WebhookText(JsonElement body) =>
        string.Concat((body.Text("notes") ?? "").Where(c => !char.IsControl(c) || c is '\n' or '\t')).Trim();

    private static double? Number(JsonElement body, string name) =>
        body.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Number && value.TryGetDouble(out var number)
            && double.IsFinite(number)
            ? number
            : null;

    private static DateTimeOffset? Time(JsonElement body, string name) =>
        body.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String && value.TryGetDateTimeOffset(out var time)
            && time.Year >= 2000
            ? time.ToUniversalTime()
            : null;
}
