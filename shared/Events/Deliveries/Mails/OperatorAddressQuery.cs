using Portal.Foundation.Db;
using Portal.Foundation.Faults;
using Portal.Vendors;
using Portal.Vendors.Clerk;

namespace Portal.Events.Deliveries.Mails;

/// <summary>Where people on call get their mail: as Clerk says when it is sent, for we keep none of their addresses.</summary>
public sealed class OperatorAddressQuery(PortalDb db, ClerkDirectory clerk)
{
    /// <summary>Null: on call no more, gone at Clerk, or without an address that is proved to be theirs.</summary>
    /// <exception cref="TransientException">Clerk could not be asked.</exception>
    public async Task<(string Email, string? Name)?> FindAsync(string clerkUserId, CancellationToken ct)
    {
        if (!await db.AskAsync<bool>("select is_operator from portal.find_caller(@clerkUserId, null)", new { clerkUserId }, ct))
        {
            return null;
        }

        var found = await clerk.FindUserAsync(clerkUserId, ct);
        return found.IsFailure(out var failure, out var person)
            ? failure is VendorFailure.Refused { Status: 404 } ? null : throw new TransientException(failure.Reason)
            : person.Email is { } email ? (email, person.Name) : null;
    }
}
