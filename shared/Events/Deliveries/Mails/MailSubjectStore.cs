using Portal.Foundation.Db;
using Portal.Foundation.Identity;
using Portal.Foundation.Outbox;

namespace Portal.Events.Deliveries.Mails;

public sealed record InviteSubject(string Email, string Role, string Status, DateTimeOffset ExpiresAt);

public sealed record ProjectSubject(string Name, string Description, string Status);

public sealed record VersionSubject(Guid Id, string Title, int Number, string Status, double? DurationS, string ProjectName);

public sealed record UploadSubject(
    string Status, int Attempt, bool HasOriginal, string? FailureReason, Guid AssetId, string Title, string FileName, string ProjectName);

/// <param name="WasSent">The recipient was sent the link before, or nobody knows whether they were.</param>
public sealed record ShareLinkSubject(
    Guid Id, string TokenKid, int Generation, string Status, DateTimeOffset ExpiresAt, bool RequireSignIn, bool HasPassphrase,
    bool AllowComments, bool AllowDownload, string Title, bool WasSent);

public sealed record CommentSubject(
    string Body, int? Frame, int? RateNumerator, int? RateDenominator, bool Deleted, string? GuestName, string? AuthorName,
    Guid AssetId, string Title);

/// <summary>What mails are about, as the rows are at the moment of sending. Null: it is gone.</summary>
public sealed class MailSubjectStore(PortalDb db)
{
    public Task<InviteSubject?> InviteAsync(TenantId tenant, Guid id, CancellationToken ct) => db.ReadOneAsync<InviteSubject>(tenant, """
        select i.email, i.role, i.status, i.expires_at from portal.invites i where i.tenant_id = @tenant and i.id = @id
        """, new { tenant, id }, ct);

    public Task<ProjectSubject?> ProjectAsync(TenantId tenant, Guid id, CancellationToken ct) =>
        db.ReadOneAsync<ProjectSubject>(tenant, """
        select p.name, p.description, p.status from portal.projects p where p.tenant_id = @tenant and p.id = @id
        """, new { tenant, id }, ct);

    public Task<VersionSubject?> VersionAsync(TenantId tenant, Guid? id, CancellationToken ct) =>
        db.ReadOneAsync<VersionSubject>(tenant, """
        select a.id, a.title, v.number, v.status, v.duration_s, p.name as project_name
          from portal.asset_versions v
          join portal.assets a on a.tenant_id = v.tenant_id and a.id = v.asset_id
          join portal.projects p on p.tenant_id = a.tenant_id and p.id = a.project_id
         where v.tenant_id = @tenant and v.id = @id
        """, new { tenant, id }, ct);

    public Task<UploadSubject?> UploadAsync(TenantId tenant, Guid id, CancellationToken ct) => db.ReadOneAsync<UploadSubject>(tenant, """
        select j.status, j.attempt, j.blob_url is not null as has_original, j.failure_reason, a.id as asset_id, a.title, v.file_name,
               p.name as project_name
          from portal.upload_jobs j
          join portal.asset_versions v on v.tenant_id = j.tenant_id and v.id = j.asset_version_id
          join portal.assets a on a.tenant_id = j.tenant_id and a.id = j.asset_id
          join portal.projects p on p.tenant_id = j.tenant_id and p.id = j.project_id
         where j.tenant_id = @tenant and j.id = @id
        """, new { tenant, id }, ct);

    /// <param name="bringing">Types of event whose mails bring the link.</param>
    public Task<ShareLinkSubject?> ShareLinkAsync(
        TenantId tenant, Guid id, string recipient, IReadOnlyList<EventType> bringing, CancellationToken ct) =>
        db.ReadOneAsync<ShareLinkSubject>(tenant, """
            select l.id, l.token_kid, l.generation, l.status, l.expires_at, l.require_sign_in,
                   l.passphrase_hash is not null as has_passphrase, l.allow_comments, l.allow_download, a.title,
                   exists (select 1 from portal.deliveries d
                            where d.tenant_id = @tenant and d.aggregate_id = l.id and d.recipient = @recipient
                              and d.event_type = any (@types)
                              and (d.status = 'sent' or d.offered_at is not null)) as was_sent
              from portal.share_links l join portal.assets a on a.tenant_id = l.tenant_id and a.id = l.asset_id
             where l.tenant_id = @tenant and l.id = @id
            """, new { tenant, id, recipient, types = bringing.Select(type => type.Name).ToArray() }, ct);

    public Task<CommentSubject?> CommentAsync(TenantId tenant, Guid id, CancellationToken ct) =>
        db.ReadOneAsync<CommentSubject>(tenant, """
        select c.body, c.frame, c.rate_numerator, c.rate_denominator, c.deleted_at is not null as deleted, c.guest_name,
               u.name as author_name, a.id as asset_id, a.title
          from portal.comments c
          join portal.assets a on a.tenant_id = c.tenant_id and a.id = c.asset_id
          left join portal.users u on u.tenant_id = c.tenant_id and u.id = c.author_id
         where c.tenant_id = @tenant and c.id = @id
        """, new { tenant, id }, ct);
}
