using System.Collections.Frozen;
using System.Globalization;
using Markdig;
using Markdig.Extensions.AutoIdentifiers;
using Markdig.Extensions.Tables;
using Markdig.Renderers;
using Markdig.Renderers.Html;
using Markdig.Renderers.Html.Inlines;
using Markdig.Syntax;
using Markdig.Syntax.Inlines;
using Portal.Foundation;
using Portal.Foundation.Alerts;
using Portal.Operations.Incidents;
using Portal.Operations.Orchestrations;

namespace Portal.Functions.Operations.Page;

/// <summary>
/// The playbook as pages of /ops, from the assembly: what to do is one click away from what is wrong, of the release that runs, and also
/// for somebody who cannot reach the repository at night. Addresses are the files' own, so that links between them lead on here.
/// </summary>
internal static class Runbooks
{
    /// <summary>The list of them all.</summary>
    public const string Home = Folder + "playbook/README.md";

    private const string Folder = "/ops/runbooks/";
    private const string Resources = "runbooks/";
    private const string Docs = "docs/";
    private const string Operations = "docs/playbook/operations/";
    private const string Mux = "docs/playbook/platform/mux-upload-and-webhook-reliability.md";

    private static readonly MarkdownPipeline Pipeline = new MarkdownPipelineBuilder()
        .UseYamlFrontMatter().UseAutoIdentifiers(AutoIdentifierOptions.GitHub).UsePipeTables().UseAutoLinks().Build();

    private static readonly FrozenDictionary<string, Runbook> Pages = typeof(Runbooks).Assembly.GetManifestResourceNames()
        .Where(name => name.StartsWith(Resources, StringComparison.Ordinal))
        .ToFrozenDictionary(name => name[Resources.Length..], name => new Runbook(name), StringComparer.Ordinal);

    public static string AddressOf(string path) => Folder + path;

    /// <param name="path">Under <c>docs</c>.</param>
    /// <returns>Its title and text; null: there is none.</returns>
    public static (string Title, Html Text)? Find(string path) =>
        Pages.GetValueOrDefault(path) is { } page ? (page.Title, page.TextAt(path)) : null;

    /// <summary>Where on-call reads about an alert: its line or section of the page, where it has one.</summary>
    public static Html Of(AlertKind? kind) => kind is null ? Html.Empty : Link(kind.Runbook switch
    {
        Mux => Mux + "#dead-letter-triage",
        var page when page.StartsWith(Operations, StringComparison.Ordinal) && Pages[page[Docs.Length..]].Has(kind.Name) =>
            $"{page}#{kind.Name}",
        var page => page,
    });

    public static Html Of(Incident incident) => incident.Kind switch
    {
        IncidentKind.Alert => Of(KindOf(incident)),
        IncidentKind.UploadFailed => Link(Operations + "an-upload-is-stuck.md"),
        IncidentKind.BudgetBreach => Link(Operations + "slo-and-incident-response.md#when-a-burn-pages"),
        IncidentKind.RestoreTestFailed => Link("docs/playbook/compliance/vendor-reviews.md#restore-tests"),
        IncidentKind.Security => Link(Operations + "incidents-and-change-freeze.md#security-incidents"),
        _ => Link(Operations + "incidents-and-change-freeze.md"),
    };

    /// <summary>Of what needs somebody; else empty.</summary>
    public static Html Of(OrchestrationLook look) => look.Diagnosis switch
    {
        { Group: not (DiagnosisGroup.Failed or DiagnosisGroup.Stuck) } => Html.Empty,
        { Code: DiagnosisCode.EngineBehind } => Link(Operations + "the-engine-is-behind.md"),
        _ => Link(Operations + (look.Upload is null ? "an-orchestration-failed.md" : "an-upload-is-stuck.md")),
    };

    /// <summary>Nothing lifts it by itself.</summary>
    public static Html OfFreeze() => Link(Operations + "incidents-and-change-freeze.md#the-change-freeze");

    public static Html OfQueues() => Link(Operations + "work-piles-up.md");

    public static Html OfVendors() => Link(Operations + "vendor-outage-runbooks.md");

    /// <summary>The key of a critical one begins with its alert's kind, that of the others is it.</summary>
    public static AlertKind? KindOf(Incident incident) =>
        incident.Kind == IncidentKind.Alert ? AlertKind.Find(incident.DedupKey.Split(':')[0]) : null;

    private static Html Link(string address)
    {
        var file = address[Docs.Length..];
        return Html.Of($"""<a href="{AddressOf(file)}">{Pages[file.Split('#')[0]].Title}</a>""");
    }

    private sealed class Runbook(string resource)
    {
        private readonly Lazy<MarkdownDocument> document = new(() => Read(resource));

        public string Title => document.Value.OfType<HeadingBlock>().FirstOrDefault()?.Inline is { } title
            ? string.Concat(title.Descendants<LiteralInline>().Select(text => text.Content.ToString()))
            : "Runbook";

        /// <summary>There is a heading or a line that can be led to.</summary>
        public bool Has(string id) =>
            document.Value.Descendants().Any(block => block is HeadingBlock or TableRow && block.TryGetAttributes()?.Id == id);

        public Html TextAt(string path)
        {
            using var writer = new StringWriter(CultureInfo.InvariantCulture);
            var renderer = new HtmlRenderer(writer);
            Pipeline.Setup(renderer);
            renderer.ObjectRenderers.Replace<LinkInlineRenderer>(new KnownLinks(path));
            renderer.Render(document.Value);
            return Html.Made(writer.ToString());
        }

        private static MarkdownDocument Read(string resource)
        {
            using var reader = new StreamReader(typeof(Runbooks).Assembly.GetManifestResourceStream(resource)!);
            var document = Markdown.Parse(reader.ReadToEnd(), Pipeline);
            var taken = document.Descendants<HeadingBlock>().Select(heading => heading.GetAttributes().Id).ToHashSet();
            foreach (var row in document.Descendants<TableRow>())
            {
                // An alert's line can be led to, as a heading can.
                if (row.Descendants<CodeInline>().FirstOrDefault() is { } name && row[0].Descendants<CodeInline>().Contains(name)
                    && taken.Add(name.Content))
                {
                    row.GetAttributes().Id = name.Content;
                }
            }

            return document;
        }
    }

    /// <summary>What is not among the pages here, such as the README of the repository, is text and no link.</summary>
    private sealed class KnownLinks(string from) : HtmlObjectRenderer<LinkInline>
    {
        private readonly LinkInlineRenderer links = new();

        protected override void Write(HtmlRenderer renderer, LinkInline obj)
        {
            if (obj.Url is { } url && (url.StartsWith('#') || Uri.TryCreate(url, UriKind.Absolute, out _) || IsHere(url)))
            {
                links.Write(renderer, obj);
                return;
            }

            renderer.WriteChildren(obj);
        }

        private bool IsHere(string url)
        {
            var target = new Uri(new Uri("http://docs/" + from), url);
            return Pages.ContainsKey(target.AbsolutePath.TrimStart('/'));
        }
    }
}
