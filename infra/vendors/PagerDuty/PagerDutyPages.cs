using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Portal.LocalVendors.Hosting;

namespace Portal.LocalVendors.PagerDuty;

/// <summary>What on-call would have been woken for, for programs as JSON and for people as a page.</summary>
internal sealed class PagerDutyPages(PagerDutyStore store)
{
    private const string Style =
        "body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color-scheme:light dark}"
        + "article{border:1px solid #8886;border-radius:.5rem;padding:1rem;margin:1rem 0}h2{margin:0;font-size:1.1rem}"
        + "dl{display:grid;grid-template-columns:auto 1fr;gap:0 1rem;margin:.5rem 0 0}dt{opacity:.7}dd{margin:0;overflow-wrap:anywhere}";

    public void Map(WebApplication app)
    {
        app.Json(
            "GET", "/local/incidents", async context =>
                new Reply(200, new JsonArray([.. (await store.IncidentsAsync(null, context.RequestAborted)).Select(Json)])));
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
        var page = new StringBuilder("<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><title>Local pager</title><style>")
            .Append(Style).Append("</style></head><body><h1>Local pager</h1><p>").Append(incidents.Count)
            .Append(incidents.Count == 1 ? " incident" : " incidents").Append(", newest first. Nobody was really paged.</p>");
        foreach (var incident in incidents.Reverse())
        {
            page.Append("<article><h2>").Append(Safe(incident.Summary)).Append("</h2><dl><dt>State</dt><dd>").Append(Safe(incident.Status))
                .Append("</dd><dt>Severity</dt><dd>").Append(Safe(incident.Severity)).Append("</dd><dt>Opened</dt><dd>")
                .Append(Safe(incident.OpenedAt.ToString("u", CultureInfo.InvariantCulture))).Append("</dd><dt>Key</dt><dd>")
                .Append(Safe(incident.DedupKey)).Append("</dd></dl></article>");
        }
        context.Response.ContentType = "text/html; charset=utf-8";
        context.Response.Headers.ContentSecurityPolicy = "default-src 'none'; style-src 'unsafe-inline'";
        context.Response.Headers.XContentTypeOptions = "nosniff";
        await context.Response.WriteAsync(page.Append("</body></html>").ToString(), context.RequestAborted);
    }

    private static string Safe(string text) => WebUtility.HtmlEncode(text);
}
