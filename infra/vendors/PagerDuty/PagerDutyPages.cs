using System.Globalization;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Portal.Foundation;
using Portal.LocalVendors.Hosting;

namespace Portal.LocalVendors.PagerDuty;

/// <summary>What on-call would have been woken for, for programs as JSON and for people as a page.</summary>
internal sealed class PagerDutyPages(PagerDutyStore store)
{
    public void Map(WebApplication app)
    {
        app.Json(
            "GET", "/local/incidents", async context =>
                new VendorReply(200, new JsonArray([.. (await store.IncidentsAsync(null, context.RequestAborted)).Select(Json)])));
        app.MapMethods("/", ["GET"], PageAsync);
    }

    private static JsonObject Json(PagerIncident incident) => new()
    {
        ["id"] = incident.Id,
        ["dedup_key"] = incident.DedupKey,
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
                ("State", incident.Status), ("Severity", incident.Severity),
                ("Opened", incident.OpenedAt.ToString("u", CultureInfo.InvariantCulture)), ("Key", incident.DedupKey))}</article>
            """));
        await LocalPage.WriteAsync(context, "Local pager", Html.Of($"""
            <p>{incidents.Count} {(incidents.Count == 1 ? "incident" : "incidents")}, newest first. Nobody was really paged.</p>
            {Html.Join(articles)}
            """));
    }
}
