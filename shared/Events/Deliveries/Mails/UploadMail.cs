using Microsoft.Extensions.Options;
using Portal.Foundation.Db;
using Portal.Foundation.Identity;
using Portal.Foundation.Outbox;

namespace Portal.Events.Deliveries.Mails;

/// <summary>An uploader hears that their upload failed, and that its file is needed again.</summary>
public sealed class UploadMail(PortalDb db, IOptions<MailOptions> options) : IMailWriter
{
    public IReadOnlyCollection<string> Types { get; } = [EventTypes.AssetFailed, EventTypes.UploadReplayed];

    public async Task<(MailContent? Content, string? Why)> WriteAsync(
        TenantId tenant, Delivery delivery, MailRecipient to, CancellationToken ct)
    {
        var upload = await db.ReadOneAsync<Row>(tenant, """
            select j.status, j.attempt, j.blob_url is not null as has_original, j.failure_reason, a.id as asset_id, a.title, v.file_name,
                   p.name as project_name
              from portal.upload_jobs j
              join portal.asset_versions v on v.tenant_id = j.tenant_id and v.id = j.asset_version_id
              join portal.assets a on a.tenant_id = j.tenant_id and a.id = j.asset_id
              join portal.projects p on p.tenant_id = j.tenant_id and p.id = j.project_id
             where j.tenant_id = @tenant and j.id = @id
            """, new { tenant, id = delivery.Event.AggregateId }, ct);
        if (upload is null || upload.Attempt != (int?)delivery.Event.Number("attempt"))
        {
            return (null, "upload_went_on");
        }

        return delivery.Event.Type == EventTypes.AssetFailed ? Failed(upload, to) : FileNeeded(upload, to);
    }

    private (MailContent? Content, string? Why) Failed(Row upload, MailRecipient to) => upload.Status != "failed"
        ? (null, "upload_not_failed_any_more")
        : (new(
            $"The upload of “{upload.Title}” failed", "See what went wrong, and try again.", $"The upload of “{upload.Title}” failed",
            [
                new MailPart.Paragraph("The video could not be made from your file. You can try again, or send another file."),
                Facts(upload),
            ],
            Action(upload), Why(upload, to)), null);

    private (MailContent? Content, string? Why) FileNeeded(Row upload, MailRecipient to) =>
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

    private static MailPart.Facts Facts(Row upload)
    {
        List<(string, string)> facts = [("Project", upload.ProjectName), ("File", upload.FileName)];
        if (upload.FailureReason is { Length: > 0 } reason)
        {
            facts.Add(("Reason", MailWords.Shorten(reason, 300)));
        }

        return new(facts);
    }

    private MailAction Action(Row upload) => new("Go to the upload", $"{options.Value.PortalUrl}/assets/{upload.AssetId}");

    private static string Why(Row upload, MailRecipient to) =>
        $"You get this because you uploaded it to “{upload.ProjectName}” at {to.Brand.TenantName}.";

    private sealed record Row(
        string Status, int Attempt, bool HasOriginal, string? FailureReason, Guid AssetId, string Title, string FileName,
        string ProjectName);
}
