using System.Globalization;
using Portal.Foundation;
using Portal.Foundation.Paging;
using Portal.Functions.Sharing.ShareLinks;
using Portal.People;
using Portal.Sharing;
using Portal.Sharing.ShareLinks;
using Portal.Videos;

namespace Portal.Functions.Sharing.GuestPage;

/// <summary>The page on which a guest watches. All of it is there before a script runs; with one there is a better player, and comments
/// are written.</summary>
internal static class GuestPageView
{
    public static GuestPageHtml Of(
        GuestLink link, PlaybackUrls urls, TenantBrand brand, PageOf<Comment>? comments, CommentAuthor reader, string token,
        DateTimeOffset now) => new(link.Title, Html.Of($"""
        <h1>{link.Title}</h1>
        <p class="facts"><span>Version {link.VersionNumber}</span>{Length(link.DurationS)}<span>Open for {Words.Span(link.ExpiresAt - now)}, until {Time(link.ExpiresAt, brand)}</span></p>
        {Player(link, urls, token, now)}
        <section class="message" id="over" role="alert" tabindex="-1" hidden>
        <h2>This link has ended</h2>
        <p id="why"></p>
        </section>
        {(comments is null ? Html.Empty : Comments(link, comments, reader, token, now))}
        <p class="say" id="say" role="status"></p>
        """), brand, HasScript: true);

    /// <summary>More comments than the page shows at first: a page of their own, from which the script takes them.</summary>
    public static GuestPageHtml More(
        GuestLink link, TenantBrand brand, PageOf<Comment> comments, CommentAuthor reader, string token, DateTimeOffset now) =>
        new($"Comments on {link.Title}", Html.Of($"""
            <h1>Comments on {link.Title}</h1>
            <p><a href="{GuestAccess.GuestPagePath(token)}">To the video</a></p>
            <section class="comments">
            {List(comments, reader, token, now)}
            </section>
            """), brand);

    private static Html Player(GuestLink link, PlaybackUrls urls, string token, DateTimeOffset now)
    {
        var (width, height) = Shape(link.AspectRatio);
        return Html.Of($"""
            <section class="player" id="player" aria-label="Video" data-api="{GuestAccess.ApiPath(token)}" data-page="{GuestAccess.GuestPagePath(token)}"
             data-hls="{GuestPageHtml.Assets.Url("hls.js")}" data-worker="{GuestPageHtml.Assets.Url("hls.worker.js")}"
             data-renew-in="{Seconds(urls.RenewAt - now)}" data-ends-in="{Seconds(urls.UrlExpiresAt - now)}" data-frame-rate="{link.FrameRate}" data-version="{link.VersionNumber}">
            <div class="screen">
            <video id="video" controls playsinline preload="none" width="{width}" height="{height}" poster="{urls.PosterUrl}" aria-label="{link.Title}">
            <source src="{urls.PlaybackUrl}" type="application/vnd.apple.mpegurl">
            <p>This browser plays no video.</p>
            </video>
            <button type="button" id="play" hidden>Play</button>
            </div>
            <div class="tools">
            <label data-js hidden>Speed <select id="speed"><option>0.5</option><option>0.75</option><option selected value="1">1</option><option>1.25</option><option>1.5</option><option>2</option></select></label>
            {(link.AllowDownload ? Html.Of($"""<a href="{GuestAccess.GuestPagePath(token)}/download">Download</a>""") : Html.Empty)}
            <details data-js hidden><summary>Keys</summary>
            <ul class="keys">
            <li><kbd>Space</kbd> or <kbd>K</kbd> play, pause</li><li><kbd>←</kbd> <kbd>→</kbd> 5 seconds</li><li><kbd>,</kbd> <kbd>.</kbd> one frame</li>
            <li><kbd>&lt;</kbd> <kbd>&gt;</kbd> speed</li><li><kbd>M</kbd> sound</li><li><kbd>F</kbd> whole screen</li>
            </ul>
            <p>While the video has the focus.</p>
            </details>
            </div>
            </section>
            """);
    }

    private static Html Comments(
        GuestLink link, PageOf<Comment> comments, CommentAuthor reader, string token, DateTimeOffset now) => Html.Of($"""
        <section class="comments" aria-labelledby="comments-title">
        <h2 id="comments-title">Comments</h2>
        <form id="write" data-js hidden autocomplete="off">
        <label for="body">Your comment</label>
        <textarea id="body" name="body" rows="3" maxlength="4000" required></textarea>
        {(reader.User is null ? Name(LastOf(comments, reader)) : Html.Empty)}
        <div class="row">
        <label class="check"{(link.FrameRate is null ? Html.Of($" hidden") : Html.Empty)}><input type="checkbox" name="here" checked> at <output id="moment">0:00</output></label>
        <button class="button">Comment</button>
        </div>
        </form>
        <noscript><p class="soft">To write a comment, allow this page its script.</p></noscript>
        {List(comments, reader, token, now)}
        </section>
        """);

