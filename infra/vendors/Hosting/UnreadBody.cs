using System.Buffers;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Portal.LocalVendors.Hosting;

/// <summary>
/// Most clients send all of a body before they look at the answer. A refusal without reading shows them a broken connection, so a
/// refused upload is read to its end first; past a limit the connection is given up instead, and said to be.
/// </summary>
internal static class UnreadBody
{
    private const long Limit = 64 * 1024 * 1024;

    public static async Task DrainAsync(HttpContext context)
    {
        if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } size)
        {
            size.MaxRequestBodySize = Limit;
        }
        if (context.Request.ContentLength > Limit)
        {
            context.Response.Headers.Connection = "close";
            return;
        }
        var buffer = ArrayPool<byte>.Shared.Rent(64 * 1024);
        try
        {
            while (await context.Request.Body.ReadAsync(buffer) > 0)
            {
            }
        }
        catch (IOException)
        {
            // The client is gone, or sends more than anybody waits for: either way nobody reads the answer.
            context.Response.Headers.Connection = "close";
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }
}
