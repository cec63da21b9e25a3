using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Dapper;
using Portal.LocalVendors.Hosting;

namespace Portal.LocalVendors.Mux;

/// <summary>Checks a playback token: RS256 under one of the environment's keys, <c>sub</c>, <c>aud</c>, <c>exp</c>.</summary>
internal sealed class MuxTokens(VendorHost host)
{
    private const int MaxLength = 8 * 1024;

    public async Task<bool> IsGoodAsync(string token, string playbackId, string audience, CancellationToken ct)
    {
        var parts = token.Split('.');
        if (token.Length > MaxLength || parts.Length != 3 || Decode(parts[0]) is not { } header || Decode(parts[1]) is not { } claims)
        {
            return false;
        }
        // Mux's own SDK writes kid as a claim, most libraries into the header.
        var kid = claims.Text("kid") ?? header.Text("kid");
        return header.Text("alg") == "RS256"
               && kid is not null
               && claims.Text("sub") == playbackId
               && claims.Text("aud") == audience
               && claims.Whole("exp") is { } expires && host.Now < Unix(expires)
               && (claims.Whole("nbf") is not { } from || host.Now >= Unix(from))
               && await IsSignedAsync(kid, parts, ct);
    }

    private async Task<bool> IsSignedAsync(string kid, string[] parts, CancellationToken ct)
    {
        await using var connection = await host.Data.OpenConnectionAsync(ct);
        var key = await connection.ExecuteScalarAsync<byte[]?>(
            "select public_key from vendors.mux_signing_keys where id = @kid", new { kid });
        if (key is null || Bytes(parts[2]) is not { } signature)
        {
            return false;
        }
        using var rsa = RSA.Create();
        rsa.ImportSubjectPublicKeyInfo(key, out _);
        return rsa.VerifyData(
            Encoding.ASCII.GetBytes($"{parts[0]}.{parts[1]}"), signature, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
    }

    private static DateTimeOffset Unix(long seconds) => DateTimeOffset.FromUnixTimeSeconds(Math.Clamp(seconds, 0, 253402300799));

    private static JsonObject? Decode(string part) =>
        Bytes(part) is { } bytes && JsonBody.Parse(bytes) is (true, JsonObject fields) ? fields : null;

    private static byte[]? Bytes(string text)
    {
        if (!Base64Url.IsValid(text))
        {
            return null;
        }
        return Base64Url.DecodeFromChars(text);
    }
}
