using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Portal.LocalVendors.Hosting;

namespace Portal.LocalVendors.Mux;

/// <summary>What every API call shares: Basic authentication, the two rate limits, the error shape.</summary>
internal sealed class MuxApi(VendorHost host, LocalMuxOptions options)
{
    private readonly byte[] video = SHA256.HashData(Encoding.UTF8.GetBytes($"{options.TokenId}:{options.TokenSecret}"));
    private readonly byte[] system = SHA256.HashData(Encoding.UTF8.GetBytes($"{options.SystemTokenId}:{options.SystemTokenSecret}"));

    public static JsonNode Error(int status, string message) => Error(
        status switch
        {
            400 or 413 => "invalid_parameters",
            401 => "unauthorized",
            403 => "forbidden",
            404 => "not_found",
            429 => "too_many_requests",
            _ => "internal_server_error",
        }, message);

    public static VendorReply Refuse(int status, string message) => new(status, Error(status, message));

    public static VendorReply NotFound { get; } =
        Refuse(404, "The requested resource either doesn't exist or you don't have access to it.");

    public static VendorReply Data(int status, JsonNode data) => new(status, new JsonObject { ["data"] = data });

    /// <param name="ofSystem">Only the token of the account's system may; otherwise only the other.</param>
    public void Map(
        WebApplication app, string method, string pattern, Func<HttpContext, Task<VendorReply>> handle, bool ofSystem = false) =>
        app.Json(method, pattern, async context =>
    {
        if (!Authorised(context, ofSystem ? system : video))
        {
            return Authorised(context, ofSystem ? video : system)
                ? Refuse(403, "The access token has no permission for this.")
                : Refuse(401, "Unauthorized request");
        }
        return await WithinLimitsAsync(context) ? await handle(context) : Refuse(429, "Too many requests, please slow down.");
    });

    /// <summary>The body as an object. A missing body reads as an empty one; false for anything else that is no object.</summary>
    public static async Task<(bool Readable, JsonObject Body)> BodyAsync(HttpContext context)
    {
        var (readable, body) = await JsonBody.ReadAsync(context);
        return body switch
        {
            null => (readable, []),
            JsonObject fields => (true, fields),
            _ => (false, []),
        };
    }

    /// <summary><c>page</c> from 1, <c>limit</c> 1 to 100 (default 25). Null: one of them is no such number.</summary>
    public static (int Limit, int Skip)? Paging(HttpContext context)
    {
        var query = context.Request.Query;
        return Number(query["limit"], 25) is { } limit and >= 1 and <= 100
            && Number(query["page"], 1) is { } page and >= 1 and <= 1_000_000
            ? (limit, (page - 1) * limit)
            : null;
    }

    private static int? Number(string? text, int standard) =>
        string.IsNullOrEmpty(text) ? standard : int.TryParse(
            text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;

    private static JsonObject Error(string type, string message) =>
        new() { ["error"] = new JsonObject { ["type"] = type, ["messages"] = new JsonArray(message) } };

    private static bool Authorised(HttpContext context, byte[] expected)
    {
        string? header = context.Request.Headers.Authorization;
        if (header?.StartsWith("Basic ", StringComparison.OrdinalIgnoreCase) != true)
        {
            return false;
        }
        var given = new byte[header.Length];
        return Convert.TryFromBase64String(header["Basic ".Length..].Trim(), given, out var length)
               && CryptographicOperations.FixedTimeEquals(SHA256.HashData(given.AsSpan(0, length)), expected);
    }

    // Mux: POST under /video/ one a second for the whole account, every other verb five a second; short bursts pass. No header tells.
    private async Task<bool> WithinLimitsAsync(HttpContext context)
    {
        var post = HttpMethods.IsPost(context.Request.Method)
            && context.Request.Path.StartsWithSegments("/video", StringComparison.Ordinal);
        if (post ? !options.RateLimitPosts : !options.RateLimitOthers)
        {
            return true;
        }
        var (taken, _, _) = post
            ? await host.Limits.TakeAsync("post", 1, options.PostBurst, context.RequestAborted)
            : await host.Limits.TakeAsync("other", 5, 5 * options.PostBurst, context.RequestAborted);
        return taken;
    }
}
