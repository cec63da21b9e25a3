using System.Globalization;
using System.Text;
using Dapper;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Portal.LocalVendors.Hosting;
using Portal.LocalVendors.Media;

namespace Portal.LocalVendors.Mux;

/// <summary>
/// The stream and image hosts. A signed playback id wants a good token and nothing else in the query; a public one wants no token.
/// </summary>
/// <remarks>
/// Nothing is transcoded: a playlist has one segment, the uploaded file itself (a plain MP4, not a fragment), whose relative address
/// carries the same token, as Mux's playlists do. Images are drawn from the playback id, always PNG and labelled so.
/// </remarks>
internal sealed class MuxDelivery(VendorHost host)
{
    private readonly MuxTokens tokens = new(host);

    private enum Access
    {
        Granted,
        NotFound,
        Forbidden,
        NotReady,
    }

    public void Map(WebApplication app)
    {
        string[] reads = ["GET", "HEAD"];
        app.MapMethods("/stream/{id}.m3u8", reads, PlaylistAsync);
        app.MapMethods("/stream/{id}/segments/0.mp4", reads, context => BytesAsync(context, rendition: null));
        app.MapMethods("/stream/{id}/{file}", reads, context => BytesAsync(context, context.Route("file")));
        foreach (var (name, audience) in new[]
        {
            ("thumbnail.jpg", "t"), ("thumbnail.png", "t"), ("thumbnail.webp", "t"), ("animated.gif", "g"), ("animated.webp", "g"),
            ("storyboard.jpg", "s"), ("storyboard.png", "s"), ("storyboard.webp", "s"),
        })
        {
            app.MapMethods($"/image/{{id}}/{name}", reads, context => ImageAsync(context, audience));
        }
    }

    private async Task PlaylistAsync(HttpContext context)
    {
        var (access, asset, query) = await OpenAsync(context, "v");
        if (access != Access.Granted)
        {
            await RefuseAsync(context, access);
            return;
        }
        var duration = Math.Max(0.1, MuxJson.Media(asset!)!.Duration);
        var text = string.Create(CultureInfo.InvariantCulture, $"""
            #EXTM3U
            #EXT-X-VERSION:3
            #EXT-X-PLAYLIST-TYPE:VOD
            #EXT-X-TARGETDURATION:{Math.Ceiling(duration)}
            #EXT-X-MEDIA-SEQUENCE:0
            #EXTINF:{duration:F3},
            {context.Route("id")}/segments/0.mp4{query}
            #EXT-X-ENDLIST

            """);
        await SendAsync(context, "application/x-mpegURL", Encoding.UTF8.GetBytes(text));
    }

    private async Task BytesAsync(HttpContext context, string? rendition)
    {
        var (access, asset, _) = await OpenAsync(context, "v");
        if (access == Access.Granted && rendition is not null && !await HasRenditionAsync(asset!.Id, rendition, context.RequestAborted))
        {
            access = Access.NotFound;
        }
        if (access != Access.Granted)
        {
            await RefuseAsync(context, access);
            return;
        }
        var size = await host.Files.SizeAsync(asset!.FileId!, context.RequestAborted) ?? 0;
        var (from, to) = ByteRange.Apply(context, size);
        if (from is not { } start)
        {
            return;
        }
        var media = MuxJson.Media(asset)!;
        context.Response.ContentType = "video/mp4";
        if (HttpMethods.IsGet(context.Request.Method))
        {
            await NoteAsync(asset.Id, media.Duration * (to - start) / Math.Max(1, size), context.RequestAborted);
            await host.Files.CopyToAsync(asset.FileId!, start, to, context.Response.Body, context.RequestAborted);
        }
    }

    private async Task ImageAsync(HttpContext context, string audience)
    {
        var (access, asset, _) = await OpenAsync(context, audience);
        if (access != Access.Granted)
        {
            await RefuseAsync(context, access);
            return;
        }
        var media = MuxJson.Media(asset!)!;
        await SendAsync(context, "image/png", PlaceholderImage.Png(asset!.Id, media.Width, media.Height));
    }

    // Order matters to a caller who guesses: an unknown playback id is 404 whatever the token.
    private async Task<(Access Access, AssetRow? Asset, string Query)> OpenAsync(HttpContext context, string audience)
    {
        context.Response.Headers.AccessControlAllowOrigin = "*";
        AssetRow? asset;
        PlaybackIdRow? playbackId;
        await using (var connection = await host.Data.OpenConnectionAsync(context.RequestAborted))
        {
            playbackId = await MuxStore.PlaybackIdAsync(connection, context.Route("id"));
            asset = playbackId is null ? null : await MuxStore.AssetAsync(connection, playbackId.AssetId);
        }
        if (playbackId is null || asset is null)
        {
            return (Access.NotFound, null, "");
        }
        var query = context.Request.Query;
        if (playbackId.Policy == "public")
        {
            if (query.ContainsKey("token"))
            {
                return (Access.Forbidden, null, "");
            }
        }
        else if (query.Count != 1 || query["token"] is not [{ Length: > 0 } token]
                 || !await tokens.IsGoodAsync(token, playbackId.Id, audience, context.RequestAborted))
        {
            return (Access.Forbidden, null, "");
        }
        return (asset.Status == "ready" ? Access.Granted : Access.NotReady, asset, context.Request.QueryString.Value ?? "");
    }

    private async Task<bool> HasRenditionAsync(string assetId, string name, CancellationToken ct)
    {
        await using var connection = await host.Data.OpenConnectionAsync(ct);
        return (await MuxStore.RenditionsAsync(connection, [assetId]))[assetId].Any(
            rendition => rendition.Name == name && rendition.Status == "ready");
    }

    private async Task NoteAsync(string assetId, double seconds, CancellationToken ct)
    {
        await using var connection = await host.Data.OpenConnectionAsync(ct);
        await connection.ExecuteAsync(
            "insert into vendors.mux_deliveries (asset_id, at, seconds) values (@assetId, @now, @seconds)",
            new { assetId, now = host.Now.UtcDateTime, seconds });
    }

    private static Task RefuseAsync(HttpContext context, Access access)
    {
        (context.Response.StatusCode, var text) = access switch
        {
            Access.Forbidden => (403, "Forbidden"),
            Access.NotReady => (412, "The asset is not ready."),
            _ => (404, "Not found"),
        };
        context.Response.ContentType = "text/plain; charset=utf-8";
        return context.Response.WriteAsync(text, context.RequestAborted);
    }

    private static async Task SendAsync(HttpContext context, string type, byte[] body)
    {
        context.Response.ContentType = type;
        context.Response.ContentLength = body.Length;
        if (HttpMethods.IsGet(context.Request.Method))
        {
            await context.Response.Body.WriteAsync(body, context.RequestAborted);
        }
    }
}
