using System.Globalization;
using Markdig;
using Markdig.Renderers;
using Markdig.Renderers.Html;
using Markdig.Renderers.Html.Inlines;
using Markdig.Syntax.Inlines;
using Portal.Foundation;

namespace Portal.Sharing;

/// <summary>
/// A comment's Markdown as HTML that may be put into a page: HTML in it is text, links lead to http, https and mailto only and carry
/// <c>rel="nofollow noopener"</c>, and images are links too (one that loads by itself would tell its owner who reads).
/// </summary>
public static class CommentMarkdown
{
    private static readonly MarkdownPipeline Pipeline = new MarkdownPipelineBuilder().DisableHtml().UseAutoLinks().Build();

    /// <summary>The same for a page of ours: HTML that was made safe here, and is escaped no more.</summary>
    public static Html ToElements(string markdown) => Html.Made(ToHtml(markdown));

    public static string ToHtml(string markdown)
    {
        if (markdown.Length == 0)
        {
            return "";
        }

        try
        {
            using var writer = new StringWriter(CultureInfo.InvariantCulture);
            var renderer = new HtmlRenderer(writer);
            Pipeline.Setup(renderer);
            renderer.ObjectRenderers.Replace<LinkInlineRenderer>(new SafeLinks());
            renderer.ObjectRenderers.Replace<AutolinkInlineRenderer>(new SafeAutolinks());
            renderer.Render(Markdown.Parse(markdown, Pipeline));
            return writer.ToString().TrimEnd('\n');
        }
        catch (ArgumentException)
        {
            // Nested deeper than the library goes: nobody writes that to be read, and it is shown as it was written.
            return $"<p>{Html.Encode(markdown)}</p>";
        }
    }

    private static bool IsSafe(string? url) =>
        Uri.TryCreate(url, UriKind.Absolute, out var uri)
            && (uri.Scheme == Uri.UriSchemeHttp || uri.Scheme == Uri.UriSchemeHttps || uri.Scheme == Uri.UriSchemeMailto);

    private static void Open(HtmlRenderer renderer, string url)
    {
        renderer.Write("<a href=\"");
        renderer.WriteEscapeUrl(url);
        renderer.Write("\" rel=\"nofollow noopener\">");
    }

    private sealed class SafeLinks : HtmlObjectRenderer<LinkInline>
    {
        protected override void Write(HtmlRenderer renderer, LinkInline obj)
        {
            var url = obj.GetDynamicUrl?.Invoke() ?? obj.Url;
            if (!IsSafe(url))
            {
                renderer.WriteChildren(obj);
                return;
            }

            Open(renderer, url!);
            renderer.WriteChildren(obj);
            renderer.Write("</a>");
        }
    }

    private sealed class SafeAutolinks : HtmlObjectRenderer<AutolinkInline>
    {
        protected override void Write(HtmlRenderer renderer, AutolinkInline obj)
        {
            var url = obj.IsEmail ? "mailto:" + obj.Url : obj.Url;
            if (!IsSafe(url))
            {
                renderer.WriteEscape(obj.Url);
                return;
            }

            Open(renderer, url);
            renderer.WriteEscape(obj.Url);
            renderer.Write("</a>");
        }
    }
}
