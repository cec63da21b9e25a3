namespace Portal.Videos;

/// <summary>What a player says of a playback, once each.</summary>
public static class PlaybackEventType
{
    /// <summary>The first picture moves.</summary>
    public const string Started = "started";

    /// <summary>It does not play, or plays no further, and the player has given up.</summary>
    public const string Failed = "failed";

    /// <summary>The video is over, or the page is left.</summary>
    public const string Ended = "ended";

    public static IReadOnlyList<string> All { get; } = [Started, Failed, Ended];
}

/// <summary>Why a playback failed, as far as a player knows.</summary>
public static class PlaybackErrorCode
{
    public const string Network = "network";

    /// <summary>What came could not be decoded.</summary>
    public const string Media = "media";

    /// <summary>The address of the video was refused.</summary>
    public const string Refused = "refused";

    /// <summary>This browser plays nothing of the kind.</summary>
    public const string Unsupported = "unsupported";

    public const string Other = "other";

    public static IReadOnlyList<string> All { get; } = [Network, Media, Refused, Unsupported, Other];
}

/// <summary>By what way somebody was given the video.</summary>
public static class WatchedThrough
{
    public const string Portal = "portal";
    public const string ShareLink = "share_link";
}

/// <summary>One message of a player about one playback. It says nothing of who watches, or of how much.</summary>
/// <param name="SessionId">Of the playback; the player makes it and keeps it nowhere.</param>
/// <param name="StartupMs">From the press of play to the first picture; of a start alone.</param>
/// <param name="Rebuffers">How often it stood still to load; of an end alone.</param>
/// <param name="RebufferMs">For how long in all; likewise.</param>
/// <param name="ErrorCode">Of a failure alone.</param>
public sealed record PlaybackEvent(Guid SessionId, string Type, int? StartupMs, int? Rebuffers, int? RebufferMs, string? ErrorCode);
