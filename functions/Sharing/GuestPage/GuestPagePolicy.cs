using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Options;
using Portal.Functions.Foundation.Http;
using Portal.People;
using Portal.Vendors.Mux;

namespace Portal.Functions.Sharing.GuestPage;

/// <summary>
/// What a guest's browser may load: our own files, media of Mux, and the tenant's logo. No inline script, no style but the one with the
/// tenant's colour (by its hash), no frames, no third party.
/// </summary>
public sealed class GuestPagePolicy(IOptions<MuxOptions> options)
{
    /// <summary>Mux delivers from hosts whose names it does not promise; its documentation asks for all of them.</summary>
    private const string MuxHosts = "https://*.mux.com";

    private readonly string stream = Origin(options.Value.StreamUrl);
    private readonly string image = Origin(options.Value.ImageUrl);

    /// <summary>The page as an answer, with its headers.</summary>
    public IResult Answer(HttpContext http, GuestPageHtml page, int status = StatusCodes.Status200OK)
    {
        var headers = http.Response.Headers;
        headers.ContentSecurityPolicy = Of(page.Brand, page.Style);
        // Nobody else learns the address, and the form still says that it comes from here: with no-referrer its Origin would be null.
        headers["Referrer-Policy"] = "same-origin";
        headers["Cross-Origin-Opener-Policy"] = "same-origin";
        headers["Cross-Origin-Resource-Policy"] = "same-origin";
        headers["Permissions-Policy"] = "camera=(), geolocation=(), microphone=()";
        headers["X-Robots-Tag"] = "noindex";
        return new HtmlPage(page.Html, status);
    }

    private string Of(TenantBrand? brand, string style)
    {
        var logo = brand?.LogoUrl is { } url ? $" {Origin(url)}" : "";
        var ownStyle = style.Length > 0 ? $" 'sha256-{Convert.ToBase64String(SHA256.HashData(Encoding.UTF8.GetBytes(style)))}'" : "";
        return $"default-src 'none'; script-src 'self'; style-src 'self'{ownStyle}; img-src 'self' {image} {MuxHosts}{logo}; "
            + $"media-src blob: {stream} {MuxHosts}; connect-src 'self' {stream} {MuxHosts}; worker-src 'self'; form-action 'self'; "
            + "base-uri 'none'; frame-ancestors 'none'";
    }

    private static string Origin(string url) => new Uri(url).GetLeftPart(UriPartial.Authority);
}
