using System.Globalization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Portal.LocalVendors.Hosting;

namespace Portal.LocalVendors.Mux;

/// <summary>
/// The upload URL: Google Cloud Storage's resumable protocol, which Mux's direct uploads are.
/// </summary>
/// <remarks>
/// The whole file in one PUT without <c>Content-Range</c>, or chunks in order whose size is a multiple of 256 KiB except the last.
/// 308 with <c>Range: bytes=0-n</c> says what is kept; <c>bytes */total</c> asks. Bytes are committed 1 MiB at a time, each only if
/// the file still ends where the writer thinks: a broken connection leaves a clean prefix, and of two writers one stops.
/// Bytes sent again are skipped; a chunk that leaves a gap is refused. The URL alone authorises. Nothing here is cancelled when the
/// client goes: what it managed to send is still in Kestrel's buffers and counts.
/// </remarks>
internal sealed class MuxUploadBytes(VendorHost host, LocalMuxOptions options, MuxAssetCreation birth, LocalMuxEvents events)
{
    private const int Unit = 256 * 1024;

    private enum Body
    {
        More,
        Ended,
        Broken,
    }

    public void Map(WebApplication app)
    {
        app.MapMethods("/upload/{secret}", ["PUT"], PutAsync);
        app.MapMethods("/upload/{secret}", ["OPTIONS"], PreflightAsync);
    }

    private async Task PreflightAsync(HttpContext context)
    {
        if (await FindAsync(context) is { } upload && AllowOrigin(context, upload))
        {
            context.Response.Headers.AccessControlAllowMethods = "PUT, OPTIONS";
            context.Response.Headers.AccessControlAllowHeaders = "content-type, content-range, x-goog-resumable";
            context.Response.Headers.AccessControlMaxAge = "3600";
        }
        context.Response.StatusCode = 200;
    }

    private async Task PutAsync(HttpContext context)
    {
        if (await FindAsync(context) is not { } upload)
        {
            await AnswerAsync(context, 404, "No such upload.");
            return;
        }
        AllowOrigin(context, upload);
        string? header = context.Request.Headers.ContentRange;
        var range = header is null ? null : ContentRange.Parse(header);
        if (header is not null && range is null)
        {
            await AnswerAsync(context, 400, "Failed to parse Content-Range header.");
            return;
        }
        if (upload.Status != "waiting")
        {
            await AnswerSettledAsync(context, upload, range);
            return;
        }
        if (Problem(context, upload, range) is { } problem)
        {
            await AnswerAsync(context, problem.Status, problem.Message);
            return;
        }
        await ReceiveAsync(context, upload, range);
    }

    // A client that lost the last answer asks again or sends the last bytes again, and learns that all is well.
    private static Task AnswerSettledAsync(HttpContext context, UploadRow upload, ContentRange? range)
    {
        var repeats = range is not null && (range.IsProbe || range.IsFinal);
        return upload.Status is "asset_created" or "errored" && repeats
            ? AnswerAsync(context, 200, "")
            : AnswerAsync(context, 410, "The upload URL has been used or has expired.");
    }

    private (int Status, string Message)? Problem(HttpContext context, UploadRow upload, ContentRange? range)
    {
        if (range?.Total is { } total && upload.Total is { } before && total != before)
        {
            return (400, $"Invalid request. The total size changed from {before} to {total}.");
        }
        if (range?.Total > options.MaxUploadBytes || range?.Last >= options.MaxUploadBytes
            || context.Request.ContentLength > options.MaxUploadBytes)
        {
            return (413, "The file is too large.");
        }
        if (range is { IsProbe: false } && context.Request.ContentLength is { } length && length != range.Last - range.First + 1)
        {
            return (400, $"Invalid request. Content-Length {length} does not match Content-Range.");
        }
        return range is { IsProbe: false, IsFinal: false } && range.Last - range.First + 1 < Unit
            ? (
                400, $"Invalid request. The number of bytes uploaded is required to be equal or greater than {Unit}, except for the "
                    + "final request.")
            : null;
    }

    private async Task ReceiveAsync(HttpContext context, UploadRow upload, ContentRange? range)
    {
        if (range?.Total is { } stated)
        {
            await using var connection = await host.Data.OpenConnectionAsync(CancellationToken.None);
            await MuxStore.SetTotalAsync(connection, upload.Id, stated);
        }
        if (await host.Files.SizeAsync(upload.FileId, CancellationToken.None) is not { } kept)
        {
            await AnswerAsync(context, 410, "The upload URL has been used or has expired.");
            return;
        }
        var first = range?.First ?? 0;
        if (first > kept)
        {
            await AnswerAsync(
                context, 503,
                $"Invalid request. According to the Content-Range header, the upload offset is {first} byte(s), which exceeds already "
                    + $"uploaded size of {kept} byte(s).");
            return;
        }
        var whole = true;
        if (range?.IsProbe != true)
        {
            context.Features.Get<IHttpMaxRequestBodySizeFeature>()!.MaxRequestBodySize = options.MaxUploadBytes;
            (kept, whole) = await StoreAsync(context, upload, first, kept, range);
        }
        var complete = whole && (range is null || (range.Total is { } total && kept == total));
        if (!complete)
        {
            AnswerIncomplete(context, kept);
        }
        else if (await FinishAsync(upload, kept, CancellationToken.None))
        {
            await AnswerAsync(context, 200, "");
        }
        else
        {
            await AnswerAsync(context, 410, "The upload URL has been used or has expired.");
        }
    }

