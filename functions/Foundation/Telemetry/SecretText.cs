using System.Text.RegularExpressions;
using Portal.Functions.Foundation.Http;

namespace Portal.Functions.Foundation.Telemetry;

/// <summary>
/// What no text that leaves the app for somebody's telemetry may hold, whoever wrote it: tokens in paths, session and playback tokens,
/// keys of vendors, addresses of people. Our own logs never name them; exceptions and libraries might.
/// </summary>
public static partial class SecretText
{
    /// <summary>The text without them; the same object when there are none.</summary>
    public static string Hide(string text) => Secret().Replace(text, "{hidden}");

    public static bool IsIn(string text) => Secret().IsMatch(text);

    [GeneratedRegex(
        UrlTokens.Before + """
        (?!\{)[^/?\#\s"]+                                                                   # a token that nobody has hidden yet
        | \beyJ[\w-]+\.[\w-]+\.[\w-]+                                                        # a JWT
        | (?<=\bBearer\s)\S+ | (?<=\bBasic\s)\S+
        | \b(?:sk_(?:live|test)|whsec|re|vercel_blob_rw)_[\w/+=-]{8,}
        | [\w.!\#$%&'*+/=?^`{|}~-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+                         # an e-mail address
        """,
        RegexOptions.IgnoreCase | RegexOptions.IgnorePatternWhitespace)]
    private static partial Regex Secret();
}
