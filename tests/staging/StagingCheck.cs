using Portal.Tests.Staging.Checks;

namespace Portal.Tests.Staging;

/// <summary>What a check cannot do without.</summary>
[Flags]
public enum StagingNeeds
{
    Nothing = 0,
    Session = 1,
    Operator = 2,
    MuxSecret = 4,
    Video = 8,
    Origin = 16,

    /// <summary>It burdens others, who must have been asked: <c>--yes</c>.</summary>
    Consent = 32,
}

/// <summary>One of the checks.</summary>
/// <param name="Shows">What holds when it ends well.</param>
/// <param name="Burden">Whom it burdens, and how; empty: nobody.</param>
public sealed record StagingCheck(string Name, string Shows, StagingNeeds Needs, string Burden, Func<StagingRun, Task> RunAsync)
{
    /// <summary>In the order in which <c>all</c> runs them: limits last, for they are used up by then.</summary>
    public static IReadOnlyList<StagingCheck> All { get; } =
    [
        new(
            "cors-cookies",
            "Pages of the portal's origin alone read its answers, and cookies are out of reach of scripts and other sites.",
            StagingNeeds.Session | StagingNeeds.Video | StagingNeeds.Origin, "", CorsAndCookiesCheck.RunAsync),
        new(
            "audit",
            "The audit log is as it was sealed, by the portal's own check and by one that uses nothing of it; an act is sealed soon.",
            StagingNeeds.Session, "", AuditCheck.RunAsync),
        new(
            "webhook-replay",
            "A webhook of Mux counts once however often it comes, and not at all when its signature or its time is wrong.",
            StagingNeeds.MuxSecret | StagingNeeds.Operator | StagingNeeds.Consent,
            "on call gets the alert webhook_refused (warning) once for each way of being wrong", WebhookReplayCheck.RunAsync),
        new(
            "playback-expiry",
            "A playback URL plays with its own token alone, until the end that was told, and not after. Takes 15 minutes.",
            StagingNeeds.Session | StagingNeeds.Video, "", PlaybackExpiryCheck.RunAsync),
        new(
            "revocation",
            "A revoked link gives nothing from that moment, what is out ends within 15 minutes, and within one after a hard revoke. "
                + "Takes 17 minutes.",
            StagingNeeds.Session | StagingNeeds.Video | StagingNeeds.Consent,
            "whoever watches the video of --asset just then must open it again: a hard revoke ends everybody's URL of it",
            RevocationCheck.RunAsync),
        new(
            "rate-limits", "The limits by address hold to the request, say when to come again, and let a good caller in meanwhile.",
            StagingNeeds.Session | StagingNeeds.Video | StagingNeeds.Consent,
            "everybody at this machine's address is refused for up to a minute, and on call gets the alert brute_force (warning)",
            RateLimitCheck.RunAsync),
    ];
}
