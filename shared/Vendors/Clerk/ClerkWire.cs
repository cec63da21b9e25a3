using System.Text.Json;
using Portal.Foundation;

namespace Portal.Vendors.Clerk;

/// <summary>
/// Clerk's JSON as we need it, in answers of its API and in its webhooks. Fields come and go, metadata is anybody's: what cannot be
/// understood is null.
/// </summary>
internal static class ClerkWire
{
    // Between the year 5138 in seconds and 1973 in milliseconds: Clerk's guide shows milliseconds, its API description seconds.
    private const long LeastMilliseconds = 100_000_000_000;

    /// <summary>Clerk's names, and its unset values are left out rather than sent as null.</summary>
    public static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web)
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        DefaultIgnoreCondition = System.Text.Json.Serialization.JsonIgnoreCondition.WhenWritingNull,
    };

    /// <summary>Null: no user.</summary>
    public static ClerkUser? User(JsonElement json) => json.Deserialize<WireUser>(Json) is { } user ? Read(user) : null;

    public static ClerkUser? Read(WireUser user)
    {
        if (user.Id is null)
        {
            return null;
        }

        // Anybody can put anybody's address into their account: only one that they have proved is theirs.
        var verified = (user.EmailAddresses ?? [])
            .Where(a => a is { Verification.Status: "verified", EmailAddress.Length: >= 3 and <= 254 })
            .OrderBy(a => a.Id == user.PrimaryEmailAddressId ? 0 : 1).Select(a => a.EmailAddress!).ToList();
        var email = verified is [var first, ..] ? first : null;
        var name = $"{user.FirstName} {user.LastName}".Trim();
        name = VisibleText.Is(name) ? name : email?[..Math.Max(1, email.IndexOf('@', StringComparison.Ordinal))];
        return new(user.Id, email, name is { Length: > 200 } ? name[..200] : name, verified, Time(user.UpdatedAt));
    }

    /// <summary>Metadata is anybody's: what is not a mark of ours says nothing.</summary>
    public static InviteMark? Mark(JsonElement? metadata) =>
        metadata is { ValueKind: JsonValueKind.Object } json
        && json.TryGetProperty("invite_id", out var id) && id.ValueKind == JsonValueKind.String
            && Guid.TryParseExact(id.GetString(), "D", out var invite)
        && json.TryGetProperty("generation", out var text) && text.ValueKind == JsonValueKind.Number
            && text.TryGetInt32(out var generation)
            ? new(invite, generation)
            : null;

    private static DateTimeOffset? Time(long? since) => since is not (> 0 and < 100 * LeastMilliseconds and var number)
        ? null
        : number < LeastMilliseconds ? DateTimeOffset.FromUnixTimeSeconds(number) : DateTimeOffset.FromUnixTimeMilliseconds(number);

    internal sealed record WireUser(
        string? Id, string? FirstName, string? LastName, string? PrimaryEmailAddressId, IReadOnlyList<WireAddress>? EmailAddresses,
        long? UpdatedAt);

    internal sealed record WireAddress(string? Id, string? EmailAddress, WireVerification? Verification);

    internal sealed record WireVerification(string? Status);
}
