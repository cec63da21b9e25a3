using Microsoft.Extensions.DependencyInjection;
using Portal.Foundation;
using Portal.Sharing.ShareLinks;

namespace Portal.Sharing;

/// <summary>Registers share links and comments.</summary>
public static class SharingRegistrations
{
    public static IServiceCollection AddSharing(this IServiceCollection services)
    {
        services.AddOptions<ShareLinkOptions>().BindConfiguration(ShareLinkOptions.Section)
            .Validate(
                o => o.Keys.TryGetValue(o.CurrentKey, out var key)
                    && Settings.IsKey(key, 32), "ShareLinks:Keys must hold ShareLinks:CurrentKey, base64 of 32 bytes or more.")
            .ValidateOnStart();
        return services
            .AddSingleton<ShareLinkTransitions>().AddSingleton<ShareAccessStore>().AddSingleton<EnterShareLink>()
            .AddSingleton<UnlockShareLink>().AddSingleton<DownloadShared>().AddSingleton<ShareRefusals>()
            .AddSingleton<Passphrases>().AddSingleton<PassphraseHash>()
            .AddSingleton<CommentStore>().AddSingleton<AddComment>().AddSingleton<ShareTokens>()
            .AddSingleton<ShareLinkStore>().AddSingleton<CreateShareLink>().AddSingleton<OpenShareLink>();
    }
}
