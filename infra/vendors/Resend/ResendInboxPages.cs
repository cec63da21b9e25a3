using System.Globalization;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Portal.Foundation;
using Portal.LocalVendors.Hosting;

namespace Portal.LocalVendors.Resend;

/// <summary>The inbox, for programs as JSON and for people as a page. Messages are shown in frames that run nothing.</summary>
internal sealed class ResendInboxPages(ResendStore store)
{
    public void Map(WebApplication app)
    {
        app.Json(
            "GET", "/local/inbox", async context =>
                new VendorReply(200, new JsonArray([.. (await store.InboxAsync(To(context), context.RequestAborted)).Select(Json)])));
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
        var articles = messages.Reverse().Select(message => Html.Of($"""
            <article><h2>{message.Subject}</h2>{LocalPage.Facts(
                ("From", message.From), ("To", string.Join(", ", message.To)),
                ("Accepted", message.AcceptedAt.ToString("u", CultureInfo.InvariantCulture)), ("State", message.LastEvent))}
            {(message.Text is null ? Html.Empty : Html.Of($"<pre>{message.Text}</pre>"))}
            {(message.Html is null ? Html.Empty : Html.Of(
                $"<iframe sandbox title=\"{message.Subject}\" srcdoc=\"{message.Html}\"></iframe>"))}
            </article>
            """));
        await LocalPage.WriteAsync(context, "Local inbox", Html.Of($"""
            <p>{messages.Count} {(messages.Count == 1 ? "message" : "messages")}, newest first. Nothing was really sent.</p>
            {Html.Join(articles)}
            """));
    }
}
