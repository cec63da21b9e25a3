using Microsoft.Extensions.Options;
using Portal.Foundation.Db;
using Portal.Foundation.Identity;
using Portal.Foundation.Outbox;
using Portal.Sharing;
using Portal.Sharing.ShareLinks;

namespace Portal.Events.Deliveries.Mails;

/// <summary>A version can be watched.</summary>
public sealed class AssetReadyMail(PortalDb db, IOptions<MailOptions> options) : IMailWriter
{
    public IReadOnlyCollection<string> Types { get; } = [EventTypes.AssetReady];

    public async Task<(MailContent? Content, string? Why)> WriteAsync(
        TenantId tenant, Delivery delivery, MailRecipient to, CancellationToken ct)
    {
        var version = await db.ReadOneAsync<Row>(tenant, """
            select a.id, a.title, v.number, v.status, v.duration_s, p.name as project_name
              from portal.asset_versions v
              join portal.assets a on a.tenant_id = v.tenant_id and a.id = v.asset_id
              join portal.projects p on p.tenant_id = a.tenant_id and p.id = a.project_id
             where v.tenant_id = @tenant and v.id = @id
            """, new { tenant, id = delivery.Event.Id("assetVersionId") }, ct);
        if (version is not { Status: "ready" })
        {
            return (null, "version_not_ready_any_more");
        }

        List<(string, string)> facts = [("Project", version.ProjectName), ("Version", $"{version.Number}")];
        if (version.DurationS is { } seconds)
        {
            facts.Add(
                ("Length", TimeSpan.FromSeconds(Math.Round(seconds)).ToString("g", System.Globalization.CultureInfo.InvariantCulture)));
        }

        return (new(
            $"“{version.Title}” is ready", "It can be watched, reviewed and shared.", $"“{version.Title}” is ready",
            [
                new MailPart.Paragraph(
                    "The upload went through. The video can be watched, reviewed and shared now."), new MailPart.Facts(facts)
            ],
            new("Watch it", $"{options.Value.PortalUrl}/assets/{version.Id}"),
            $"You get this because you work on “{version.ProjectName}” at {to.Brand.TenantName}."), null);
    }

    private sealed record Row(Guid Id, string Title, int Number, string Status, double? DurationS, string ProjectName);
}

/// <summary>
/// A guest gets the link, and later hears that it is withdrawn, also when nobody knows whether the link's mail got through. The token is
/// made again from the link's row: it is nowhere stored.
/// </summary>
public sealed class ShareLinkMail(PortalDb db, ShareTokens tokens, IOptions<ShareLinkOptions> options, TimeProvider clock) : IMailWriter
{
    /// <summary>Those that bring the link.</summary>
    private static readonly string[] Sent = [EventTypes.ShareLinkCreated, EventTypes.ShareLinkSent];

    public IReadOnlyCollection<string> Types { get; } =
        [EventTypes.ShareLinkCreated, EventTypes.ShareLinkSent, EventTypes.ShareLinkRevoked];

    public async Task<(MailContent? Content, string? Why)> WriteAsync(
        TenantId tenant, Delivery delivery, MailRecipient to, CancellationToken ct)
    {
        var link = await db.ReadOneAsync<Row>(tenant, """
            select l.id, l.token_kid, l.generation, l.status, l.expires_at, l.require_sign_in,
               l.passphrase_hash is not null as has_passphrase, l.allow_comments,
                   l.allow_download, a.title,
                   exists (select 1 from portal.deliveries d
                            where d.tenant_id = @tenant and d.aggregate_id = l.id and d.recipient = @recipient
                              and d.event_type = any (@sent)
                              and (d.status = 'sent' or d.offered_at is not null)) as was_sent
              from portal.share_links l join portal.assets a on a.tenant_id = l.tenant_id and a.id = l.asset_id
             where l.tenant_id = @tenant and l.id = @id
            """, new { tenant, id = delivery.Event.AggregateId, recipient = delivery.Recipient, sent = Sent }, ct);
        return link is null ? (null, "link_gone")
            : Sent.Contains(delivery.Event.Type) ? Created(link, to)
            : link.WasSent ? (Withdrawn(link, to), null)
            : (null, "never_had_the_link");
    }

