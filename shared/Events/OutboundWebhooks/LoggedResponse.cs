namespace Portal.Events.OutboundWebhooks;

/// <summary>What of an answer goes into the log: its beginning, without the secret or a signature where it repeats them, and without the
/// query of the address, where receivers keep secrets.</summary>
public static class LoggedResponse
{
    public const int MostBody = 1000;

    /// <summary>In the place of a secret or a signature.</summary>
    public const string Hidden = "(hidden)";

    private const int MostError = 500;
    private const int MostType = 200;

    /// <param name="secrets">What may stand in no log: secrets, and the signature header with its parts.</param>
    public static SentWebhook Of(string url, EndpointAnswer answer, IEnumerable<string> secrets, bool isTest) => new(
        new Uri(url).GetLeftPart(UriPartial.Path), answer.Status, Cut(answer.Error, MostError), answer.DurationMs,
        Cut(Plain(answer.ContentType), MostType), Cut(Without(Plain(answer.Body)!, secrets), MostBody)!, isTest, answer.IsGone);

    private static string Without(string text, IEnumerable<string> secrets) =>
        secrets.SelectMany(Parts).OrderByDescending(part => part.Length)
            .Aggregate(text, (rest, part) => rest.Replace(part, Hidden, StringComparison.Ordinal));

    /// <summary>A secret with and without its prefix, each signature with and without its version.</summary>
    private static IEnumerable<string> Parts(string secret) =>
        from word in secret.Split(' ')
        from part in new[] { word, word[(word.IndexOfAny([',', '_']) + 1)..] }
        where part.Length > 0
        select part;

    /// <summary>Postgres keeps no NUL in text.</summary>
    private static string? Plain(string? text) => text?.Replace('\0', '\uFFFD');

    private static string? Cut(string? text, int most) => text is null || text.Length <= most ? text
        : char.IsHighSurrogate(text[most - 1]) ? text[..(most - 1)]
        : text[..most];
}
