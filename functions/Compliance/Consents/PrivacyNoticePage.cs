using System.Globalization;
using Markdig;
using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Microsoft.Extensions.Options;
using Portal.Compliance.Consents;
using Portal.Foundation;
using Portal.Foundation.Limits;
using Portal.Functions.Foundation.Http;
using Portal.Functions.Foundation.Http.Inputs;
using Portal.Functions.Sharing.GuestPage;

namespace Portal.Functions.Compliance.Consents;

/// <summary>The privacy notice as a page, for guests: they have no portal to read it in.</summary>
public sealed class PrivacyNoticePage(
    PrivacyNotices notices, IOptions<PrivacyOptions> options, GuestPagePolicy policy, TimeProvider clock)
{
    private static readonly MarkdownPipeline Pipeline = new MarkdownPipelineBuilder().DisableHtml().UsePipeTables().UseAutoLinks().Build();

    [Function("PrivacyNoticePage")]
    [Allows(PortalAction.Anonymous)]
    public IResult Run([HttpTrigger(AuthorizationLevel.Anonymous, "get", "head", Route = "privacy")] HttpRequest request)
    {
        var (query, _) = Input.ReadQuery<ReadPrivacyNoticeInput>(request, clock.GetUtcNow());
        return query is not null && notices.Find(query.Version ?? notices.Current, query.Jurisdiction) is { } notice
            ? policy.Answer(request.HttpContext, new GuestPageHtml(notice.Title, Of(notice)))
            : policy.Answer(request.HttpContext, NoSuch(), StatusCodes.Status404NotFound);
    }

    private Html Of(PrivacyNotice notice) => Html.Of($"""
        <article class="notice">
        <h1>{notice.Title}</h1>
        <p class="soft">Applies from {Day(notice.Version)}.</p>
        <p>{Html.Join(Jurisdiction.All.Select(j => Choice(notice, j)))}</p>
        {Contact(options.Value.Contact)}
        <nav aria-label="Contents"><ul>
        {Html.Join(notice.Sections.Select(section => Html.Of($"""<li><a href="#{section.Id}">{section.Title}</a></li>""")))}
        <li><a href="#consent">What we ask you for</a></li>
        </ul></nav>
        {Html.Join(notice.Sections.Select(section => Html.Of($"""
            <section id="{section.Id}" aria-labelledby="{section.Id}-title"><h2 id="{section.Id}-title">{section.Title}</h2>
            {Text(section.Text)}
            </section>
            """)))}
        <section id="consent" aria-labelledby="consent-title"><h2 id="consent-title">What we ask you for</h2>
        {Html.Join(notice.Purposes.Select(purpose => Html.Of($"<h3>{purpose.Title}</h3>{Text(purpose.Text)}")))}
        </section>
        {Earlier(notice)}
        </article>
        """);

    private Html Earlier(PrivacyNotice notice) => notices.Versions.Count == 1 ? Html.Empty : Html.Of($"""
        <section aria-labelledby="versions-title"><h2 id="versions-title">Versions</h2><ul>
        {Html.Join(notices.Versions.Select(v => Html.Of($"""<li><a href="{Url(notice.Jurisdiction, v)}">from {Day(v)}</a></li>""")))}
        </ul></section>
        """);

    private static Html Choice(PrivacyNotice notice, string jurisdiction)
    {
        var name = jurisdiction switch
        {
            Jurisdiction.Europe => "Europe and the United Kingdom",
            Jurisdiction.UnitedStates => "United States",
            _ => "Australia and everywhere else",
        };
        return jurisdiction == notice.Jurisdiction
            ? Html.Of($"""<strong class="choice" aria-current="page">{name}</strong>""")
            : Html.Of($"""<a class="choice" href="{Url(jurisdiction, notice.Version)}">{name}</a>""");
    }

    private static Html Contact(string contact) => contact switch
    {
        "" => Html.Empty,
        _ when contact.StartsWith("https://", StringComparison.Ordinal) =>
            Html.Of($"""<p>About your data, turn to <a href="{contact}">{contact}</a>.</p>"""),
        _ => Html.Of($"""<p>About your data, write to <a href="mailto:{contact}">{contact}</a>.</p>"""),
    };

    private static GuestPageHtml NoSuch() => new("There is no such notice", Html.Of($"""
        <section class="message">
        <h1>There is no such notice</h1>
        <p>Its address has a version or a jurisdiction that never was.</p>
        <p><a class="button" href="{GuestPageHtml.PrivacyPath}">The notice that applies now</a></p>
        </section>
        """));

    private static string Url(string jurisdiction, DateOnly version) =>
        $"{GuestPageHtml.PrivacyPath}?jurisdiction={jurisdiction}&version={version:yyyy-MM-dd}";

    private static string Day(DateOnly day) => day.ToString("d MMMM yyyy", CultureInfo.InvariantCulture);

    /// <summary>The notice's own words, which come with the app: no guest's and no tenant's.</summary>
    private static Html Text(string markdown) => Html.Made(Markdown.ToHtml(markdown, Pipeline));
}
