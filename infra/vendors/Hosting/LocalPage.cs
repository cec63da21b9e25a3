using Microsoft.AspNetCore.Http;
using Portal.Foundation;

namespace Portal.LocalVendors.Hosting;

/// <summary>A page for people: one style, no script, nothing from elsewhere.</summary>
internal static class LocalPage
{
    private const string Style =
        "body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color-scheme:light dark}"
        + "article,form{border:1px solid #8886;border-radius:.5rem;padding:1rem;margin:1rem 0}h2{margin:0;font-size:1.1rem}"
        + "dl{display:grid;grid-template-columns:auto 1fr;gap:0 1rem;margin:.5rem 0 0}dt{opacity:.7}dd{margin:0;overflow-wrap:anywhere}"
        + "pre,code{white-space:pre-wrap;overflow-wrap:anywhere}iframe{width:100%;height:20rem;border:1px solid #8886;background:#fff}"
        + "label{display:block;margin:.5rem 0}input{display:block;font:inherit;padding:.25rem;width:100%;max-width:24rem}"
        + "button{font:inherit;padding:.25rem 1rem}";

    private static readonly Html Styled = Html.Of($"{Style}");

    public static Task WriteAsync(HttpContext context, string title, Html body, int status = 200)
    {
        var response = context.Response;
        response.StatusCode = status;
        response.ContentType = "text/html; charset=utf-8";
        // A form may lead on to the app, wherever that is.
        response.Headers.ContentSecurityPolicy = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-src 'self'";
        response.Headers.XContentTypeOptions = "nosniff";
        return response.WriteAsync(
            Html.Of($"""
                <!doctype html><html lang="en"><head><meta charset="utf-8"><title>{title}</title><style>{Styled}</style></head>
                <body><h1>{title}</h1>{body}</body></html>
                """).ToString(), context.RequestAborted);
    }

    /// <summary>Terms and what they say.</summary>
    public static Html Facts(params IEnumerable<(string Name, string Value)> facts) => Html.Of(
        $"<dl>{Html.Join(facts.Select(fact => Html.Of($"<dt>{fact.Name}</dt><dd>{fact.Value}</dd>")))}</dl>");
}
