using System.Text.Json.Nodes;
using Portal.LocalVendors.Hosting;

namespace Portal.LocalVendors.Clerk;

/// <summary>Writes session tokens as Clerk does, version 2 unless asked for version 1.</summary>
internal sealed class ClerkTokens(VendorHost host, LocalClerkOptions options, LocalClerkKeys keys)
{
    public async Task<LocalSession> MintAsync(LocalPerson person, ClerkTokenOverrides? overrides, CancellationToken ct)
    {
        var wanted = overrides ?? new ClerkTokenOverrides();
        var issued = wanted.IssuedAt ?? host.Now;
        var expires = issued + (wanted.Lifetime ?? options.TokenLifetime);
        var claims = Claims(person, wanted, issued, expires);
        foreach (var (name, value) in wanted.Claims ?? [])
        {
            claims.Remove(name);
            if (value is not null)
            {
                claims[name] = value.DeepClone();
            }
        }
        var (kid, own) = await keys.CurrentAsync(ct);
        using (own)
        {
            var header = new JsonObject
            {
                ["alg"] = wanted.Algorithm ?? "RS256",
                ["cat"] = "cl_B7d4PD111AAA",
                ["kid"] = wanted.KeyId ?? kid,
                ["typ"] = "JWT",
            };
            return new LocalSession(LocalClerkKeys.Encode(header, claims, wanted.SignWith ?? own), expires);
        }
    }

    private JsonObject Claims(LocalPerson person, ClerkTokenOverrides wanted, DateTimeOffset issued, DateTimeOffset expires)
    {
        var session = "sess_" + Ids.New(27);
        var claims = new JsonObject
        {
            ["exp"] = expires.ToUnixTimeSeconds(),
            ["fva"] = new JsonArray(0, -1),
            ["iat"] = issued.ToUnixTimeSeconds(),
            ["iss"] = wanted.Issuer ?? options.Issuer,
            ["jti"] = Ids.New(20).ToLowerInvariant(),
            // Clerk backdates this a little, for clocks that are behind.
            ["nbf"] = issued.AddSeconds(-10).ToUnixTimeSeconds(),
            ["sid"] = session,
            ["sts"] = "active",
            ["sub"] = person.UserId,
        };
        if ((wanted.AuthorizedParty ?? options.AuthorizedParty) is { Length: > 0 } party)
        {
            claims["azp"] = party;
        }
        if (wanted.Actor is { } actor)
        {
            claims["act"] = new JsonObject { ["iss"] = "https://dashboard.clerk.com", ["sid"] = "sess_" + Ids.New(27), ["sub"] = actor };
        }
        if (wanted.Version == 1)
        {
            if (person.OrganizationId is not null)
            {
                claims["org_id"] = person.OrganizationId;
                claims["org_slug"] = person.OrganizationSlug;
                claims["org_role"] = "org:" + ClerkPeople.BareRole(person);
                claims["org_permissions"] = new JsonArray();
            }
            return claims;
        }
        claims["v"] = 2;
        if (person.OrganizationId is not null)
        {
            claims["o"] = new JsonObject
            {
                ["id"] = person.OrganizationId,
                ["rol"] = ClerkPeople.BareRole(person),
                ["slg"] = person.OrganizationSlug,
            };
        }
        return claims;
    }
}
