using Portal.Foundation.Audit;

namespace Portal.People;

/// <summary>Told that Clerk has deleted a user, once for each webhook that says so, whether or not they are a member anywhere.</summary>
public interface IDeletedUserSubscriber
{
    /// <summary>True when they were somebody here.</summary>
    Task<bool> DeletedAsync(string clerkUserId, Actor actor, CancellationToken ct);
}