    private (MailContent? Content, string? Why) Created(Row link, MailRecipient to)
    {
        if (link.Status != "active" || link.ExpiresAt <= clock.GetUtcNow())
        {
            return (null, "link_not_active_any_more");
        }

        List<MailPart> parts = [
            new MailPart.Paragraph($"{to.Brand.TenantName} has shared the video “{link.Title}” with you. {May(link)}")
        ];
        if (link.RequireSignIn)
        {
            parts.Add(new MailPart.Paragraph("You will be asked to sign in with this address."));
        }

        if (link.HasPassphrase)
        {
            parts.Add(
                new MailPart.Paragraph(
                    "You will be asked for a passphrase. It is not in this mail: whoever shared the video will tell you."));
        }

        parts.Add(new MailPart.Facts([("Open until", MailWords.Time(link.ExpiresAt, to.Brand.TimeZone))]));
        return (new(
            $"{to.Brand.TenantName} has shared “{link.Title}” with you", "Watch it with the link in this mail.",
            $"“{link.Title}”, for you to watch", parts,
            new("Watch the video", options.Value.PageUrl + tokens.Make(new ShareLinkId(link.Id), link.Generation, link.TokenKid)),
            "The link is meant for you: who has it can watch the video. Please do not pass it on."), null);
    }

    private static string May(Row link) => (link.AllowComments, link.AllowDownload) switch
    {
        (true, true) => "You can watch it, comment on it and download it.",
        (true, false) => "You can watch it and comment on it.",
        (false, true) => "You can watch it and download it.",
        _ => "You can watch it with the link below.",
    };

    private static MailContent Withdrawn(Row link, MailRecipient to) => new(
        $"“{link.Title}” is no longer shared with you", "The link you were sent has been withdrawn.", "A link has been withdrawn",
        [
            new MailPart.Paragraph(
                $"{to.Brand.TenantName} has withdrawn the link to the video “{link.Title}”. It no longer opens. If you still need the "
                    + "video, please ask the person who shared it.")
        ],
        null,
        $"You get this because {to.Brand.TenantName} had shared this video with you.");

    private sealed record Row(
        Guid Id, string TokenKid, int Generation, string Status, DateTimeOffset ExpiresAt, bool RequireSignIn, bool HasPassphrase,
        bool AllowComments, bool AllowDownload,
        string Title, bool WasSent);
}

/// <summary>Somebody was called by name in a comment.</summary>
public sealed class MentionMail(PortalDb db, IOptions<MailOptions> options) : IMailWriter
{
    private const int Shown = 600;

    public IReadOnlyCollection<string> Types { get; } = [EventTypes.CommentAdded];

    public async Task<(MailContent? Content, string? Why)> WriteAsync(
        TenantId tenant, Delivery delivery, MailRecipient to, CancellationToken ct)
    {
        var comment = await db.ReadOneAsync<Row>(tenant, """
            select c.body, c.frame, c.rate_numerator, c.rate_denominator, c.deleted_at is not null as deleted, c.guest_name,
               u.name as author_name, a.id as asset_id, a.title
              from portal.comments c
              join portal.assets a on a.tenant_id = c.tenant_id and a.id = c.asset_id
              left join portal.users u on u.tenant_id = c.tenant_id and u.id = c.author_id
             where c.tenant_id = @tenant and c.id = @id
            """, new { tenant, id = delivery.Event.AggregateId }, ct);
        if (comment is null or { Deleted: true })
        {
            return (null, "comment_deleted");
        }

        var author = comment.AuthorName ?? comment.GuestName ?? "A guest";
        List<MailPart> parts = [
            new MailPart.Paragraph(
                $"{author} mentioned you in a comment on “{comment.Title}”:"), new MailPart.Quote(MailWords.Shorten(comment.Body, Shown))
        ];
        if (comment is { Frame: { } frame, RateNumerator: { } numerator, RateDenominator: { } denominator })
        {
            parts.Add(new MailPart.Facts([("At", MailWords.Place(frame, new FrameRate(numerator, denominator)))]));
        }

        return (new(
            $"{author} mentioned you on “{comment.Title}”", MailWords.Shorten(comment.Body, 120), "You were mentioned", parts,
            new("Read and answer", $"{options.Value.PortalUrl}/assets/{comment.AssetId}?comment={delivery.Event.AggregateId}"),
            $"You get this because you were mentioned by name at {to.Brand.TenantName}."), null);
    }

    private sealed record Row(
        string Body, int? Frame, int? RateNumerator, int? RateDenominator, bool Deleted, string? GuestName, string? AuthorName,
        Guid AssetId, string Title);
}
