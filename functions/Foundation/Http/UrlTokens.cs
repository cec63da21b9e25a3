using System.Diagnostics;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Portal.Functions.Foundation.Http;

/// <summary>
/// Share and unsubscribe tokens and the codes of certificates stand in paths, and instrumentation writes paths down. What it noted of
/// this request loses them before anything is exported; logs never had them (<see cref="PortalApp"/>).
/// </summary>
internal static partial class UrlTokens
{
    /// <summary>What stands before a token in a path: a pattern that takes nothing of the text.</summary>
    public const string Before = "(?<=/(?:api/(?:share|mail/unsubscribe|erasures/by-code)|s)/)(?!assets/)";

    public static void Hide(HttpContext http)
    {
        if (!Token().IsMatch(http.Request.Path.Value ?? ""))
        {
            return;
        }

        // The server's own activity is no parent of ours when the caller sent a traceparent.
        Hide(http.Features.Get<IHttpActivityFeature>()?.Activity);
        for (var activity = Activity.Current; activity is not null; activity = activity.Parent)
        {
            Hide(activity);
        }
    }

    private static void Hide(Activity? activity)
    {
        foreach (var (name, value) in activity?.TagObjects.ToArray() ?? [])
        {
            if (value is string text && Token().IsMatch(text))
            {
                activity!.SetTag(name, Token().Replace(text, "{token}"));
            }
        }

        if (activity is not null)
        {
            activity.DisplayName = Token().Replace(activity.DisplayName, "{token}");
        }
    }

    [GeneratedRegex(Before + @"[^/?#\s]+", RegexOptions.IgnoreCase)]
    private static partial Regex Token();
}
