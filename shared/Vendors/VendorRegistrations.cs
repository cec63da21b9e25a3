using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Mux.Csharp.Sdk.Api;
using Mux.Csharp.Sdk.Client;
using Portal.Vendors.Mux;

namespace Portal.Vendors;

/// <summary>Builds the Mux SDK's API objects from settings. They hold no state per call and may be shared.</summary>
internal static class VendorRegistrations
{
    public static IServiceCollection AddMux(this IServiceCollection services) => services
        .AddSingleton(p => Configure(p.GetRequiredService<IOptions<MuxOptions>>().Value))
        .AddSingleton<IDirectUploadsApiAsync>(p => new DirectUploadsApi(p.GetRequiredService<Configuration>()))
        .AddSingleton<IAssetsApiAsync>(p => new AssetsApi(p.GetRequiredService<Configuration>()))
        .AddSingleton<IMuxVideo, MuxVideo>();

    private static Configuration Configure(MuxOptions options) => new()
    {
        BasePath = options.ApiUrl,
        Username = options.TokenId,
        Password = options.TokenSecret,
        Timeout = (int)options.CallTimeout.TotalMilliseconds,
    };
}
