using System.Collections.Concurrent;
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
/// Nothing is transcoded. An MP4 of H.264 and AAC is cut into fragments, so that a browser plays it (<see cref="MuxPlaylists"/>); of
/// other files the playlist has one segment, the uploaded file itself. Every address in a playlist is relative and carries the same
/// token, as Mux's do. Images are drawn from the playback id, always PNG and labelled so.
/// </remarks>
internal sealed class MuxDelivery(VendorHost host)
{
    /// <summary>Files whose tables are kept in memory; with more, all are forgotten.</summary>
    private const int MaxFilesKnown = 32;

    private readonly ConcurrentDictionary<string, FragmentedMp4?> files = new();
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
        app.MapMethods("/stream/{id}/rendition.m3u8", reads, RenditionAsync);
        app.MapMethods("/stream/{id}/init.mp4", reads, InitAsync);
        app.MapMethods("/stream/{id}/segments/{number:int}.m4s", reads, SegmentAsync);
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
        var media = MuxJson.Media(asset!)!;
        var text = await FragmentsAsync(asset!.FileId!, context.RequestAborted) is { } fragments
            ? MuxPlaylists.Master(fragments, media, context.Route("id"), query)
            : MuxPlaylists.OneFile(media, context.Route("id"), query);
        await SendAsync(context, MuxPlaylists.ContentType, Encoding.UTF8.GetBytes(text));
    }

    private async Task RenditionAsync(HttpContext context)
    {
        if (await OpenFragmentsAsync(context) is var (_, fragments, query))
        {
            await SendAsync(context, MuxPlaylists.ContentType, Encoding.UTF8.GetBytes(MuxPlaylists.Media(fragments, query)));
        }
    }

    private async Task InitAsync(HttpContext context)
    {
        if (await OpenFragmentsAsync(context) is var (_, fragments, _))
        {
            await SendAsync(context, "video/mp4", fragments.Init());
        }
    }

    private async Task SegmentAsync(HttpContext context)
    {
        if (await OpenFragmentsAsync(context) is not var (asset, fragments, _))
        {
            return;
        }
        var number = int.Parse(context.Route("number"), CultureInfo.InvariantCulture);
        if (number >= fragments.Segments.Count)
        {
            await RefuseAsync(context, Access.NotFound);
            return;
        }
        if (HttpMethods.IsGet(context.Request.Method))
        {
            await NoteAsync(asset.Id, fragments.Segments[number].Seconds, context.RequestAborted);
        }
        await SendAsync(context, "video/mp4", await fragments.SegmentAsync(number, Reader(asset.FileId!, context.RequestAborted)));
    }

    // Null: refused and answered.
    private async Task<(AssetRow Asset, FragmentedMp4 File, string Query)?> OpenFragmentsAsync(HttpContext context)
    {
        var (access, asset, query) = await OpenAsync(context, "v");
        if (access == Access.Granted)
        {
            if (await FragmentsAsync(asset!.FileId!, context.RequestAborted) is { } file)
            {
                return (asset, file, query);
            }
            access = Access.NotFound;
        }
        await RefuseAsync(context, access);
        return null;
    }

    // Null: not one that can be cut. A file does not change once it is whole.
    private async Task<FragmentedMp4?> FragmentsAsync(string fileId, CancellationToken ct)
    {
        if (files.TryGetValue(fileId, out var known))
        {
            return known;
        }
        FragmentedMp4? found = null;
        try
        {
            var size = await host.Files.SizeAsync(fileId, ct) ?? 0;
            found = FragmentedMp4.Parse(await Mp4.MovieAsync(size, Reader(fileId, ct)), size);
        }
        catch (UnreadableMediaException)
        {
            // It is delivered as it came.
        }
        if (files.Count >= MaxFilesKnown)
        {
            files.Clear();
        }
        return files[fileId] = found;
    }

    private ReadAt Reader(string fileId, CancellationToken ct) => (offset, count) => host.Files.ReadAsync(fileId, offset, count, ct);

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
        // Players of the browser's own ask for ranges of playlists, too.
        var (from, to) = ByteRange.Apply(context, body.Length);
        if (from is not { } start)
        {
            return;
        }
        context.Response.ContentType = type;
        if (HttpMethods.IsGet(context.Request.Method))
        {
            await context.Response.Body.WriteAsync(body.AsMemory((int)start, (int)(to - start)), context.RequestAborted);
        }
    }
}
