using System.Text.Json;
using Portal.Foundation.Audit;
using Portal.Foundation.Webhooks;

namespace Portal.Events.Deliveries;

/// <summary>
/// From Resend event name to what it says of a mail. Names not listed (sent, opened, clicked …) are recorded and left. Real payloads have
/// their type at the end, so nothing here depends on the order of fields.
/// </summary>
public sealed class ResendEvents(MailStateTransitions mails) : IWebhookHandler
{
    /// <summary>
    /// A webhook may overtake our own note of which mail it is about, by seconds. After this many attempts (some three minutes) it is a
    /// mail that the portal did not send, or sent without learning its id: nobody need hear of that, so it ends before the 4th retry.
    /// </summary>
    private const int AttemptsForUnknown = 4;

    public string Provider => "resend";

    /// <summary>Svix has the id in the headers.</summary>
    public (string Id, string Type)? Read(string? headerId, JsonElement body) =>
        WebhookBody.Word(headerId) is { } id && WebhookBody.Word(body.Text("type")) is { } type && body.Object("data") is not null
            ? (id, type)
            : null;

    public bool Uses(string type) => StateOf(type, default) is not null;

    public async Task<Handled> HandleAsync(WebhookEvent webhook, CancellationToken ct)
    {
        var data = webhook.Body.GetProperty("data");
        if (StateOf(webhook.Type, data) is not { } state || WebhookBody.Word(data.Text("email_id")) is not { } mail)
        {
            return new(HandledAs.Ignored, "not_used");
        }

        return await mails.MoveAsync(mail, state, Addresses(data), Actor.Resend(webhook.Id), ct) switch
        {
            true => new(HandledAs.Done, "moved"),
            false => new(HandledAs.Done, "nothing_new"),
            _ when webhook.Attempts + 1 >= AttemptsForUnknown => new(HandledAs.Ignored, "unknown_mail"),
            _ => new(HandledAs.NotYet, "unknown_mail"),
        };
    }

    /// <summary>Which state the mail is in, and why its address gets no more of them, if so. Kinds of bounce are free text: only Permanent
    /// is for good.</summary>
    private static MailState? StateOf(string type, JsonElement data) => type switch
    {
        "email.delivered" => new("delivered", null),
        "email.failed" => new("failed", null),
        "email.bounced" => new("bounced", data.Object("bounce")?.Text("type") == "Permanent" ? "bounced" : null),
        "email.complained" => new("complained", "complained"),
        "email.suppressed" => new("suppressed", "bounced"),
        _ => null,
    };

    /// <summary>Bare addresses: a recipient may come as "Name &lt;address&gt;".</summary>
    private static List<string> Addresses(JsonElement data) =>
        data.TryGetProperty("to", out var to) && to.ValueKind == JsonValueKind.Array
            ? [.. to.EnumerateArray().Where(one => one.ValueKind == JsonValueKind.String).Select(one => Bare(one.GetString()!)).Take(50)]
            : [];

    private static string Bare(string recipient) =>
        recipient.LastIndexOf('<') is var at and >= 0 && recipient.EndsWith('>') ? recipient[(at + 1)..^1] : recipient;
}
