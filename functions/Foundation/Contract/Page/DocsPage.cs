using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Portal.Foundation;

namespace Portal.Functions.Foundation.Contract.Page;

/// <summary>
/// The OpenAPI document as one page: made here, whole, without a line from anywhere else. It reads without script; with it there is
/// a search. Its policy allows exactly the style and the script that are in it.
/// </summary>
internal sealed class DocsPage
{
    private static readonly Lazy<DocsPage> Made = new(() => new DocsPage(ApiDocument.Current.Json));

    private readonly JsonObject document;
    private readonly DocsSchemas schemas;
    private readonly DocsOperation operations;

    private DocsPage(JsonObject document)
    {
        this.document = document;
        schemas = new DocsSchemas(document["components"]!["schemas"]!.AsObject());
        operations = new DocsOperation(document, schemas);
        var (style, script) = (Asset("docs.css"), Asset("docs.js"));
        Bytes = Encoding.UTF8.GetBytes(Render(style, script));
        Tag = $"\"{Convert.ToHexStringLower(SHA256.HashData(Bytes.Span))[..32]}\"";
        Policy = $"default-src 'none'; style-src '{Hash(style)}'; script-src '{Hash(script)}'; img-src data:; base-uri 'none'; "
            + "form-action 'none'; frame-ancestors 'none'";
    }

    public static DocsPage Current => Made.Value;

    public ReadOnlyMemory<byte> Bytes { get; }

    public string Tag { get; }

    public string Policy { get; }

    private string Render(string style, string script)
    {
        var title = Html.Encode(document["info"]!["title"]!.ToString());
        var byTag = operations.ByTag();
        return $"""
            <!doctype html>
            <html lang="en">
            <head>
            <meta charset="utf-8">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <meta name="color-scheme" content="light dark">
            <title>{title} API</title>
            <link rel="icon" href="data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 16'%3E%3Crect width='16' height='16' rx='4' fill='%232f5d8a'/%3E%3Cpath d='M6 4.5v7l5.5-3.5z' fill='white'/%3E%3C/svg%3E">
            <style>{style}</style>
            </head>
            <body>
            <a class="skip" href="#content">To the content</a>
            <header>
            <div class="title"><h1>{title}</h1><p>{Html.Encode(document["info"]!["summary"]!.ToString())} <a href="/api/openapi.json">openapi.json</a></p></div>
            <div class="search" hidden><label for="q">Search</label><input id="q" type="search" autocomplete="off" spellcheck="false" placeholder="Search: upload, 409, share-links …" aria-describedby="hits"><span id="hits" role="status"></span></div>
            </header>
            <div class="columns">
            <nav aria-label="Operations"><details open><summary>Contents</summary>
            {Nav(byTag)}
            </details></nav>
            <main id="content" tabindex="-1">
            <section class="intro">{DocsHtml.Prose(document["info"]!["description"]!.ToString())}{SignIn()}</section>
            {string.Concat(byTag.Select(t => $"<section class=\"tag\" id=\"tag-{Slug(t.Name)}\"><h2>{Html.Encode(t.Name)}</h2>{DocsHtml.Prose(t.Description)}{string.Concat(t.Operations.Select(o => operations.Render(o)))}</section>"))}
            <section class="tag" id="schemas"><h2>Schemas</h2>{schemas.All()}</section>
            </main>
            </div>
            <script>{script}</script>
            </body>
            </html>
            """;
    }

    private static string Nav(IEnumerable<DocsTag> tags) => string.Concat(tags.Select(t => $"""
        <div class="group"><a class="tagname" href="#tag-{Slug(t.Name)}">{Html.Encode(t.Name)}</a><ul>
        {string.Concat(t.Operations.Select(o => $"<li><a href=\"#{o.Id}\" data-for=\"{o.Id}\"><span class=\"verb {o.Verb}\">{o.Verb}</span> {Html.Encode(o.Json["summary"]!.ToString())}</a></li>"))}
        </ul></div>
        """)) + "<div class=\"group\"><a class=\"tagname\" href=\"#schemas\">Schemas</a></div>";

    private string SignIn() =>
        "<h2>How callers prove themselves</h2>" + DocsSchemas.Table(document["components"]!["securitySchemes"]!.AsObject().Select(s =>
        $"<div><dt><code>{Html.Encode(s.Key)}</code> <span "
            + $"class=\"type\">{Html.Encode(s.Value!["in"]?.ToString() ?? s.Value["scheme"]?.ToString())}</span></dt><dd>{DocsHtml.Line(s.Value["description"]?.ToString())}</dd></div>"));

    private static string Slug(string name) => name.Replace(' ', '-').ToLowerInvariant();

    private static string Hash(string text) => $"sha256-{Convert.ToBase64String(SHA256.HashData(Encoding.UTF8.GetBytes(text)))}";

    private static string Asset(string file)
    {
        using var reader = new StreamReader(typeof(DocsPage).Assembly.GetManifestResourceStream($"docs/{file}")!);
        return reader.ReadToEnd();
    }
}
