using Portal.Foundation.Identity;

namespace Portal.Compliance.Consents;

/// <summary>
/// What is done only with consent. Signing in, access control, the audit log and counts without people are not here: they ask nobody, and
/// the privacy notice says so.
/// </summary>
public static class ConsentPurpose
{
    /// <summary>How far somebody watched, and whether they came back.</summary>
    public const string ViewingAnalytics = "viewing_analytics";

    public static IReadOnlyList<string> All { get; } = [ViewingAnalytics];
}

/// <summary>Why something may be done or not.</summary>
public static class ConsentReason
{
    /// <summary>They said so.</summary>
    public const string Decision = "decision";

    /// <summary>Their browser says no (Sec-GPC, DNT), whatever they said.</summary>
    public const string BrowserSignal = "browser_signal";

    /// <summary>They said yes to an older privacy notice.</summary>
    public const string NoticeChanged = "notice_changed";

    /// <summary>They were never asked, or did not answer.</summary>
    public const string Undecided = "undecided";
}

/// <summary>What the browser says with each request about being measured: <c>Sec-GPC: 1</c> or <c>DNT: 1</c> is a no.</summary>
public readonly record struct BrowserSignal(bool SaysNo);

/// <summary>Who consents: a person of the tenant, or the viewer of one share link.</summary>
public sealed record ConsentSubject
{
    private ConsentSubject(UserId? user, Guid? viewer) => (User, Viewer) = (user, viewer);

    public UserId? User { get; }

    public Guid? Viewer { get; }

    public Guid Id => User?.Value ?? Viewer!.Value;

    public static ConsentSubject Person(UserId user) => new(user, null);

    /// <summary>Whoever is signed in as a member decides once, for the portal and for links; a guest for this link.</summary>
    public static ConsentSubject Guest(Guid viewer, UserId? member) => member is { } user ? Person(user) : new(null, viewer);
}

/// <summary>What somebody said to one purpose, the last time.</summary>
public sealed record ConsentDecision(string Purpose, bool Granted, DateOnly NoticeVersion, DateTimeOffset DecidedAt);

/// <summary>Whether a purpose may be pursued with somebody now, and why.</summary>
/// <param name="Granted">What counts: may it be done?</param>
/// <param name="Decision">What they said; null: nothing.</param>
/// <param name="AsksAgain">They had said yes to a notice that has been replaced.</param>
public sealed record Consent(string Purpose, bool Granted, string Because, ConsentDecision? Decision, bool AsksAgain)
{
    /// <summary>The browser's no is above a person's yes, and a yes is one to the notice that they read.</summary>
    public static Consent Of(string purpose, ConsentDecision? decision, BrowserSignal signal, DateOnly notice)
    {
        var asksAgain = decision is { Granted: true } yes && yes.NoticeVersion < notice;
        var because = signal.SaysNo ? ConsentReason.BrowserSignal
            : decision is null ? ConsentReason.Undecided
            : asksAgain ? ConsentReason.NoticeChanged : ConsentReason.Decision;
        return new(purpose, because == ConsentReason.Decision && decision!.Granted, because, decision, asksAgain);
    }
}

/// <summary>The consents of one person or guest, of every purpose.</summary>
/// <param name="NoticeVersion">The current one.</param>
public sealed record ConsentOverview(DateOnly NoticeVersion, BrowserSignal Signal, IReadOnlyList<Consent> Consents);
