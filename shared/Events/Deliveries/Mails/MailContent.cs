namespace Portal.Events.Deliveries.Mails;

/// <summary>What a mail says, before it is HTML or text. Every string is plain text; the renderers make it safe.</summary>
/// <param name="Preview">The line that a list of mails shows behind the subject.</param>
/// <param name="Action">The one thing to do about it.</param>
/// <param name="Why">Why this person gets it, for the foot.</param>
public sealed record MailContent(
    string Subject, string Preview, string Heading, IReadOnlyList<MailPart> Parts, MailAction? Action, string Why);

public sealed record MailAction(string Label, string Url);

/// <summary>A piece of a mail's body.</summary>
public abstract record MailPart
{
    private MailPart()
    {
    }

    public sealed record Paragraph(string Text) : MailPart;

    /// <summary>What somebody wrote.</summary>
    public sealed record Quote(string Text) : MailPart;

    /// <summary>Names and values, one to a line.</summary>
    public sealed record Facts(IReadOnlyList<(string Name, string Value)> Entries) : MailPart;

    /// <summary>Items under a title; each may lead somewhere.</summary>
    public sealed record Section(string Title, IReadOnlyList<MailItem> Entries) : MailPart;
}

public sealed record MailItem(string Text, string? Note, string? Url);

/// <summary>The tenant as its mails show it.</summary>
public sealed record MailBrand(string TenantName, string SenderName, string? LogoUrl, string AccentColor, string TimeZone);

/// <summary>Who gets a mail.</summary>
public sealed record MailRecipient(string Email, string? Name, MailBrand Brand);

/// <summary>Settings of mails.</summary>
public sealed class MailOptions
{
    public const string Section = "Mail";

    /// <summary>The portal's pages, which mails link to: <c>https://portal.example</c>.</summary>
    public string PortalUrl { get; set; } = "";

    /// <summary>This app as the internet sees it: <c>https://api.portal.example</c>. Mail programs unsubscribe here (RFC 8058).</summary>
    public string ApiUrl { get; set; } = "";

    /// <summary>Base64 key, 32 bytes or more: whoever holds an unsubscribe link can use it, and nobody can make one.</summary>
    public string UnsubscribeKey { get; set; } = "";
}
