using System.Security.Cryptography;
using System.Text.Json.Nodes;

namespace Portal.LocalVendors;

/// <summary>One Clerk instance.</summary>
public sealed class LocalClerkOptions : LocalVendorOptions
{
    /// <summary><c>iss</c> of session tokens. Not the server's own address: it must be the same after a restart and beside another
    /// process.</summary>
    public string Issuer { get; init; } = "https://clerk.portal.localhost";

    /// <summary>Default <c>azp</c>: the origin of the frontend.</summary>
    public string AuthorizedParty { get; init; } = "http://localhost:3000";

    /// <summary>Bearer token of the Backend API.</summary>
    public string SecretKey { get; init; } = "sk_test_localclerk";

    /// <summary>How long a session token lives; Clerk's is about 60 s.</summary>
    public TimeSpan TokenLifetime { get; init; } = TimeSpan.FromSeconds(60);

    public Uri? WebhookUrl { get; init; }

    /// <summary><c>whsec_</c> and base64.</summary>
    public string WebhookSecret { get; init; } = "whsec_bG9jYWwtY2xlcmstd2ViaG9vay1zZWNyZXQhIQ==";

    /// <summary>1 000 calls in 10 s, 100 invitations an hour, 250 to organizations.</summary>
    public bool RateLimits { get; init; } = true;
}

/// <summary>Somebody who can sign in. <c>Handle</c> is what a demo calls them; an organization is optional, its role with or without
/// <c>org:</c>.</summary>
/// <param name="CreatedAt">As stored; what is given is not heeded, nor is <c>UpdatedAt</c>.</param>
/// <param name="MembershipMetadata">JSON: the public metadata of the membership, which an accepted invitation brings along.</param>
public sealed record LocalPerson(
    string Handle, string UserId, string Email, string Name,
    string? OrganizationId = null, string? OrganizationSlug = null, string? OrganizationRole = null, string MembershipMetadata = "{}",
    string? OrganizationName = null, DateTime CreatedAt = default, DateTime UpdatedAt = default);

/// <summary>A session token and when it ends.</summary>
public sealed record LocalSession(string Jwt, DateTimeOffset ExpiresAt);

/// <summary>What a test wants different in a token. Everything left out is as Clerk would write it.</summary>
public sealed record ClerkTokenOverrides
{
    public DateTimeOffset? IssuedAt { get; init; }

    public TimeSpan? Lifetime { get; init; }

    public string? Issuer { get; init; }

    /// <summary>Empty leaves <c>azp</c> out.</summary>
    public string? AuthorizedParty { get; init; }

    /// <summary>1 writes the claims of before April 2025.</summary>
    public int Version { get; init; } = 2;

    /// <summary>User id of who acts as this person.</summary>
    public string? Actor { get; init; }

    /// <summary>Another private key than the instance's.</summary>
    public RSA? SignWith { get; init; }

    public string? KeyId { get; init; }

    /// <summary><c>alg</c> as written; the signature stays RS256.</summary>
    public string? Algorithm { get; init; }

    /// <summary>Put over the claims at the end; a null value removes the claim.</summary>
    public JsonObject? Claims { get; init; }
}
