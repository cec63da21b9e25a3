using System.Text.Json;

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

    /// <summary>Null: no user, or one without an address.</summary>
    public static ClerkUser? User(JsonElement json) => json.Deserialize<WireUser>(Json) is { } user ? Read(user) : null;

    public static ClerkUser? Read(WireUser user)
    {
        var addresses = user.EmailAddresses ?? [];
        var primary = addresses.FirstOrDefault(a => a.Id == user.PrimaryEmailAddressId) ?? (addresses is [var first, ..] ? first : null);
        if (user.Id is null || primary?.EmailAddress is not { Length: >= 3 and <= 254 } email)
        {
            return null;
        }

        var name = $"{user.FirstName} {user.LastName}".Trim();
        name = name.Length > 0 ? name : email[..Math.Max(1, email.IndexOf('@', StringComparison.Ordinal))];
        return new(
            user.Id, email, name.Length > 200 ? name[..200] : name,
            [
                .. addresses.Where(a => a.Verification?.Status == "verified").Select(a => a.EmailAddress).OfType<string>()
            ], Time(user.UpdatedAt));
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
