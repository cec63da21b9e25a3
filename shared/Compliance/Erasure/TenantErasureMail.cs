using Microsoft.Extensions.Options;
using Portal.Events.Deliveries;
using Portal.Events.Deliveries.Mails;
using Portal.Foundation.Identity;
using Portal.Foundation.Outbox;
using Portal.Foundation;

namespace Portal.Compliance.Erasure;

/// <summary>The erasure of the whole portal was asked for, or taken back. The code of the certificate is in the mail: nobody can sign in
/// any more when there is one.</summary>
public sealed class TenantErasureMail(ErasureStore erasures, ErasureCertificates certificates, IOptions<MailOptions> options) : IMailWriter
{
    public IReadOnlyCollection<EventType> Types { get; } = [EventType.TenantErasureRequested, EventType.TenantErasureCancelled];

    public async Task<(MailContent? Content, string? Why)> WriteAsync(
        TenantId tenant, Delivery delivery, MailRecipient to, CancellationToken ct)
    {
        var (id, name) = (delivery.Event.AggregateId, to.Brand.TenantName);
        var (action, why) = (
            new MailAction("Open the erasure", $"{options.Value.PortalUrl}/erasures/{id}"),
            $"You get this because you are an Admin of {name}.");
        if (delivery.Event.Is(EventType.TenantErasureCancelled))
        {
            return (new(
                $"{name} is not going to be erased", "The erasure was taken back.", "The erasure was taken back",
                [new MailPart.Paragraph($"An Admin has taken the erasure of {name} back. Nothing was deleted.")], action, why), null);
        }

        if (await erasures.FindAsync(tenant, id, ct) is not { Status: not ErasureStatus.Cancelled } erasure)
        {
            return (null, "erasure_cancelled");
        }

        var until = Words.Time(erasure.StartsAt, to.Brand.TimeZone);
        return (new(
            $"{name} is going to be erased", $"Until {until} an Admin can take it back.", $"{name} is going to be erased",
            [
                new MailPart.Paragraph(
                    $"An Admin has asked for the erasure of {name}: its videos, projects, people and settings, here and at the vendors "
                        + "that hold them. From the moment below nobody can sign in, no link opens, and nothing can be brought back."),
                new MailPart.Paragraph("Make a copy of everything first: ask for an export of the portal before then."),
                new MailPart.Facts(
                [
                    ("Can be taken back until", until), ("Erased by", Words.Time(erasure.DueAt, to.Brand.TimeZone)),
                    ("Code of the certificate", certificates.CodeOf(id)),
                ]),
                new MailPart.Paragraph(
                    "Keep the code: it opens the signed certificate of what was deleted and what is kept, when there is no portal any "
                        + "more to sign in to."),
            ],
            action, why), null);
    }
}
