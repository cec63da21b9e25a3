using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Portal.LocalVendors.Hosting;

namespace Portal.LocalVendors.Resend;

/// <summary>The inbox, for programs as JSON and for people as a page. Messages are shown in frames that run nothing.</summary>
internal sealed class ResendInboxPages(ResendStore store)
{
    private const string Style =
        "body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color-scheme:light dark}"
        + "article{border:1px solid #8886;border-radius:.5rem;padding:1rem;margin:1rem 0}h2{margin:0;font-size:1.1rem}"
        + "dl{display:grid;grid-template-columns:auto 1fr;gap:0 1rem;margin:.5rem 0}dt{opacity:.7}dd{margin:0;overflow-wrap:anywhere}"
        + "pre{white-space:pre-wrap;overflow-wrap:anywhere}iframe{width:100%;height:20rem;border:1px solid #8886;background:#fff}";

    public void Map(WebApplication app)
    {
        app.Json(
            "GET", "/local/inbox", async context =>
                new Reply(200, new JsonArray([.. (await store.InboxAsync(To(context), context.RequestAborted)).Select(Json)])));
        app.MapMethods("/", ["GET"], PageAsync);
    }

    private static string? To(HttpContext context) => context.Request.Query["to"] is [{ Length: > 0 } to] ? to : null;

    private static JsonObject Json(InboxMessage message) => new()
    {
        ["id"] = message.Id.ToString(),
        ["from"] = message.From,
        ["to"] = new JsonArray([.. message.To.Select(one => (JsonNode)one)]),
        ["subject"] = message.Subject,
        ["html"] = message.Html,
        ["text"] = message.Text,
        ["last_event"] = message.LastEvent,
        ["created_at"] = message.AcceptedAt.ToString("O", CultureInfo.InvariantCulture),
        ["message"] = message.Message.DeepClone(),
    };

    private async Task PageAsync(HttpContext context)
    {
        var messages = await store.InboxAsync(To(context), context.RequestAborted);
        var page = new StringBuilder("<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><title>Local inbox</title><style>")
            .Append(Style).Append("</style></head><body><h1>Local inbox</h1><p>").Append(messages.Count)
            .Append(messages.Count == 1 ? " message" : " messages").Append(", newest first. Nothing was really sent.</p>");
        foreach (var message in messages.Reverse())
        {
            page.Append("<article><h2>").Append(Safe(message.Subject)).Append("</h2><dl><dt>From</dt><dd>").Append(Safe(message.From))
                .Append("</dd><dt>To</dt><dd>").Append(Safe(string.Join(", ", message.To))).Append("</dd><dt>Accepted</dt><dd>")
                .Append(Safe(message.AcceptedAt.ToString("u", CultureInfo.InvariantCulture))).Append("</dd><dt>State</dt><dd>")
                .Append(Safe(message.LastEvent)).Append("</dd></dl>");
            if (message.Text is not null)
            {
                page.Append("<pre>").Append(Safe(message.Text)).Append("</pre>");
            }
            if (message.Html is not null)
            {
                page.Append(
                    "<iframe sandbox title=\"").Append(Safe(message.Subject)).Append("\" srcdoc=\"").Append(Safe(message.Html))
                        .Append("\"></iframe>");
            }
            page.Append("</article>");
        }
        context.Response.ContentType = "text/html; charset=utf-8";
        context.Response.Headers.ContentSecurityPolicy = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-src 'self'";
        context.Response.Headers.XContentTypeOptions = "nosniff";
        await context.Response.WriteAsync(page.Append("</body></html>").ToString(), context.RequestAborted);
    }

    private static string Safe(string text) => WebUtility.HtmlEncode(text);
}
