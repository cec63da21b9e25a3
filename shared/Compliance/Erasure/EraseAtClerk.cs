using Portal.Foundation.Faults;
using Portal.Vendors;
using Portal.Vendors.Clerk;

namespace Portal.Compliance.Erasure;

/// <summary>What an erasure deletes at Clerk. Each may run again: what is not there any more is deleted.</summary>
public sealed class EraseAtClerk(ClerkDirectory clerk)
{
    private const int NotFound = 404;

    /// <summary>The person, or only their membership when they are in other organizations too; answers which, as
    /// <see cref="AtClerk"/>.</summary>
    /// <exception cref="TransientException">Clerk is away.</exception>
    /// <exception cref="PermanentException">Clerk refuses.</exception>
    public async Task<string> PersonAsync(string user, string organization, CancellationToken ct)
    {
        if (await IsElsewhereAsync(user, organization, ct) is not { } elsewhere)
        {
            return AtClerk.NotThere;
        }

        var deleted = elsewhere
            ? await clerk.DeleteMembershipAsync(organization, user, ct)
            : await clerk.DeleteUserAsync(user, ct);
        return IsDeleted(deleted) ? elsewhere ? AtClerk.MembershipDeleted : AtClerk.UserDeleted : AtClerk.NotThere;
    }

    /// <summary>The organization with its memberships and invitations; first its people, but for those who are in others.</summary>
    /// <param name="known">People of whom the portal knows; there may be others.</param>
    /// <inheritdoc cref="PersonAsync" path="/exception"/>
    public async Task<ErasedOrganization> OrganizationAsync(string organization, IEnumerable<string> known, CancellationToken ct)
    {
        var members = await clerk.MembersAsync(organization, ct);
        if (members.IsFailure(out var failure, out var there) && !IsGone(failure))
        {
            throw Fault(failure);
        }

        var (users, kept) = (0, 0);
        foreach (var user in known.Union(there ?? []))
        {
            var elsewhere = await IsElsewhereAsync(user, organization, ct);
            if (elsewhere == false)
            {
                IsDeleted(await clerk.DeleteUserAsync(user, ct));
            }

            (users, kept) = elsewhere == true ? (users, kept + 1) : (users + 1, kept);
        }

        IsDeleted(await clerk.DeleteOrganizationAsync(organization, ct));
        return new(users, kept);
    }

    /// <summary>Null: there is no such user.</summary>
    private async Task<bool?> IsElsewhereAsync(string user, string organization, CancellationToken ct)
    {
        var found = await clerk.OrganizationsAsync(user, ct);
        if (found.IsFailure(out var failure, out var organizations))
        {
            return IsGone(failure) ? null : throw Fault(failure);
        }

        return organizations.Any(other => other != organization);
    }

    /// <summary>Deleted now; false: it was before.</summary>
    private static bool IsDeleted(VendorFailure? failure) => failure switch
    {
        null => true,
        _ when IsGone(failure) => false,
        _ => throw Fault(failure),
    };

    /// <summary>A second delete answers 404: it is done.</summary>
    private static bool IsGone(VendorFailure failure) => failure is VendorFailure.Refused { Status: NotFound };

    private static Exception Fault(VendorFailure failure) => ErasureFaults.Of("Clerk", failure);
}
