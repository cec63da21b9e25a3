using Microsoft.Extensions.Options;
using Portal.Foundation;
using Portal.Foundation.Identity;
using Portal.Foundation.Outbox;
using Portal.Sharing;
using Portal.Sharing.ShareLinks;

namespace Portal.Events.Deliveries.Mails;

/// <summary>A version can be watched.</summary>
public sealed class AssetReadyMail(MailSubjectStore subjects, IOptions<MailOptions> options) : IMailWriter
{
    public IReadOnlyCollection<EventType> Types { get; } = [EventType.AssetReady];

    public async Task<(MailContent? Content, string? Why)> WriteAsync(
        TenantId tenant, Delivery delivery, MailRecipient to, CancellationToken ct)
    {
        var version = await subjects.VersionAsync(tenant, delivery.Event.Id("assetVersionId"), ct);
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
}

/// <summary>Retention is about to take a version.</summary>
public sealed class AssetExpiringMail(MailSubjectStore subjects, IOptions<MailOptions> options) : IMailWriter
{
    public IReadOnlyCollection<EventType> Types { get; } = [EventType.AssetExpiring];

    public async Task<(MailContent? Content, string? Why)> WriteAsync(
        TenantId tenant, Delivery delivery, MailRecipient to, CancellationToken ct)
    {
        var version = await subjects.VersionAsync(tenant, delivery.Event.Id("assetVersionId"), ct);
        if (version is not { Status: "ready" })
        {
            return (null, "version_not_ready_any_more");
        }

        var day = delivery.Event.Time("archivedFrom")?.ToString("d MMMM yyyy", System.Globalization.CultureInfo.GetCultureInfo("en-AU"));
        return (new(
            $"“{version.Title}” will be deleted unless you keep it", $"From {day} on it can no longer be watched.",
            $"“{version.Title}” will be deleted unless you keep it",
            [
                new MailPart.Paragraph(
                    $"It has been here for as long as {to.Brand.TenantName} keeps videos. From {day} on it can no longer be watched, and "
                        + "a month later it is gone for good. If you still need it, keep it."),
                new MailPart.Facts([("Project", version.ProjectName), ("Version", $"{version.Number}")]),
            ],
            new("Keep it", $"{options.Value.PortalUrl}/assets/{version.Id}"),
            $"You get this because you work on “{version.ProjectName}” at {to.Brand.TenantName}."), null);
    }
}

/// <summary>
/// A guest gets the link, and later hears that it is withdrawn, also when nobody knows whether the link's mail got through. The token is
/// made again from the link's row: it is nowhere stored.
/// </summary>
public sealed class ShareLinkMail(
    MailSubjectStore subjects, ShareTokens tokens, IOptions<ShareLinkOptions> options, TimeProvider clock) : IMailWriter
{
    /// <summary>Those that bring the link.</summary>
    private static readonly EventType[] Sent = [EventType.ShareLinkCreated, EventType.ShareLinkSent];

    public IReadOnlyCollection<EventType> Types { get; } =
        [EventType.ShareLinkCreated, EventType.ShareLinkSent, EventType.ShareLinkRevoked];

    public async Task<(MailContent? Content, string? Why)> WriteAsync(
        TenantId tenant, Delivery delivery, MailRecipient to, CancellationToken ct)
    {
        var link = await subjects.ShareLinkAsync(tenant, delivery.Event.AggregateId, delivery.Recipient, Sent, ct);
        return link is null ? (null, "link_gone")
            : Sent.Any(delivery.Event.Is) ? Created(link, to)
            : link.WasSent ? (Withdrawn(link, to), null)
            : (null, "never_had_the_link");
    }

    private (MailContent? Content, string? Why) Created(ShareLinkSubject link, MailRecipient to)
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

        parts.Add(new MailPart.Facts([("Open until", Words.Time(link.ExpiresAt, to.Brand.TimeZone))]));
        return (new(
            $"{to.Brand.TenantName} has shared “{link.Title}” with you", "Watch it with the link in this mail.",
            $"“{link.Title}”, for you to watch", parts,
            new("Watch the video", options.Value.PageUrl + tokens.Make(new ShareLinkId(link.Id), link.Generation, link.TokenKid)),
            "The link is meant for you: who has it can watch the video. Please do not pass it on."), null);
    }

    private static string May(ShareLinkSubject link) => (link.AllowComments, link.AllowDownload) switch
    {
        (true, true) => "You can watch it, comment on it and download it.",
        (true, false) => "You can watch it and comment on it.",
        (false, true) => "You can watch it and download it.",
        _ => "You can watch it with the link below.",
    };

    private static MailContent Withdrawn(ShareLinkSubject link, MailRecipient to) => new(
        $"“{link.Title}” is no longer shared with you", "The link you were sent has been withdrawn.", "A link has been withdrawn",
        [
            new MailPart.Paragraph(
                $"{to.Brand.TenantName} has withdrawn the link to the video “{link.Title}”. It no longer opens. If you still need the "
                    + "video, please ask the person who shared it.")
        ],
        null,
        $"You get this because {to.Brand.TenantName} had shared this video with you.");
}

/// <summary>Somebody was called by name in a comment.</summary>
public sealed class MentionMail(MailSubjectStore subjects, IOptions<MailOptions> options) : IMailWriter
{
    private const int Shown = 600;

    public IReadOnlyCollection<EventType> Types { get; } = [EventType.CommentAdded];

    public async Task<(MailContent? Content, string? Why)> WriteAsync(
        TenantId tenant, Delivery delivery, MailRecipient to, CancellationToken ct)
    {
        var comment = await subjects.CommentAsync(tenant, delivery.Event.AggregateId, ct);
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
}
