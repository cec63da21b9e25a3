extern alias shared;

using Portal.Functions.Foundation.Http;
using Html = shared::Portal.Foundation.Html;

namespace Portal.Local;

/// <summary>A share link that can be opened.</summary>
internal sealed record WatchLink(string Url, string Title, string Label, bool HasPassphrase);

/// <summary>The page at <c>/</c>, in the style of the one at /ops, which the app serves.</summary>
internal static class FrontPageHtml
{
    private const string Token = "dotnet run --project infra/local -- token";

    private static readonly PageAssets Assets = new("ops/", "/ops/assets/");

    /// <param name="fault">Why something is missing; null: nothing is.</param>
    public static Html Page(string app, VendorServers vendors, IReadOnlyList<WatchLink> links, string? fault) =>
        Layout("Local portal", Html.Of($"""
        <h1>The portal is up</h1>
        <p class="lead">At <code>{app}</code>, on this machine alone. Nothing here leaves it: the vendors are local ones.</p>
        {(fault is null ? Html.Empty : Html.Of($"""<p class="notice bad" role="alert">{fault}</p>"""))}
        <div class="columns">
        <div>
        {Watch(links)}
        {Around(vendors)}
        </div>
        {People(app)}
        </div>
        """));

    public static Html Message(string title, string text) => Layout(title, Html.Of($"""
        <h1>{title}</h1>
        <p class="lead">{text}</p>
        <p><a href="/">To the front page</a></p>
        """));

    private static Html Watch(IReadOnlyList<WatchLink> links) => Html.Of($"""
        <section>
        <h2>Watch, as a guest</h2>
        {(links.Count > 0
            ? Html.Of($"""<ul class="list">{Html.Join(links.Select(WatchItem))}</ul>""")
            : Html.Of($"""
                <p class="about">There is no share link that can be opened. The demo uploads a video and shares it:</p>
                <p><code>dotnet run --project infra/local -- demo</code></p>
                """))}
        </section>
        """);

    private static Html WatchItem(WatchLink link) => Item(
        link.Url, link.Title, Html.Of($"{(link.Label.Length == 0 ? "A share link." : link.Label)}"),
        link.HasPassphrase ? "asks for a passphrase" : null);

    private static Html Around(VendorServers vendors) => Html.Of($"""
        <section>
        <h2>Look around</h2>
        <ul class="list">
        {Item("/api/docs", "The API", Html.Of($"""All operations; for machines as <a href="/api/openapi.json">OpenAPI</a>."""))}
        <li class="item"><div class="item-head"><strong><a href="/ops">On call</a></strong>
        <form method="post" action="/"><button class="primary">Sign in as {DemoPeople.Operator.Name}</button></form></div>
        <p class="item-text">What runs, what is stuck, incidents and timers, for Operators.</p></li>
        {Vendor(vendors.Resend.InboxUrl, "Mail", "Every mail that was sent. None was really.")}
        {Vendor(vendors.Clerk.Address, "People at Clerk", "Who can sign in, sign up and accept invites.")}
        {Vendor(vendors.PagerDuty.Address, "Pager", "What on-call was paged for.")}
        {Item("/api/health/ready", "Health", Html.Of($"Whether the database and the sign-in service answer."))}
        </ul>
        </section>
        """);

    private static Html People(string app) => Html.Of($"""
        <section>
        <h2>Who is there</h2>
        <dl class="facts">
        {Html.Join(DemoPeople.All.Select(person => Html.Of($"""
            <div><dt>{person.Name}, {Where(person)}</dt><dd><code>{Token} {person.Handle}</code></dd></div>
            """)))}
        </dl>
        <div class="how">
        <p>Each line prints a session token that is good for an hour:</p>
        <p><code>curl -H "Authorization: Bearer $({Token} {DemoPeople.Admin.Handle})" {app}/api/me</code></p>
        </div>
        </section>
        """);

    private static string Where(DemoPerson person) =>
        person.Tenant is { } tenant ? $"{person.Role} of {tenant.Name}" : "on call for the platform";

    private static Html Vendor(Uri address, string name, string text) => Item(LocalSettings.Text(address), name, Html.Of($"{text}"));

    private static Html Item(string address, string name, Html text, string? mark = null) => Html.Of($"""
        <li class="item"><div class="item-head"><strong><a href="{address}">{name}</a></strong>
        {(mark is null ? Html.Empty : Html.Of($"""<span class="pill">{mark}</span>"""))}</div>
        <p class="item-text">{text}</p></li>
        """);

    private static Html Layout(string title, Html main) => Html.Of($"""
        <!doctype html>
        <html lang="en">
        <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <meta name="color-scheme" content="light dark">
        <meta name="robots" content="noindex">
        <title>{title} · Motion Mavericks</title>
        <link rel="icon" href="{Assets.Url("icon.svg")}" type="image/svg+xml">
        <link rel="stylesheet" href="{Assets.Url("ops.css")}">
        </head>
        <body>
        <a class="skip" href="#main">Skip to the content</a>
        <header class="top"><a class="brand" href="/">Motion Mavericks, on this machine</a></header>
        <main id="main" tabindex="-1">
        {main}
        </main>
        </body>
        </html>
        """);
}
