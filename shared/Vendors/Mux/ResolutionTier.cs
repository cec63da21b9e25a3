namespace Portal.Vendors.Mux;

/// <summary>By which Mux bills what it encodes, stores and delivers: how many pixels, in five steps.</summary>
public static class ResolutionTier
{
    public const string AudioOnly = "audio_only";
    public const string P720 = "720p";
    public const string P1080 = "1080p";
    public const string P1440 = "1440p";
    public const string P2160 = "2160p";

    /// <summary>The smallest first.</summary>
    public static IReadOnlyList<string> All { get; } = [AudioOnly, P720, P1080, P1440, P2160];

    /// <summary>As Mux says it, which is <c>audio-only</c> of one. Null: none that is known.</summary>
    public static string? Read(string? text) =>
        text?.Replace('-', '_') is { } tier && All.Contains(tier, StringComparer.OrdinalIgnoreCase) ? tier.ToLowerInvariant() : null;
}