    // Returns what is kept now, and whether every byte of this request was. `kept` is whole units until the end of the file.
    private async Task<(long Kept, bool Whole)> StoreAsync(
        HttpContext context, UploadRow upload, long first, long kept, ContentRange? range)
    {
        var skip = kept - first;
        var until = range is null ? long.MaxValue : range.Last!.Value + 1;
        var buffer = new byte[StoredFiles.ChunkSize];
        var held = 0;
        while (true)
        {
            var (read, state) = await FillAsync(context.Request.Body, buffer.AsMemory(held));
            // Nothing is held while there is still something to skip.
            var skipped = (int)Math.Min(skip, read);
            skip -= skipped;
            buffer.AsSpan(held + skipped, read - skipped).CopyTo(buffer.AsSpan(held));
            held = (int)Math.Min(held + read - skipped, Math.Max(0, until - kept));
            // Whatever is not the end of the file is kept in whole units; the client sends the rest again.
            var last = state == Body.Ended && (range is null || (range.IsFinal && kept + held == range.Total));
            var keep = last ? held : held - (held % Unit);
            if (keep > 0)
            {
                if (!await host.Files.AppendAsync(upload.FileId, kept, buffer.AsMemory(0, keep), CancellationToken.None))
                {
                    return (await host.Files.SizeAsync(upload.FileId, CancellationToken.None) ?? 0, false);
                }
                kept += keep;
                held -= keep;
                buffer.AsSpan(keep, held).CopyTo(buffer);
            }
            if (state != Body.More)
            {
                return (kept, state == Body.Ended && held == 0);
            }
        }
    }

    // A connection that breaks ends the request too, but what came before it counts.
    private static async Task<(int Read, Body State)> FillAsync(Stream body, Memory<byte> buffer)
    {
        var filled = 0;
        try
        {
            while (filled < buffer.Length)
            {
                var read = await body.ReadAsync(buffer[filled..]);
                if (read == 0)
                {
                    return (filled, Body.Ended);
                }
                filled += read;
            }
            return (filled, Body.More);
        }
        catch (BadHttpRequestException e) when (e.StatusCode == StatusCodes.Status413PayloadTooLarge)
        {
            throw;
        }
        catch (Exception e) when (e is IOException or OperationCanceledException)
        {
            return (filled, Body.Broken);
        }
    }

    private Task<bool> FinishAsync(UploadRow upload, long size, CancellationToken ct) =>
        host.TransactAsync(async (connection, transaction) =>
    {
        var assetId = size == 0 ? null : Ids.New(44);
        var error = size == 0 ? "The uploaded file is empty." : null;
        if (!await MuxStore.MoveUploadAsync(connection, transaction, upload.Id, assetId is null ? "errored" : "asset_created", assetId,
            error))
        {
            return false;
        }
        await StoredFiles.CompleteAsync(upload.FileId, connection, transaction);
        var settled = (await MuxStore.UploadAsync(connection, upload.Id, transaction))!;
        if (assetId is null)
        {
            await events.UploadAsync(connection, transaction, "video.upload.errored", settled);
            return true;
        }
        var asset = await birth.CreateAsync(connection, transaction, new AssetRow
        {
            Id = assetId,
            UploadId = upload.Id,
            Settings = upload.Settings,
            Test = upload.Test,
            FileId = upload.FileId,
        });
        await events.UploadAsync(connection, transaction, "video.upload.asset_created", settled);
        await birth.AnnounceAsync(connection, transaction, asset);
        return true;
    }, ct);

    private async Task<UploadRow?> FindAsync(HttpContext context)
    {
        await using var connection = await host.Data.OpenConnectionAsync(CancellationToken.None);
        return await MuxStore.UploadBySecretAsync(connection, context.Route("secret"));
    }

    // The origin named at creation decides the browser's CORS answer; the request itself is served either way.
    private static bool AllowOrigin(HttpContext context, UploadRow upload)
    {
        string? origin = context.Request.Headers.Origin;
        if (origin is null || (upload.CorsOrigin != "*" && !string.Equals(upload.CorsOrigin, origin, StringComparison.OrdinalIgnoreCase)))
        {
            return false;
        }
        context.Response.Headers.AccessControlAllowOrigin = origin;
        context.Response.Headers.AccessControlExposeHeaders = "Range, Content-Range, X-GUploader-UploadID";
        context.Response.Headers.Vary = "Origin";
        return true;
    }

    private static void AnswerIncomplete(HttpContext context, long kept)
    {
        context.Response.StatusCode = 308;
        context.Response.ContentLength = 0;
        if (kept > 0)
        {
            context.Response.Headers.Range = string.Create(CultureInfo.InvariantCulture, $"bytes=0-{kept - 1}");
        }
    }

    private static async Task AnswerAsync(HttpContext context, int status, string message)
    {
        if (status >= 400)
        {
            await UnreadBody.DrainAsync(context);
        }
        context.Response.StatusCode = status;
        context.Response.ContentType = "text/plain; charset=utf-8";
        await context.Response.WriteAsync(message, context.RequestAborted);
    }
}
