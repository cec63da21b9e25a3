using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Mux.Csharp.Sdk.Api;
using Mux.Csharp.Sdk.Client;
using Portal.Vendors.Mux;
using Portal.Vendors.PagerDuty;
using Portal.Vendors.Resend;
using Resend;

namespace Portal.Vendors;

/// <summary>Registers the vendors' SDKs, built from settings.</summary>
internal static class VendorRegistrations
{
    private static readonly TimeSpan MailTimeout = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan PageTimeout = TimeSpan.FromSeconds(10);

    /// <summary>Mux's API objects hold no state per call and may be shared.</summary>
    public static IServiceCollection AddMux(this IServiceCollection services) => services
        .AddSingleton(p => Configure(p.GetRequiredService<IOptions<MuxOptions>>().Value))
        .AddSingleton<IDirectUploadsApiAsync>(p => new DirectUploadsApi(p.GetRequiredService<Configuration>()))
        .AddSingleton<IAssetsApiAsync>(p => new AssetsApi(p.GetRequiredService<Configuration>()))
        .AddSingleton<IMuxVideo, MuxVideo>();

    /// <summary>Scoped: the SDK's client takes snapshot options, so nothing that lives longer than a request may hold it.</summary>
    public static IServiceCollection AddResend(this IServiceCollection services)
    {
        services.AddResend(_ => { }).ConfigureHttpClient(http => http.Timeout = MailTimeout);
        services.AddOptions<ResendClientOptions>().Configure<IOptions<ResendOptions>>(
            (client, options) => (client.ApiUrl, client.ApiToken) = (options.Value.ApiUrl, options.Value.ApiKey));
        return services.AddScoped<ResendMail>();
    }

    public static IServiceCollection AddPagerDuty(this IServiceCollection services)
    {
        services.AddHttpClient(nameof(PagerDutyEvents), http => http.Timeout = PageTimeout);
        return services.AddSingleton(p =>
            ActivatorUtilities.CreateInstance<PagerDutyEvents>(p, p.GetRequiredService<IHttpClientFactory>().CreateClient(nameof(PagerDutyEvents))));
    }

    private static Configuration Configure(MuxOptions options) => new()
    {
        BasePath = options.ApiUrl,
        Username = options.TokenId,
        Password = options.TokenSecret,
        Timeout = (int)options.CallTimeout.TotalMilliseconds,
    };
}
