using System.Buffers.Text;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;
using Portal.LocalVendors.Hosting;

namespace Portal.LocalVendors.Blob;

/// <summary>What a caller may do. The read-write token may do all; a client token one upload, within the bounds it states.</summary>
internal sealed record BlobGrant(bool Everything, JsonObject Bounds);

/// <summary>
/// The three ways to authorise. A client token is <c>base64(hex-HMAC(payload, read-write token) + "." + payload)</c>, minted by the
/// app itself. A presigned read is two steps: <c>POST /signed-token</c> gives a delegation and the key derived from it, the app signs
/// operation, path and expiry with that key. Both are as in Vercel's own library; see README.md.
/// </summary>
internal sealed class LocalBlobTokens(VendorHost host, LocalBlobOptions options, string readWriteToken, string signingSecret)
{
    private const string Delegation = "vercel-blob-delegation";
    private const string Signature = "vercel-blob-signature";
    private const string ValidUntil = "vercel-blob-valid-until";

    private string ClientPrefix => $"vercel_blob_client_{options.StoreId}_";

    /// <summary>Null: the bearer token is worth nothing, and why.</summary>
    public (BlobGrant? Grant, string Problem) Bearer(HttpContext context)
    {
        string header = context.Request.Headers.Authorization.ToString();
        var token = header.StartsWith("Bearer ", StringComparison.OrdinalIgnoreCase) ? header["Bearer ".Length..].Trim() : "";
        if (Same(token, readWriteToken))
        {
            return (new BlobGrant(true, []), "");
        }
        if (!token.StartsWith(ClientPrefix, StringComparison.Ordinal) || ReadClientToken(token[ClientPrefix.Length..]) is not { } bounds)
        {
            return (null, "forbidden");
        }
        return bounds.Whole("validUntil") is { } until && host.Now.ToUnixTimeMilliseconds() > until
            ? (null, "client_token_expired")
            : (new BlobGrant(false, bounds), "");
    }

    /// <summary>A delegation and the key that signs under it, for the holder of the read-write token.</summary>
    public JsonObject Issue(string pathname, JsonArray operations, long validUntil)
    {
        var payload = new JsonObject
        {
            ["storeId"] = "store_" + options.StoreId,
            ["ownerId"] = "team_local",
            ["pathname"] = pathname,
            ["operations"] = operations,
            ["validUntil"] = validUntil,
            ["iat"] = host.Now.ToUnixTimeMilliseconds(),
        };
        var segment = Base64Url.EncodeToString(Encoding.UTF8.GetBytes(VendorReply.Text(payload)));
        var token = $"{segment}.{Hash(signingSecret, segment)}";
        return new JsonObject
        {
            ["delegationToken"] = token,
            ["clientSigningToken"] = Hash(signingSecret, token),
            ["validUntil"] = validUntil,
        };
    }

    /// <summary>Whether the query is a good presigned <c>get</c> or <c>head</c> of this path.</summary>
    public bool IsPresigned(HttpContext context, string pathname, string operation)
    {
        var query = context.Request.Query;
        if (query[Delegation] is not [{ } token] || query[Signature] is not [{ } signature] || ReadDelegation(token) is not { } scope)
        {
            return false;
        }
        var lines = new List<string> { $"operation={operation}", $"pathname={pathname}" };
        var until = scope.Whole("validUntil") ?? 0;
        if (query[ValidUntil] is [{ } given])
        {
            if (!long.TryParse(given, NumberStyles.None, CultureInfo.InvariantCulture, out var earlier))
            {
                return false;
            }
            lines.Add($"{ValidUntil}={given}");
            until = Math.Min(until, earlier);
        }
        lines.Sort(StringComparer.Ordinal);
        return Same(signature, Hash(Hash(signingSecret, token), string.Join('\n', lines)))
               && host.Now.ToUnixTimeMilliseconds() < until
               && scope.Text("pathname") is { } allowed && (allowed == "*" || allowed == pathname)
               && scope["operations"] is JsonArray operations && operations.Any(one => (string?)one == operation);
    }

    private JsonObject? ReadDelegation(string token)
    {
        var parts = token.Split('.');
        return parts.Length == 2 && Same(parts[1], Hash(signingSecret, parts[0])) && Base64Url.IsValid(parts[0])
               && JsonBody.Parse(Base64Url.DecodeFromChars(parts[0])) is (true, JsonObject scope)
            ? scope
            : null;
    }

    private JsonObject? ReadClientToken(string encoded)
    {
        var bytes = new byte[encoded.Length];
        if (!Convert.TryFromBase64String(encoded, bytes, out var length))
        {
            return null;
        }
        var parts = Encoding.UTF8.GetString(bytes, 0, length).Split('.', 2);
        if (parts.Length != 2
            || !Same(
                parts[0], Convert.ToHexStringLower(
                    HMACSHA256.HashData(Encoding.UTF8.GetBytes(readWriteToken), Encoding.UTF8.GetBytes(parts[1])))))
        {
            return null;
        }
        var payload = new byte[parts[1].Length];
        return Convert.TryFromBase64String(parts[1], payload, out var size)
            && JsonBody.Parse(payload.AsSpan(0, size)) is (true, JsonObject bounds)
            ? bounds
            : null;
    }

    private static string Hash(string key, string text) =>
        Base64Url.EncodeToString(HMACSHA256.HashData(Encoding.UTF8.GetBytes(key), Encoding.UTF8.GetBytes(text)));

    private static bool Same(string one, string other) =>
        CryptographicOperations.FixedTimeEquals(
            SHA256.HashData(Encoding.UTF8.GetBytes(one)), SHA256.HashData(Encoding.UTF8.GetBytes(other)));
}
