using System.Text.Json;
using Microsoft.Extensions.Options;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace Portal.Vendors.Clerk;

/// <summary>A verified session: who, in which organization (null: personal session), and who is behind an impersonation.</summary>
/// <param name="IsOrganizationAdmin">Clerk calls them <c>org:admin</c> there: asked before there is a row of ours that says more.</param>
public sealed record ClerkSession(
    string UserId, string SessionId, string? OrganizationId, string? ImpersonatorId, bool IsOrganizationAdmin = false);

/// <summary>The answer to a session token: the session, or why it is refused.</summary>
public sealed record SessionCheck(ClerkSession? Session, string? Fault);

/// <summary>
/// Verifies Clerk session JWTs: RS256 only, signature by the instance's keys, <c>iss</c> (which Clerk's own SDK does not check:
/// vendor fact), <c>azp</c> when the token has one, <c>exp</c> and <c>nbf</c> with 5 s skew, <c>sts</c> active.
/// Reads the organization and the role in it from v2 (<c>o.id</c>, <c>o.rol</c> without a prefix) and v1 (<c>org_id</c>,
/// <c>org_role</c>) tokens. The role only says who may set a portal up; once there is one, ours decide.
/// </summary>
public sealed class ClerkSessions(ClerkKeys keys, VerifiedSessions verified, IOptions<ClerkOptions> options, TimeProvider clock)
{
    private const int MaxLength = 8192;
    private static readonly TimeSpan Skew = TimeSpan.FromSeconds(5);
    private static readonly string[] Algorithms = [SecurityAlgorithms.RsaSha256];
    private readonly JsonWebTokenHandler handler = new() { MapInboundClaims = false, MaximumTokenSizeInBytes = MaxLength };

    /// <exception cref="HttpRequestException">Clerk's keys cannot be fetched: nobody can be let in, which is an outage of
    /// ours.</exception>
    public async Task<SessionCheck> CheckAsync(string token, CancellationToken ct)
    {
        if (verified.Find(token) is { } known)
        {
            return TimeFault(known.NotBefore, known.Expires) is { } late ? Refused(late) : new(known.Session, null);
        }

        if (Read(token) is not { } jwt)
        {
            return Refused("malformed");
        }

        // The algorithm is ours to choose, not the token's: anything but RS256 is refused before a key is looked up.
        if (jwt.Alg != SecurityAlgorithms.RsaSha256 || jwt.Kid is not { Length: > 0 and <= 200 } kid)
        {
            return Refused("algorithm");
        }

        if (await keys.FindAsync(kid, ct) is not { } key)
        {
            return Refused("unknown_key");
        }

        var result = await handler.ValidateTokenAsync(jwt, Parameters(key));
        return result.IsValid ? ReadSession(token, jwt) : Refused(Fault(result.Exception, jwt));
    }

    private JsonWebToken? Read(string token)
    {
        try
        {
            return token.Length is > 0 and <= MaxLength ? handler.ReadJsonWebToken(token) : null;
        }
        catch (Exception e) when (e is ArgumentException or FormatException)
        {
            return null;
        }
    }

    /// <summary>A session has no <c>aud</c>: the portal that it was made for is its <c>azp</c>. Times are held to our clock.</summary>
    private TokenValidationParameters Parameters(SecurityKey key) => new()
    {
        ValidAlgorithms = Algorithms,
        IssuerSigningKey = key,
        ValidIssuer = options.Value.Issuer,
        AudienceValidator = (_, token, _) => IsAuthorizedParty(Text((JsonWebToken)token, "azp")),
        LifetimeValidator = (notBefore, expires, _, _) => TimeFault(notBefore, expires) is null,
    };

    private bool IsAuthorizedParty(string? party) => party is null || options.Value.AuthorizedParties
        .Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).Contains(party, StringComparer.Ordinal);

    /// <summary>Asked every time, of a session that is known too.</summary>
    private string? TimeFault(DateTime? notBefore, DateTime? expires)
    {
        var now = clock.GetUtcNow().UtcDateTime;
        return expires is null || expires <= now - Skew ? "expired" : notBefore > now + Skew ? "not_yet_valid" : null;
    }

    /// <summary>One word, for the log: what the library says of it may quote the token.</summary>
    private string Fault(Exception? e, JsonWebToken jwt) => e switch
    {
        SecurityTokenInvalidLifetimeException => TimeFault(Time(jwt.ValidFrom), Time(jwt.ValidTo)) ?? "expired",
        SecurityTokenInvalidIssuerException => "issuer",
        SecurityTokenInvalidAudienceException => "authorized_party",
        _ => "signature",
    };

    private SessionCheck ReadSession(string token, JsonWebToken jwt)
    {
        if (Text(jwt, "sts") is { } status && status != "active")
        {
            return Refused("pending");
        }

        if (Text(jwt, "sub") is not { Length: > 0 and <= 200 } subject)
        {
            return Refused("subject");
        }

        var newer = Member(jwt, "o", "id");
        var session = new ClerkSession(
            subject, Text(jwt, "sid") ?? "", newer ?? Text(jwt, "org_id"), Member(jwt, "act", "sub"),
            newer is null ? Text(jwt, "org_role") == "org:admin" : Member(jwt, "o", "rol") == "admin");
        verified.Add(token, new(session, Time(jwt.ValidTo), Time(jwt.ValidFrom), clock.GetUtcNow()));
        return new(session, null);
    }

    private static SessionCheck Refused(string fault) => new(null, fault);

    /// <summary>The library writes a time that a token does not have as the beginning of the calendar.</summary>
    private static DateTime? Time(DateTime time) => time == DateTime.MinValue ? null : time;

    /// <summary>Asked for as an object: asked for as text, the library makes text of a list and of nothing too.</summary>
    private static string? Text(JsonWebToken jwt, string name) =>
        jwt.TryGetPayloadValue<object>(name, out var value) ? value as string : null;

    private static string? Member(JsonWebToken jwt, string name, string member) =>
        jwt.TryGetPayloadValue<object>(name, out var value) && value is JsonElement { ValueKind: JsonValueKind.Object } json
        && json.TryGetProperty(member, out var text) && text.ValueKind == JsonValueKind.String
            ? text.GetString()
            : null;
}
