using System.Text;
using Portal.LocalVendors;
using Portal.Tests.Support;

namespace Portal.Tests.Integration.Operations;

/// <summary>What tests of incidents do over and over.</summary>
internal static class IncidentCalls
{
    public static object Breach(string slo = "availability") => new { slo, window = "1h", burnRate = 14.4, budgetLeft = 0.35 };

    public static Task<Answer> ReportAsync(this TestPortal portal, string slo = "availability") =>
        portal.As("operator").PostAsync("/api/ops/error-budget-breaches", Breach(slo));

    /// <summary>A breach; answers the incident it opened.</summary>
    public static async Task<Guid> BreachAsync(this TestPortal portal, string slo = "availability") =>
        Guid.Parse((await portal.ReportAsync(slo)).Expect(201).Field("incident")["id"]!.ToString());

    public static Task<Answer> MoveAsync(this TestPortal portal, Guid incident, string act) => portal.As("operator").PostAsync(
        $"/api/ops/incidents/{incident}/{act}", act == "resolve" ? new { reason = "The budget is back" } : null);

    public static Task<Answer> FreezeAsync(this TestPortal portal) => portal.As("operator").FetchAsync("/api/ops/change-freeze");

    /// <summary>Restored an hour ago, each call at another time.</summary>
    public static object Run(this TestPortal portal, bool succeeded, int minute = 0) => new
    {
        ranAt = portal.Clock.GetUtcNow().AddHours(-1).AddMinutes(-minute),
        backupTakenAt = portal.Clock.GetUtcNow().AddHours(-6),
        succeeded,
        durationSeconds = 1800,
        notes = "Restored beside the live one.",
    };

    /// <summary>As monitoring sends it.</summary>
    public static async Task<Answer> AlertAsync(
        this TestPortal portal, string body, string secret = TestSettings.AlertsSecret, TimeSpan age = default)
    {
        using var request = new HttpRequestMessage(
            HttpMethod.Post, "/api/webhooks/alerts")
        { Content = new StringContent(body, Encoding.UTF8, "application/json") };
        request.Headers.Add("Alerts-Signature", MuxWebhookSender.Sign(secret, portal.Clock.GetUtcNow() - age, body));
        return await (await portal.Anonymous.SendAsync(request)).ReadAsync();
    }

    /// <summary>How the pages about an incident stand, in their order.</summary>
    public static Task<IReadOnlyList<string>> PagesAsync(this TestPortal portal, Guid incident) => portal.ListAsync(
        "select event_type || ' ' || status || coalesce(' ' || reason, '') from portal.deliveries where aggregate_id = @incident and "
            + "channel = 'pagerduty' order by seq", new { incident });

    /// <summary>No incident, nothing frozen, nothing on its way.</summary>
    public static async Task ForgetIncidentsAsync(this TestPortal portal)
    {
        await portal.DeliverAsync();
        await portal.ResetAsync();
        await portal.DoAsync("""
            update portal.change_freeze set is_on = false, incident_id = null;
            truncate portal.restore_tests, portal.incident_reports, portal.objective_states;
            delete from portal.incidents;
            """);
    }
}