    private static Comment? LastOf(PageOf<Comment> comments, CommentAuthor reader) =>
        comments.Items.Where(comment => reader.Wrote(comment) && comment.DeletedAt is null).MaxBy(comment => comment.CreatedAt);

    /// <param name="last">What they wrote last: its name is theirs.</param>
    private static Html Name(Comment? last) => Html.Of($"""
        <div id="name-row"><label for="name">Your name, as others see it</label>
        <input id="name" name="name" value="{last?.AuthorName}" maxlength="80" required autocomplete="name"></div>
        <p id="as" hidden>As <strong></strong> <button type="button" class="quiet" id="rename">Another name</button></p>
        """);

    private static Html List(PageOf<Comment> comments, CommentAuthor reader, string token, DateTimeOffset now) => Html.Of($"""
        <div id="comments">
        {(comments.Items.Count == 0 ? Html.Of($"""<p class="soft">No comments yet.</p>""") : Html.Empty)}
        <ol>
        {Html.Join(comments.Items.Select(comment => Of(comment, reader, now)))}
        </ol>
        {(comments.NextCursor is { } cursor
            ? Html.Of($"""<p><a href="{GuestAccess.GuestPagePath(token)}/comments?cursor={cursor}" id="more">More comments</a></p>""")
            : Html.Empty)}
        </div>
        """);

    private static Html Of(Comment comment, CommentAuthor reader, DateTimeOffset now)
    {
        var kind = comment.ParentId is null ? "comment" : "comment reply";
        if (comment.DeletedAt is not null)
        {
            return Html.Of($"""<li class="{kind}"><p class="soft">A comment that was deleted.</p></li>""");
        }

        var own = reader.Wrote(comment);
        var place = comment is { Frame: { } frame, Rate: { } rate } ? frame / rate.PerSecond : (double?)null;
        return Html.Of($"""
            <li class="{kind}" data-id="{comment.Id}" data-version="{comment.Version}">
            <p class="who"><strong>{comment.AuthorName}</strong>{(own ? Html.Of($""" <span class="mark">you</span>""") : comment.ViewerId is null ? Html.Of($""" <span class="mark">team</span>""") : Html.Empty)}
            {(place is { } at ? Html.Of($"""<a class="at" href="#player" data-at="{at:0.###}">{Words.Clock(at)}</a>""") : Html.Empty)}
            <time datetime="{Iso(comment.CreatedAt)}" data-local>{comment.CreatedAt.UtcDateTime:d MMM, HH:mm} UTC</time>
            {(comment.EditedAt is null ? Html.Empty : Html.Of($"""<span>edited</span>"""))} {(comment.ResolvedAt is null ? Html.Empty : Html.Of($"""<span class="mark">done</span>"""))}</p>
            <div class="words">{CommentMarkdown.ToElements(comment.Body)}</div>
            <p class="acts" data-js hidden>
            {(comment.ParentId is null ? Html.Of($"""<button type="button" class="quiet" data-act="reply">Reply</button>""") : Html.Empty)}
            {(own && comment.CreatedAt + Comment.EditWindow > now ? Html.Of($"""<button type="button" class="quiet" data-act="edit" data-body="{comment.Body}">Edit</button>""") : Html.Empty)}
            {(own ? Html.Of($"""<button type="button" class="quiet" data-act="delete">Delete</button>""") : Html.Empty)}
            </p>
            </li>
            """);
    }

    private static Html Length(double? seconds) => seconds is { } length ? Html.Of($"<span>{Words.Clock(Math.Round(length))}</span>") : Html.Empty;

    private static Html Time(DateTimeOffset at, TenantBrand brand) =>
        Html.Of($"""<time datetime="{Iso(at)}" data-local="long">{Words.Time(at, brand.TimeZone)}</time>""");

    private static string Iso(DateTimeOffset at) => at.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);

    /// <summary>Whole seconds from now: the browser's own clock may be wrong.</summary>
    private static int Seconds(TimeSpan span) => Math.Max(0, (int)span.TotalSeconds);

    /// <summary>Of "16:9": the room that the video gets before its first frame is there.</summary>
    private static (int Width, int Height) Shape(string? ratio) =>
        ratio?.Split(':') is [var w, var h] && int.TryParse(w, NumberStyles.None, CultureInfo.InvariantCulture, out var width)
            && int.TryParse(h, NumberStyles.None, CultureInfo.InvariantCulture, out var height) && width > 0 && height > 0
            ? (width, height)
            : (16, 9);
}
