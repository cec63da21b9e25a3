using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.Options;

namespace Portal.Vendors.Clerk;

/// <summary>A verified session: who, in which organization (null: personal session), and who is behind an impersonation.</summary>
public sealed record ClerkSession(string UserId, string SessionId, string? OrganizationId, string? ImpersonatorId);

/// <summary>The answer to a session token: the session, or why it is refused.</summary>
public sealed record SessionCheck(ClerkSession? Session, string? Fault);

/// <summary>
/// Verifies Clerk session JWTs: RS256 only, signature by the instance's keys, <c>iss</c> (which Clerk's own SDK does not check:
/// vendor fact), <c>azp</c> when the token has one, <c>exp</c> and <c>nbf</c> with 5 s skew, <c>sts</c> active.
/// Reads the organization from v2 (<c>o.id</c>) and v1 (<c>org_id</c>) tokens. Roles in the token are ignored: ours decide.
/// </summary>
public sealed class ClerkSessions(ClerkKeys keys, VerifiedSessions verified, IOptions<ClerkOptions> options, TimeProvider clock)
{
    private const int MaxLength = 8192;
    private const int SkewSeconds = 5;

    /// <exception cref="HttpRequestException">Clerk's keys cannot be fetched: nobody can be let in, which is an outage of ours.</exception>
    public async Task<SessionCheck> CheckAsync(string token, CancellationToken ct)
    {
        if (verified.Find(token) is { } known)
        {
            return CheckTimes(known);
        }

        var parts = token.Length <= MaxLength ? token.Split('.') : [];
        if (parts.Length != 3 || Json(parts[0]) is not { } header || Json(parts[1]) is not { } claims || Bytes(parts[2]) is not { } signature)
        {
            return Refused("malformed");
        }

        using (header)
        using (claims)
        {
            // The algorithm is ours to choose, not the token's: anything but RS256 is refused before a key is looked up.
            if (Text(header, "alg") != "RS256" || Text(header, "kid") is not { Length: <= 200 } kid)
            {
                return Refused("algorithm");
            }

            if (await keys.FindAsync(kid, ct) is not { } key)
            {
                return Refused("unknown_key");
            }

            using var rsa = RSA.Create(key);
            return rsa.VerifyData(Encoding.ASCII.GetBytes($"{parts[0]}.{parts[1]}"), signature, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1)
                ? CheckClaims(token, claims)
                : Refused("signature");
        }
    }

    private SessionCheck CheckClaims(string token, JsonDocument claims)
    {
        if (!string.Equals(Text(claims, "iss"), options.Value.Issuer, StringComparison.Ordinal))
        {
            return Refused("issuer");
        }

        if (Text(claims, "azp") is { } party && !options.Value.AuthorizedParties
                .Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).Contains(party, StringComparer.Ordinal))
        {
            return Refused("authorized_party");
        }

        if (Text(claims, "sts") is { } status && status != "active")
        {
            return Refused("pending");
        }

        if (Text(claims, "sub") is not { Length: > 0 and <= 200 } subject)
        {
            return Refused("subject");
        }

        var organization = claims.RootElement.TryGetProperty("o", out var o) && o.ValueKind == JsonValueKind.Object && o.TryGetProperty("id", out var id)
            ? id.GetString()
            : Text(claims, "org_id");
        var impersonator = claims.RootElement.TryGetProperty("act", out var act) && act.ValueKind == JsonValueKind.Object && act.TryGetProperty("sub", out var by)
            ? by.GetString()
            : null;
        var session = new VerifiedSession(
            new(subject, Text(claims, "sid") ?? "", organization, impersonator), Number(claims, "exp") ?? 0, Number(claims, "nbf") ?? 0, clock.GetUtcNow());
        var check = CheckTimes(session);
        if (check.Session is not null)
        {
            verified.Add(token, session);
        }

        return check;
    }

    /// <summary>Asked every time, of a session that is known too.</summary>
    private SessionCheck CheckTimes(VerifiedSession session)
    {
        var now = clock.GetUtcNow().ToUnixTimeSeconds();
        return session.Expires <= now - SkewSeconds ? Refused("expired")
            : session.NotBefore > now + SkewSeconds ? Refused("not_yet_valid")
            : new(session.Session, null);
    }

    private static SessionCheck Refused(string fault) => new(null, fault);

    private static byte[]? Bytes(string part)
    {
        if (!Base64Url.IsValid(part))
        {
            return null;
        }

        return Base64Url.DecodeFromChars(part);
    }

    private static JsonDocument? Json(string part)
    {
        try
        {
            var json = Bytes(part) is { } bytes ? JsonDocument.Parse(bytes, new JsonDocumentOptions { MaxDepth = 16 }) : null;
            return json is { RootElement.ValueKind: JsonValueKind.Object } ? json : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static string? Text(JsonDocument json, string name) =>
        json.RootElement.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    private static long? Number(JsonDocument json, string name) =>
        json.RootElement.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out var number) ? number : null;
}
