using Dapper;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Portal.LocalVendors.Hosting;

namespace Portal.LocalVendors.Blob;

/// <summary>Reading objects: public ones by anybody, private ones with the read-write token or a presigned query.</summary>
internal sealed class BlobObjects(VendorHost host, LocalBlobTokens tokens)
{
    public void Map(WebApplication app) => app.MapMethods("/store/{**pathname}", ["GET", "HEAD"], ReadAsync);

    private async Task ReadAsync(HttpContext context)
    {
        var pathname = context.Route("pathname");
        BlobRow? row;
        await using (var connection = await host.Data.OpenConnectionAsync(context.RequestAborted))
        {
            row = await connection.QuerySingleOrDefaultAsync<BlobRow?>(
                $"select {BlobRow.Columns} from vendors.blob_objects where pathname = @pathname", new { pathname });
        }
        // Without a right to it, a private path tells nobody whether it exists.
        if (row?.Access != "public" && !MayRead(context, pathname))
        {
            await RefuseAsync(context, 403, "Forbidden");
            return;
        }
        if (row is null)
        {
            await RefuseAsync(context, 404, "The requested blob does not exist");
            return;
        }
        context.Response.Headers.ETag = row.Etag;
        context.Response.Headers.CacheControl = row.Access == "public" ? row.CacheControl : "private, no-cache";
        context.Response.Headers.ContentDisposition =
            context.Request.Query["download"] == "1"
                ? row.ContentDisposition.Replace("inline", "attachment", StringComparison.Ordinal)
                : row.ContentDisposition;
        context.Response.Headers.XContentTypeOptions = "nosniff";
        var (from, to) = ByteRange.Apply(context, row.Size);
        if (from is not { } start)
        {
            return;
        }
        context.Response.ContentType = row.ContentType;
        if (HttpMethods.IsGet(context.Request.Method))
        {
            await host.Files.CopyToAsync(row.FileId, start, to, context.Response.Body, context.RequestAborted);
        }
    }

    private bool MayRead(HttpContext context, string pathname) =>
        tokens.Bearer(context).Grant is { Everything: true }
        || tokens.IsPresigned(context, pathname, HttpMethods.IsHead(context.Request.Method) ? "head" : "get");

    private static Task RefuseAsync(HttpContext context, int status, string text)
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = "text/plain; charset=utf-8";
        return context.Response.WriteAsync(text, context.RequestAborted);
    }
}
