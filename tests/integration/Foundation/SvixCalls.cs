using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;
using Portal.LocalVendors;
using Portal.Tests.Support;

namespace Portal.Tests.Integration.Foundation;

/// <summary>Events as Svix would post them for Clerk and Resend, with any headers a test wants.</summary>
internal static class SvixCalls
{
    public static string Secret(this TestPortal portal, string provider) =>
        provider == "clerk" ? portal.Clerk.WebhookSecret : portal.Resend.WebhookSecret;

    /// <summary>Signed as it should be.</summary>
    public static Task<Answer> SendSvixAsync(this TestPortal portal, string provider, string id, string body) =>
        portal.PostSvixAsync(
            provider, SvixSigner.Headers(portal.Secret(provider), id, portal.Clock.GetUtcNow(), Encoding.UTF8.GetBytes(body)), body);

    public static async Task<Answer> PostSvixAsync(
        this TestPortal portal, string provider, IEnumerable<(string Name, string Value)> headers, string body)
    {
        using var request = new HttpRequestMessage(
            HttpMethod.Post, $"/api/webhooks/{provider}")
        { Content = new ByteArrayContent(Encoding.UTF8.GetBytes(body)) };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        foreach (var (name, value) in headers)
        {
            request.Headers.TryAddWithoutValidation(name, value);
        }

        return await (await portal.Anonymous.SendAsync(request)).ReadAsync();
    }

    /// <summary>Type last, as in real payloads.</summary>
    public static string Event(string type, JsonObject data) =>
        new JsonObject { ["data"] = data, ["object"] = "event", ["type"] = type }.ToJsonString();

    /// <summary>Status and outcome of a stored event.</summary>
    public static Task<string> WebhookAsync(this TestPortal portal, string eventId) =>
        portal.ScalarAsync<string>(
            "select concat_ws(' ', status, outcome) from portal.webhook_inbox where event_id = @eventId", new { eventId });

    /// <summary>The timer, often enough for every attempt.</summary>
    public static async Task RetryAsync(this TestPortal portal, int times)
    {
        for (var i = 0; i < times; i++)
        {
            portal.Clock.Advance(TimeSpan.FromMinutes(20));
            await portal.Host.RunTimerAsync("RetryWebhookInbox");
        }
    }
}
