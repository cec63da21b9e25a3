using System.Collections.Frozen;
using System.Security.Cryptography;
using Microsoft.AspNetCore.Http;

namespace Portal.Functions.Foundation.Http;

/// <summary>A file that pages load.</summary>
public sealed record PageAsset(byte[] Bytes, string ContentType, string Version);

/// <summary>Styles, scripts and icons of a page, from the assembly. Their addresses carry a hash of the content, so browsers may keep
/// them.</summary>
/// <param name="prefix">Of the resources' names.</param>
/// <param name="path">Where they are served, with a slash at the end.</param>
public sealed class PageAssets(string prefix, string path)
{
    private readonly FrozenDictionary<string, PageAsset> files = typeof(PageAssets).Assembly.GetManifestResourceNames()
        .Where(name => name.StartsWith(prefix, StringComparison.Ordinal)).ToFrozenDictionary(
            name => name[prefix.Length..], Read, StringComparer.Ordinal);

    public string Url(string file) => $"{path}{file}?v={files[file].Version}";

    public IResult Answer(HttpRequest request, string file) => files.GetValueOrDefault(file) is { } asset
        ? new Kept(asset, request.Query["v"] == asset.Version)
        : Problem.NotFound("file");

    private static PageAsset Read(string name)
    {
        using var stream = typeof(PageAssets).Assembly.GetManifestResourceStream(name)!;
        var bytes = new byte[stream.Length];
        stream.ReadExactly(bytes);
        var type = Path.GetExtension(name) switch
        {
            ".css" => "text/css; charset=utf-8",
            ".js" => "text/javascript; charset=utf-8",
            ".svg" => "image/svg+xml",
            _ => "text/plain; charset=utf-8",
        };
        return new(bytes, type, Convert.ToHexStringLower(SHA256.HashData(bytes).AsSpan(0, 6)));
    }

    /// <param name="named">By this very content's address: it never changes. Another is of a page older or newer than this app.</param>
    private sealed class Kept(PageAsset asset, bool named) : IResult
    {
        public Task ExecuteAsync(HttpContext httpContext)
        {
            httpContext.Response.Headers.CacheControl = named ? "public, max-age=31536000, immutable" : "public, no-cache";
            httpContext.Response.ContentType = asset.ContentType;
            return AnswerBody.WriteAsync(httpContext, asset.Bytes);
        }
    }
}
