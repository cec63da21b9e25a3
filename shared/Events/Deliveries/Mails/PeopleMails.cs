using Microsoft.Extensions.Options;
using Portal.Foundation;
using Portal.Foundation.Identity;
using Portal.Foundation.Outbox;

namespace Portal.Events.Deliveries.Mails;

/// <summary>An invite that nobody accepted in time: an Admin can send it again.</summary>
public sealed class InviteExpiredMail(MailSubjectStore subjects, IOptions<MailOptions> options) : IMailWriter
{
    public IReadOnlyCollection<EventType> Types { get; } = [EventType.InviteExpired];

    public async Task<(MailContent? Content, string? Why)> WriteAsync(
        TenantId tenant, Delivery delivery, MailRecipient to, CancellationToken ct)
    {
        var invite = await subjects.InviteAsync(tenant, delivery.Event.AggregateId, ct);
        return invite is not { Status: "expired" }
            ? (null, "invite_not_expired_any_more")
            : (new(
                $"The invitation to {invite.Email} has expired",
                "Nobody accepted it in time. You can send it again.",
                "An invitation has expired",
                [
                    new MailPart.Paragraph(
                        $"Nobody accepted the invitation for {invite.Email} in time. The link in it no longer works; you can send a new "
                            + "one."),
                    new MailPart.Facts([("Role", invite.Role), ("Ended", Words.Time(invite.ExpiresAt, to.Brand.TimeZone))]),
                ],
                new("Send it again", $"{options.Value.PortalUrl}/invites/{delivery.Event.AggregateId}"),
                $"You get this because you are an Admin of {to.Brand.TenantName}."), null);
    }
}

/// <summary>Somebody is in a project: since it was made, or added later.</summary>
public sealed class ProjectMail(MailSubjectStore subjects, IOptions<MailOptions> options) : IMailWriter
{
    public IReadOnlyCollection<EventType> Types { get; } = [EventType.ProjectCreated, EventType.ProjectMemberAdded];

    public async Task<(MailContent? Content, string? Why)> WriteAsync(
        TenantId tenant, Delivery delivery, MailRecipient to, CancellationToken ct)
    {
        var project = await subjects.ProjectAsync(tenant, delivery.Event.AggregateId, ct);
        if (project is null or { Status: "archived" })
        {
            return (null, "project_archived");
        }

        List<MailPart> parts = [
            new MailPart.Paragraph($"You are part of the project “{project.Name}”: its plan, its videos and what is said about them.")
        ];
        if (project.Description.Length > 0)
        {
            parts.Add(new MailPart.Quote(MailWords.Shorten(project.Description, 400)));
        }

        return (new(
            $"You are part of “{project.Name}”", "Open the project to see its plan and its videos.", $"Welcome to “{project.Name}”", parts,
            new("Open the project", $"{options.Value.PortalUrl}/projects/{delivery.Event.AggregateId}"),
            $"You get this because you were added to a project of {to.Brand.TenantName}."), null);
    }
}

/// <summary>A copy of somebody's data can be fetched. The mail holds no address of it: whoever fetches it signs in.</summary>
public sealed class ExportReadyMail(IOptions<MailOptions> options) : IMailWriter
{
    public IReadOnlyCollection<EventType> Types { get; } = [EventType.ExportReady];

    public Task<(MailContent? Content, string? Why)> WriteAsync(TenantId tenant, Delivery delivery, MailRecipient to, CancellationToken ct)
    {
        var e = delivery.Event;
        List<(string, string)> facts = [("Export", e.AggregateId.ToString())];
        if (e.Time("expiresAt") is { } expiresAt)
        {
            facts.Add(("Can be fetched until", Words.Time(expiresAt, to.Brand.TimeZone)));
        }

        return Task.FromResult<(MailContent?, string?)>((new(
            "The copy of data that you asked for is ready", "Fetch it within a week.", "The copy of data is ready",
            [
                new MailPart.Paragraph(
                    "It is a zip of JSON files with a README that says what each field means. It holds personal data: keep it safe, and "
                        + "delete it when you do not need it any more."),
                new MailPart.Facts(facts),
            ],
            new("Fetch it", $"{options.Value.PortalUrl}/exports/{e.AggregateId}"),
            $"You get this because you asked for it at {to.Brand.TenantName}."), null));
    }
}
