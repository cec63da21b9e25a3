using System.Text.Json;

namespace Portal.Compliance.Erasure;

/// <summary>What the steps of an erasure have come to, as its row keeps it: a step that runs again adds to it, and the certificate is made
/// of it.</summary>
public sealed record ErasureSteps
{
    /// <summary>How many rows were touched, by table.</summary>
    public SortedDictionary<string, long> Rows { get; init; } = new(StringComparer.Ordinal);

    /// <summary>What was done at Clerk: a word of <see cref="AtClerk"/>; null: not yet.</summary>
    public string? Clerk { get; init; }

    public static ErasureSteps Read(string json) => JsonSerializer.Deserialize<ErasureSteps>(json, JsonSerializerOptions.Web)!;
}

/// <summary>What an erasure came to at Clerk.</summary>
public static class AtClerk
{
    public const string UserDeleted = "user_deleted";
    public const string MembershipDeleted = "membership_deleted";
    public const string NotThere = "not_there";

    /// <summary>A guest has no account.</summary>
    public const string NotAsked = "not_asked";
}
