using Microsoft.Extensions.DependencyInjection;
using Portal.Foundation.Webhooks;

namespace Portal.People;

/// <summary>Registers tenants, users and invites.</summary>
public static class PeopleRegistrations
{
    public static IServiceCollection AddPeople(this IServiceCollection services)
    {
        return services
            .AddSingleton<TenantStore>().AddSingleton<SetUpTenant>().AddSingleton<DeleteTenant>()
            .AddSingleton<UserStore>().AddSingleton<ProfileStore>().AddSingleton<InviteStore>()
            .AddSingleton<InviteSyncStore>().AddSingleton<CreateInvite>()
            .AddSingleton<SyncInvite>().AddSingleton<SweepInvites>().AddSingleton<ProvisionUser>()
            .AddSingleton<IWebhookHandler, ClerkEvents>().AddSingleton<SyncClerkUser>().AddSingleton<ClerkSyncStore>()
            .AddSingleton<SyncInvitation>();
    }
}
