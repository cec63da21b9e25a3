using Microsoft.Extensions.Options;
using Portal.Foundation.Identity;
using Portal.Foundation.Outbox;
using Portal.Vendors.Resend;

namespace Portal.Events.Deliveries.Mails;

/// <summary>Writes the mails of some types of event. No content: there is nothing to tell any more, and why not.</summary>
public interface IMailWriter
{
    IReadOnlyCollection<EventType> Types { get; }

    Task<(MailContent? Content, string? Why)> WriteAsync(TenantId tenant, Delivery delivery, MailRecipient to, CancellationToken ct);
}

/// <summary>Makes the mail of a delivery: what it says, in HTML and text, with the tenant's name on it and a way out.</summary>
public sealed class ComposeMail(IEnumerable<IMailWriter> writers, UnsubscribeTokens unsubscribes, IOptions<ResendOptions> options)
{
    private readonly Dictionary<string, IMailWriter> byType = writers.SelectMany(
        w => w.Types, (w, type) => (w, type)).ToDictionary(p => p.type.Name, p => p.w);

    /// <summary>The mail, or why there is none.</summary>
    public async Task<(Mail? Mail, string? Why)> RunAsync(TenantId tenant, Delivery delivery, MailRecipient to, CancellationToken ct)
    {
        if (!byType.TryGetValue(delivery.Event.Type, out var writer))
        {
            return (null, "no_mail_for_this_event");
        }

        var (content, why) = await writer.WriteAsync(tenant, delivery, to, ct);
        if (content is null)
        {
            return (null, why ?? "nothing_to_say");
        }

        // The residency contact is asked for by law and named by the tenant: only an Admin takes that address away. Whoever is on call is
        // told.
        var unsubscribe = (delivery.Event.Is(EventType.ResidencyReport) && delivery.UserId is null) || delivery.OperatorId is not null
            ? null
            : unsubscribes.UrlOf(delivery.Id);
        return (new(
            delivery.Id, options.Value.From, to.Brand.SenderName, to.Email, content.Subject,
            MailHtml.Render(content, to.Brand, unsubscribe), MailText.Render(content, to.Brand, unsubscribe), Headers(unsubscribe)), null);
    }

    /// <summary>RFC 8058: the mail program's own button works without opening a page.</summary>
    private static Dictionary<string, string> Headers(string? unsubscribe) => unsubscribe is null
        ? new() { ["Auto-Submitted"] = "auto-generated" }
        : new()
        {
            ["Auto-Submitted"] = "auto-generated",
            ["List-Unsubscribe"] = $"<{unsubscribe}>",
            ["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click",
        };
}
