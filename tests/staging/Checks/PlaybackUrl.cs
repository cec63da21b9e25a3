namespace Portal.Tests.Staging.Checks;

/// <summary>An address of Mux with a token behind it.</summary>
internal sealed record PlaybackUrl(string Full, string Token)
{
    private const string Parameter = "token=";

    public string Bare => Full.Split('?')[0];

    /// <summary>Null: it is no such address.</summary>
    public static PlaybackUrl? Read(string? text) =>
        text is not null && Uri.TryCreate(text, UriKind.Absolute, out var address)
        && address.Query.TrimStart('?').Split('&').FirstOrDefault(
            each => each.StartsWith(Parameter, StringComparison.Ordinal)) is { } found
        && JwtText.End(found[Parameter.Length..]) is not null
            ? new(text, found[Parameter.Length..]) : null;

    public string With(string token) => Full.Replace(Token, token, StringComparison.Ordinal);

    /// <summary>The first address of a playlist; null: it has none, or is no playlist.</summary>
    public static string? FirstIn(string playlist, string address) =>
        playlist.StartsWith("#EXTM3U", StringComparison.Ordinal)
        && playlist.Split('\n', StringSplitOptions.TrimEntries).FirstOrDefault(line => line is [not '#', ..]) is { } line
            ? new Uri(new Uri(address), line).ToString() : null;
}
