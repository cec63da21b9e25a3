using System.Text.Json;

namespace Portal.Vendors.Clerk;

/// <summary>A membership as a webhook tells of it.</summary>
public sealed record ClerkMembershipChange(string UserId, string OrganizationId);

/// <summary>An invitation to an organization as a webhook tells of it. <paramref name="Mark"/>: which invite of ours it was made
/// for.</summary>
public sealed record ClerkInvitationChange(string Id, string OrganizationId, InviteMark Mark);

/// <summary>Reads the <c>data</c> of Clerk's webhooks; null where it does not say what we need.</summary>
public static class ClerkChange
{
    public static ClerkUser? User(JsonElement data) => ClerkWire.User(data);

    public static string? UserId(JsonElement data) => Text(data, "id");

    public static ClerkMembershipChange? Membership(JsonElement data) =>
        Text(Member(data, "public_user_data"), "user_id") is { } user && Text(Member(data, "organization"), "id") is { } organization
            ? new(user, organization)
            : null;

    /// <summary>Null also for an invitation that is not ours.</summary>
    public static ClerkInvitationChange? Invitation(JsonElement data) =>
        Text(data, "id") is { } id && Text(data, "organization_id") is { } organization
            && ClerkWire.Mark(Member(data, "public_metadata")) is { } mark
            ? new(id, organization, mark)
            : null;

    private static JsonElement Member(JsonElement json, string name) => json.TryGetProperty(name, out var value) ? value : default;

    private static string? Text(JsonElement json, string name) =>
        json.ValueKind == JsonValueKind.Object && json.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String
        && value.GetString() is { Length: > 0 and <= 200 } text
            ? text
            : null;
}
