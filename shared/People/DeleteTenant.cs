using Portal.Foundation.Db;
using Portal.Foundation.Identity;

namespace Portal.People;

/// <summary>Deletes a tenant softly, and revokes the invites that are out: nobody is to join what is gone.</summary>
public sealed class DeleteTenant(TenantStore tenants, InviteStore invites)
{
    /// <summary>False: somebody changed it in between.</summary>
    public async Task<bool> RunAsync(Tx tx, Caller caller, Tenant tenant)
    {
        if (!await tenants.DeleteAsync(tx, caller.Tenant, caller, tenant))
        {
            return false;
        }

        await invites.RevokeAllAsync(tx, caller.Tenant, caller);
        return true;
    }
}
