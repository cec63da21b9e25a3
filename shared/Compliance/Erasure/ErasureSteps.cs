using System.Text.Json;
using System.Text.Json.Serialization;

namespace Portal.Compliance.Erasure;

/// <summary>What the steps of an erasure have come to, as its row keeps it: a step that runs again adds to it, and the certificate is made
/// of it.</summary>
public sealed record ErasureSteps
{
    /// <summary>How many rows were touched, by table.</summary>
    public SortedDictionary<string, long> Rows { get; init; } = new(StringComparer.Ordinal);

    /// <summary>What was done at Clerk: a word of <see cref="AtClerk"/>; null: not yet.</summary>
    public string? Clerk { get; init; }

    /// <summary>What of a tenant is gone elsewhere; null: not yet.</summary>
    public ErasedAtMux? Mux { get; init; }

    public ErasedAtBlob? Blob { get; init; }

    public ErasedOrganization? Organization { get; init; }

    /// <summary>What of a person or a guest is gone already, in words.</summary>
    [JsonIgnore]
    public IReadOnlyList<string> Gone =>
    [
        .. Clerk is null or AtClerk.NotAsked ? Array.Empty<string>() : ["what Clerk held"],
        .. from of in Rows where of.Value > 0 select $"{of.Key} ({of.Value})",
    ];

    /// <summary>Of two runs of a step what the one saw that saw more: all of it is gone by now.</summary>
    public static T More<T>(T? before, T now, Func<T, long> size)
        where T : class => before is null || size(now) > size(before) ? now : before;

    public static ErasureSteps Read(string json) => JsonSerializer.Deserialize<ErasureSteps>(json, JsonSerializerOptions.Web)!;
}

/// <summary>How much of a tenant was at Mux; all of it is gone.</summary>
public sealed record ErasedAtMux(long Assets, long Uploads);

/// <summary>How many files of a tenant the store had a name for; none of them is there any more.</summary>
public sealed record ErasedAtBlob(long Originals, long Copies)
{
    /// <summary>Of each what was seen at most: from the tenant's closing on, copies go by themselves.</summary>
    public static ErasedAtBlob Most(ErasedAtBlob? before, ErasedAtBlob now) => before is null
        ? now
        : new(Math.Max(before.Originals, now.Originals), Math.Max(before.Copies, now.Copies));
}

/// <summary>A tenant's organization at Clerk is gone; its people with it, but for members of others.</summary>
public sealed record ErasedOrganization(int Users, int Kept);

/// <summary>What an erasure came to at Clerk.</summary>
public static class AtClerk
{
    public const string UserDeleted = "user_deleted";
    public const string MembershipDeleted = "membership_deleted";
    public const string NotThere = "not_there";

    /// <summary>A guest has no account.</summary>
    public const string NotAsked = "not_asked";
}
