namespace Portal.Foundation.Outages;

/// <summary>
/// What people on call can switch off for a while. A protection is never among them: nobody may play unsigned videos or lose webhooks
/// because somebody was in a hurry (docs/decisions/0028-protections-have-no-switch.md).
/// </summary>
public static class Feature
{
    /// <summary>New uploads, and retries by people. What is under way goes on.</summary>
    public const string Uploads = "uploads";

    /// <summary>Mails wait, and go out when it is over.</summary>
    public const string Mail = "mail";

    /// <summary>New invites, and old ones again.</summary>
    public const string Invites = "invites";

    /// <summary>Making them, and opening them.</summary>
    public const string ShareLinks = "share_links";

    public static IReadOnlyList<string> All { get; } = [Uploads, Mail, Invites, ShareLinks];

    /// <summary>One sentence for people: it is switched off.</summary>
    public static string OffText(string feature) => feature switch
    {
        Uploads => "Videos cannot be uploaded just now.",
        Mail => "E-mails are held back just now; none is lost.",
        Invites => "Nobody can be invited just now.",
        ShareLinks => "Share links cannot be made or opened just now.",
        _ => throw new ArgumentOutOfRangeException(nameof(feature)),
    };

    /// <summary>One sentence for people: something that it needs answers badly.</summary>
    public static string DegradedText(string feature) => feature switch
    {
        Uploads => "Uploads may take longer than usual, or have to be tried again.",
        Mail => "E-mails may arrive later than usual.",
        Invites => "Invitations may arrive later than usual.",
        ShareLinks => "Share links may not work as usual.",
        _ => throw new ArgumentOutOfRangeException(nameof(feature)),
    };
}

/// <summary>What a switch is set for: a feature, or a vendor and with it each feature that is nothing without it.</summary>
public static class SwitchTarget
{
    public const string Mux = "mux";
    public const string Blob = "vercel_blob";
    public const string Clerk = "clerk";
    public const string Resend = "resend";

    public static IReadOnlyList<string> All { get; } = [.. Feature.All, Mux, Blob, Clerk, Resend];

    /// <summary>Without Vercel Blob only uploads by it are off: <see cref="OutageState.FindOwn"/> is asked for those.</summary>
    public static IReadOnlyList<string> Stops(string target) => target switch
    {
        Mux => [Feature.Uploads, Feature.ShareLinks],
        Blob => [],
        Clerk => [Feature.Invites],
        Resend => [Feature.Mail],
        _ => [target],
    };

    /// <summary>What goes worse with the vendor away.</summary>
    public static IReadOnlyList<string> Slows(string target) => target switch
    {
        Mux or Blob => [Feature.Uploads],
        _ => Stops(target),
    };
}

/// <summary>The circuits that calls to vendors go through, by their names in logs.</summary>
public static class VendorCircuit
{
    public const string Mux = "Mux";
    public const string Blob = "Vercel Blob";
    public const string Clerk = "Clerk";
    public const string ClerkKeys = "Clerk (keys)";
    public const string Resend = "Resend";
    public const string PagerDuty = "PagerDuty";

    public static IReadOnlyList<string> All { get; } = [Mux, Blob, Clerk, ClerkKeys, Resend, PagerDuty];

    /// <summary>What people notice while it is open: nothing of those that have a reserve, or that only people on call hear of.</summary>
    public static IReadOnlyList<string> Slows(string circuit) => circuit switch
    {
        Mux => SwitchTarget.Slows(SwitchTarget.Mux),
        Blob => SwitchTarget.Slows(SwitchTarget.Blob),
        Clerk => SwitchTarget.Slows(SwitchTarget.Clerk),
        Resend => SwitchTarget.Slows(SwitchTarget.Resend),
        _ => [],
    };
}
