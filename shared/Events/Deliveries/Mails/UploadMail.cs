using Microsoft.Extensions.Options;
using Portal.Foundation.Identity;
using Portal.Foundation.Outbox;

namespace Portal.Events.Deliveries.Mails;

/// <summary>An uploader hears that their upload failed, and that its file is needed again.</summary>
public sealed class UploadMail(MailSubjectStore subjects, IOptions<MailOptions> options) : IMailWriter
{
    public IReadOnlyCollection<EventType> Types { get; } = [EventType.AssetFailed, EventType.UploadReplayed];

    public async Task<(MailContent? Content, string? Why)> WriteAsync(
        TenantId tenant, Delivery delivery, MailRecipient to, CancellationToken ct)
    {
        var upload = await subjects.UploadAsync(tenant, delivery.Event.AggregateId, ct);
        if (upload is null || upload.Attempt != (int?)delivery.Event.Number("attempt"))
        {
            return (null, "upload_went_on");
        }

        return delivery.Event.Is(EventType.AssetFailed) ? Failed(upload, to) : FileNeeded(upload, to);
    }

    private (MailContent? Content, string? Why) Failed(UploadSubject upload, MailRecipient to) => upload.Status != "failed"
        ? (null, "upload_not_failed_any_more")
        : (new(
            $"The upload of “{upload.Title}” failed", "See what went wrong, and try again.", $"The upload of “{upload.Title}” failed",
            [
                new MailPart.Paragraph("The video could not be made from your file. You can try again, or send another file."),
                Facts(upload),
            ],
            Action(upload), Why(upload, to)), null);

    private (MailContent? Content, string? Why) FileNeeded(UploadSubject upload, MailRecipient to) =>
        upload is not { Status: "waiting", HasOriginal: false }
        ? (null, "file_not_needed_any_more")
        : (new(
            $"Please send the file of “{upload.Title}” again", "Your upload was started again, and its file is needed once more.",
            $"The file of “{upload.Title}” is needed again",
            [
                new MailPart.Paragraph(
                    "Your upload did not go through and was started again. We no longer have its file: please send it once more."),
                Facts(upload with { FailureReason = null }),
            ],
            Action(upload), Why(upload, to)), null);

    private static MailPart.Facts Facts(UploadSubject upload)
    {
        List<(string, string)> facts = [("Project", upload.ProjectName), ("File", upload.FileName)];
        if (upload.FailureReason is { Length: > 0 } reason)
        {
            facts.Add(("Reason", MailWords.Shorten(reason, 300)));
        }

        return new(facts);
    }

    private MailAction Action(UploadSubject upload) => new("Go to the upload", $"{options.Value.PortalUrl}/assets/{upload.AssetId}");

    private static string Why(UploadSubject upload, MailRecipient to) =>
        $"You get this because you uploaded it to “{upload.ProjectName}” at {to.Brand.TenantName}.";
}
