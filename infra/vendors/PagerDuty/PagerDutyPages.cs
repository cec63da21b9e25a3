using System.Globalization;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Portal.Foundation;
using Portal.LocalVendors.Hosting;

namespace Portal.LocalVendors.PagerDuty;

/// <summary>What on-call would have been woken for, for programs as JSON and for people as a page; and what a person would do about it in
/// PagerDuty's own pages.</summary>
internal sealed class PagerDutyPages(PagerDutyStore store, PagerDutyWebhooks webhooks)
{
    public void Map(WebApplication app)
    {
        app.Json(
            "GET", "/local/incidents", async context =>
                new VendorReply(200, new JsonArray([.. (await store.IncidentsAsync(null, context.RequestAborted)).Select(Json)])));
        foreach (var act in (string[])["acknowledge", "resolve"])
        {
            app.Json("POST", $"/local/incidents/{{key}}/{act}", async context =>
                await webhooks.MoveAsync(context.Route("key"), act == "resolve", context.RequestAborted)
                    ? new VendorReply(200, new JsonObject())
                    : new VendorReply(404, PagerDutyApi.Error(404, "No open incident has this key")));
        }

        app.MapMethods("/", ["GET"], PageAsync);
    }

    private static JsonObject Json(PagerIncident incident) => new()
    {
        ["id"] = incident.Id,
        ["dedup_key"] = incident.DedupKey,
        ["urgency"] = incident.Urgency,
        ["status"] = incident.Status,
        ["severity"] = incident.Severity,
        ["summary"] = incident.Summary,
        ["source"] = incident.Source,
        ["triggers"] = incident.Triggers,
        ["opened_at"] = incident.OpenedAt.ToString("O", CultureInfo.InvariantCulture),
    };

    private async Task PageAsync(HttpContext context)
    {
        var incidents = await store.IncidentsAsync(null, context.RequestAborted);
        var articles = incidents.Reverse().Select(incident => Html.Of($"""
            <article><h2>{incident.Summary}</h2>{LocalPage.Facts(
                ("State", incident.Status), ("Urgency", incident.Urgency), ("Severity", incident.Severity),
                ("Opened", incident.OpenedAt.ToString("u", CultureInfo.InvariantCulture)), ("Key", incident.DedupKey))}</article>
            """));
        await LocalPage.WriteAsync(context, "Local pager", Html.Of($"""
            <p>{incidents.Count} {(incidents.Count == 1 ? "incident" : "incidents")}, newest first. Nobody was really paged.</p>
            {Html.Join(articles)}
            """));
    }
}
