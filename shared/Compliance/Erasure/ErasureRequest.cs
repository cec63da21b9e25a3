using Portal.Foundation.Faults;
using Portal.Foundation.Identity;

namespace Portal.Compliance.Erasure;

/// <summary>requested → running → completed, failed; failed → running; requested, running → held → requested; requested → cancelled
/// (docs/states.md).</summary>
public static class ErasureStatus
{
    public const string Requested = "requested";
    public const string Running = "running";
    public const string Completed = "completed";
    public const string Failed = "failed";

    /// <summary>By a legal hold, until it is lifted.</summary>
    public const string Held = "held";
    public const string Cancelled = "cancelled";
}

/// <summary>What becomes of the subject's comments.</summary>
public static class ErasedComments
{
    /// <summary>They stay, by "Deleted person".</summary>
    public const string Keep = "keep";

    /// <summary>Their text goes; their place in the thread stays.</summary>
    public const string Remove = "remove";
}

/// <summary>A request to erase somebody.</summary>
/// <param name="SubjectId">The user; null: a guest, or the tenant.</param>
/// <param name="Address">What is looked for; null of a tenant, and once it is completed. <paramref name="AddressHash"/> stays, a keyed
/// hash.</param>
/// <param name="ViewerIds">Viewers of share links that are the guest: an address and a viewer stand in no row together.</param>
/// <param name="RequestedBy">Null: nobody of the tenant; Clerk reported that the person was deleted.</param>
/// <param name="StartsAt">Not before: Clerk's word alone is held back for a day, since it may be a mis-click, and a tenant's for a
/// week.</param>
/// <param name="DueAt">A day after it may start (seed 002).</param>
public sealed record ErasureRequest(
    Guid Id, TenantId TenantId, string Kind, Guid? SubjectId, string Status, string Comments, string? Address, string? AddressHash,
    Guid[] ViewerIds, string? ClerkUserId, Guid? RequestedBy, int Attempt, string? LastError, DateTimeOffset RequestedAt,
    DateTimeOffset StartsAt, DateTimeOffset DueAt, DateTimeOffset? StartedAt, DateTimeOffset? EndedAt, int Version, string Done,
    string? SubjectName, string? RequestedByName)
{
    /// <summary>How long it may take, from the moment at which it may begin.</summary>
    public static readonly TimeSpan Promise = TimeSpan.FromHours(24);

    public bool RemovesComments => Comments == ErasedComments.Remove;

    public ErasureRef Ref => new(TenantId.Value, Id, Attempt);
}

/// <summary>Whom to erase, before there is a request.</summary>
public sealed record NewErasure(
    string Kind, UserId? Subject, string? Address, IReadOnlyList<Guid> Viewers, string Comments);

/// <summary>One attempt of an erasure: all that its orchestration is told, so that Durable's history holds ids only.</summary>
public sealed record ErasureRef(Guid TenantId, Guid ErasureId, int Attempt)
{
    public string InstanceId => $"erase-{ErasureId}-{Attempt}";

    public TenantId Tenant => new(TenantId);
}

/// <summary>Starts the orchestration that carries an erasure out.</summary>
public interface IErasureStarter
{
    /// <param name="kind">What its subject is: one of <see cref="SubjectKind"/>.</param>
    Task<StartedOnce> StartOnceAsync(string kind, ErasureRef erasure, CancellationToken ct);
}
