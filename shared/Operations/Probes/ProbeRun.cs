namespace Portal.Operations.Probes;

/// <summary>What came of a probe.</summary>
public static class ProbeOutcome
{
    /// <summary>The link opened and Mux gave the playlist, all in time: the only good one.</summary>
    public const string Played = "played";

    /// <summary>The setting names a link that is not there.</summary>
    public const string NoLink = "no_link";

    /// <summary>Answered with something else than what was asked for, and not by a fault (3xx, 4xx).</summary>
    public const string Refused = "refused";

    /// <summary>Answered with a fault (5xx).</summary>
    public const string Failed = "failed";

    /// <summary>No connection: name, network, certificate.</summary>
    public const string Unreachable = "unreachable";

    public const string TimedOut = "timed_out";

    /// <summary>An answer that is not what it should be, or too long.</summary>
    public const string Unreadable = "unreadable";

    /// <summary>Begun, and never ended: its process died. Read, never stored.</summary>
    public const string Lost = "lost";

    public static IReadOnlyList<string> All { get; } = [Played, NoLink, Refused, Failed, Unreachable, TimedOut, Unreadable, Lost];
}

/// <summary>Where a probe that was not good has ended.</summary>
public static class ProbeStep
{
    /// <summary>Opening the link, at this app.</summary>
    public const string Open = "open";

    /// <summary>Fetching the playlist, at Mux.</summary>
    public const string Playlist = "playlist";

    public static IReadOnlyList<string> All { get; } = [Open, Playlist];
}

/// <summary>What a guest would have come to.</summary>
/// <param name="Status">What was answered there.</param>
public sealed record ProbeResult(string Outcome, string? Step = null, int? Status = null);

/// <summary>The probe of a minute.</summary>
/// <param name="Outcome">Null: under way.</param>
public sealed record ProbeRun(DateTimeOffset Minute, string? Outcome, string? Step, int? Status, int? TookMs)
{
    public bool IsGood => Outcome == ProbeOutcome.Played;
}

/// <summary>The link that is probed, with what makes its token.</summary>
public sealed record ProbedLink(Guid TenantId, Guid Id, string TokenKid, int Generation, DateTimeOffset ExpiresAt);
