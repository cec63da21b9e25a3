using System.Globalization;
using StandardWebhooks;

namespace Portal.Events.OutboundWebhooks;

/// <summary>The headers of Standard Webhooks: which message it is, when it was sent, and a signature for each secret that is
/// good.</summary>
public static class WebhookSigning
{
    public const string IdHeader = "webhook-id";
    public const string TimestampHeader = "webhook-timestamp";
    public const string SignatureHeader = "webhook-signature";

    /// <param name="id">The same at every attempt: receivers know repeats by it.</param>
    public static IReadOnlyList<(string Name, string Value)> Headers(
        string id, DateTimeOffset now, string body, IEnumerable<string> secrets) =>
    [
        (IdHeader, id),
        (TimestampHeader, now.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture)),
        (SignatureHeader, string.Join(' ', secrets.Select(secret => new StandardWebhook(secret).Sign(id, now, body)))),
    ];
}
