using Portal.Foundation;
using Portal.Functions.Foundation.Http;
using Portal.Operations.Orchestrations;
using Portal.Videos.Uploads;

namespace Portal.Functions.Operations.Page;

/// <summary>What all pages have around them.</summary>
internal static class OpsLayout
{
    public static readonly PageAssets Assets = new("ops/", "/ops/assets/");

    /// <param name="formToken">For the sign-out; null: nobody is signed in.</param>
    /// <param name="live">Seconds between looks of the script; null: the page stands still.</param>
    public static Html Page(string title, Html main, string? formToken, int? live = null, string? here = null) => Html.Of($"""
        <!doctype html>
        <html lang="en">
        <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <meta name="color-scheme" content="light dark">
        <meta name="robots" content="noindex">
        <title>{title} · On call</title>
        <link rel="icon" href="{Assets.Url("icon.svg")}" type="image/svg+xml">
        <link rel="stylesheet" href="{Assets.Url("ops.css")}">
        <script src="{Assets.Url("ops.js")}" defer></script>
        </head>
        <body>
        <a class="skip" href="#main">Skip to the content</a>
        <header class="top">
        <a class="brand" href="/ops">On call</a>
        {(formToken is null ? Html.Empty : Navigation(formToken, here))}
        </header>
        <main id="main" tabindex="-1" data-live="{live ?? 0}">
        {main}
        </main>
        <p class="live" id="live" role="status"></p>
        </body>
        </html>
        """);

    public static Html Message(string title, string text) => Page(title, Html.Of($"""
        <h1>{title}</h1>
        <p class="lead">{text}</p>
        <p><a href="/ops">To the overview</a></p>
        """), null);

    public static Html FormToken(string token) => Html.Of($"""<input type="hidden" name="{OpsRequest.FormTokenField}" value="{token}">""");

    public static Html Time(DateTimeOffset time) =>
        Html.Of(
            $"""<time datetime="{time.UtcDateTime:yyyy-MM-dd'T'HH:mm:ss'Z'}" title="{time.UtcDateTime:yyyy-MM-dd HH:mm:ss} UTC">{time.UtcDateTime:d MMM HH:mm:ss}</time>""");

    /// <summary>How long ago, or in how long.</summary>
    public static Html Ago(DateTimeOffset time, DateTimeOffset now)
    {
        var text = time <= now ? $"{Diagnosis.Span(now - time)} ago" : $"in {Diagnosis.Span(time - now)}";
        return Html.Of(
            $"""<time datetime="{time.UtcDateTime:yyyy-MM-dd'T'HH:mm:ss'Z'}" title="{time.UtcDateTime:yyyy-MM-dd HH:mm:ss} UTC">{text}</time>""");
    }

    /// <summary>A word with a mark and a colour; the word alone says it all.</summary>
    public static Html Pill(string group, string text) => Html.Of($"""<span class="pill {group}">{text}</span>""");

    /// <summary>The upload's status says more than "Running"; whatever else Durable says, says more than the upload's.</summary>
    public static string Word(OrchestrationLook look) =>
        look.Upload is { IsCurrent: true } upload
            && (UploadStatus.IsFinal(upload.Status) || look.Instance is null or { Status: RuntimeStatus.Running })
            ? upload.Status
            : look.Instance?.Status ?? "gone";

    private static Html Navigation(string formToken, string? here)
    {
        Html Link(string path, string text) =>
            path == here ? Html.Of($"""<a href="{path}" aria-current="page">{text}</a>""") : Html.Of($"""<a href="{path}">{text}</a>""");
        return Html.Of($"""
            <nav aria-label="Pages">{Link("/ops", "Now")}{Link("/ops/search", "Search")}{Link(Runbooks.Home, "Runbooks")}</nav>
            <form method="post" action="/ops/sign-out">{FormToken(formToken)}<button class="quiet">Sign out</button></form>
            """);
    }
}
