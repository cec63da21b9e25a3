using Microsoft.Extensions.Options;
using Portal.Foundation;
using Portal.Foundation.Faults;
using Portal.Foundation.Http;
using Portal.Functions.Sharing.ShareLinks;
using Portal.Sharing.ShareLinks;

namespace Portal.Functions.Sharing.GuestPage;

/// <summary>Pages for whom the video does not play (yet): what is in the way, and what to do about it.</summary>
public sealed class GuestPageMessages(IOptions<HttpOptions> options)
{
    public (GuestPageHtml Page, int Status, int? RetryAfter) Of(Refusal refusal, string token) => refusal switch
    {
        Refusal.Unauthenticated { Slug: "passphrase-required" } => (Passphrase(token, null), 401, null),
        Refusal.Forbidden { Slug: "wrong-passphrase" } => (Passphrase(token, "That is not the passphrase of this link."), 403, null),
        Refusal.InvalidField => (Passphrase(token, "Enter the passphrase, as you were given it."), 400, null),
        Refusal.Unauthenticated => (SignIn(), 401, null),
        Refusal.Forbidden { Slug: "share-link-unavailable" } => (Ended(), 410, null),
        Refusal.Forbidden { Slug: "share-link-not-opened" } => (Message(
            "Open the link first", "Your browser did not bring along that you have opened this link. It may keep no cookies.", token),
            403, null),
        Refusal.Forbidden f => (Message("Not for you", f.Detail, token), 403, null),
        Refusal.NotFound => (Message(
            "There is no such link",
            "Perhaps a part of its address was lost on the way. Open it from the mail or message that it came in."),
            404, null),
        Refusal.Conflict c => (Message("Not ready yet", $"{c.Detail} Try again in half a minute.", token), 409, c.RetryAfter),
        Refusal.TooMany t => (Message(
            "Too many attempts", $"Try again in {Words.Span(TimeSpan.FromSeconds(Math.Max(60, t.RetryAfter)))}.", token), 429,
            t.RetryAfter),
        Refusal.Unavailable u => (Busy(token), 503, u.RetryAfter),
        Refusal.FeatureOff f => (Message("Not available just now", f.Detail, token), 503, f.RetryAfter),
        _ => throw new InvalidOperationException($"A guest's refusal without a page: {refusal.GetType().Name}."),
    };

    public GuestPageHtml Busy(string token) =>
        Message("Not available just now", "Something that this page needs does not answer. Please try again in a few seconds.", token);

    public GuestPageHtml FromElsewhere(string token) => Message(
        "Not done", "The form did not come from this page. Open the link again, and enter the passphrase there.", token);

    /// <summary>For programs that look at addresses before people do: nothing is opened for them.</summary>
    public GuestPageHtml Preview(string title, string token) => Message(title, "A video was shared with you.", token, "Watch it");

    private static GuestPageHtml Ended() => new("This link has ended", Html.Of($"""
        <section class="message">
        <h1>This link has ended</h1>
        <p>Its time is over, or the person who sent it has withdrawn it. The video may still be there.</p>
        <ul>
        <li>Ask the person who sent it for a new link.</li>
        <li>Look for a later mail about the same video: it may have one.</li>
        </ul>
        </section>
        """));

    private static GuestPageHtml Message(string title, string text, string? again = null, string way = "Open the link again") =>
        new(title, Html.Of($"""
            <section class="message">
            <h1>{title}</h1>
            <p>{text}</p>
            {(again is null ? Html.Empty : Html.Of($"""<p><a class="button" href="{GuestAccess.GuestPagePath(again)}">{way}</a></p>"""))}
            </section>
            """));

    private static GuestPageHtml Passphrase(string token, string? fault) => new("Passphrase needed", Html.Of($"""
        <section class="message">
        <h1>Passphrase needed</h1>
        <p id="how">Whoever sent you this link has a passphrase for it. You are asked once on this device.</p>
        {(fault is null ? Html.Empty : Html.Of($"""<p class="fault" id="fault" role="alert">{fault}</p>"""))}
        <form method="post" action="{GuestAccess.GuestPagePath(token)}">
        <label for="passphrase">Passphrase</label>
        <input id="passphrase" name="passphrase" type="password" required maxlength="{Passphrases.MaxLength}" autocomplete="off"
         autocapitalize="none" spellcheck="false" autofocus aria-describedby="{(fault is null ? "how" : "fault how")}">
        <button class="button">Open the video</button>
        </form>
        </section>
        """));

    private GuestPageHtml SignIn() => new("Sign in to watch", Html.Of($"""
        <section class="message">
        <h1>Sign in to watch</h1>
        <p>This link is only for people who are signed in at the portal. There the video stands under what is shared with you.</p>
        {(options.Value.Origins is [var portal, ..] ? Html.Of($"""<p><a class="button" href="{portal}">Go to the portal</a></p>""") : Html.Empty)}
        </section>
        """));
}
