using Portal.Foundation.Db;
using Portal.Foundation.Faults;
using Portal.Foundation.Identity;

namespace Portal.People;

/// <summary>Deletes a tenant softly, and revokes the invites that are out: nobody is to join what is gone.</summary>
public sealed class DeleteTenant(TenantStore tenants, InviteStore invites)
{
    public async Task<Refusal?> RunAsync(Tx tx, Caller caller, int version)
    {
        if (await tenants.DeleteAsync(tx, caller.Tenant, caller, version) is { } refusal)
        {
            return refusal;
        }

        await invites.RevokeAllAsync(tx, caller.Tenant, caller);
        return null;
    }
}
