using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;
using Mux.Csharp.Sdk.Api;
using Mux.Csharp.Sdk.Client;
using Portal.Foundation.Outages;
using Portal.Vendors.Blob;
using Portal.Vendors.Clerk;
using Portal.Vendors.Mux;
using Portal.Vendors.PagerDuty;
using Portal.Vendors.Resend;
using Resend;

namespace Portal.Vendors;

/// <summary>Registers the vendors' SDKs, and the adapters that speak plain HTTP, built from settings.</summary>
public static class VendorClients
{
    private static readonly TimeSpan MailTimeout = TimeSpan.FromSeconds(15);

    /// <summary>Until an answer begins.</summary>
    private static readonly TimeSpan ExportTimeout = TimeSpan.FromSeconds(30);

    /// <summary>Mux's API objects hold no state per call and may be shared.</summary>
    public static IServiceCollection AddMux(this IServiceCollection services) => services
        .AddSingleton(p => Configure(p.GetRequiredService<IOptions<MuxOptions>>().Value))
        .AddSingleton<IDirectUploadsApiAsync>(p => new DirectUploadsApi(p.GetRequiredService<Configuration>()))
        .AddSingleton<IAssetsApiAsync>(p => new AssetsApi(p.GetRequiredService<Configuration>()))
        .AddSingleton<IDeliveryUsageApiAsync>(p => new DeliveryUsageApi(p.GetRequiredService<Configuration>()))
        .AddSingleton<MuxVideo>()
        .AddMuxUsageExports();

    /// <summary>Behind no circuit: a few calls a day, to a host of its own, say nothing about Mux's videos.</summary>
    private static IServiceCollection AddMuxUsageExports(this IServiceCollection services)
    {
        services.AddHttpClient(nameof(MuxUsageExports), http => http.Timeout = ExportTimeout);
        return services.AddSingleton(p => ActivatorUtilities.CreateInstance<MuxUsageExports>(
            p, p.GetRequiredService<IHttpClientFactory>().CreateClient(nameof(MuxUsageExports))));
    }

    /// <summary>Scoped: the SDK's client takes snapshot options, so nothing that lives longer than a request may hold it.</summary>
    public static IServiceCollection AddResend(this IServiceCollection services)
    {
        services.AddResend(_ => { }).ConfigureHttpClient(http => http.Timeout = MailTimeout);
        services.AddOptions<ResendClientOptions>().Configure<IOptions<ResendOptions>>(
            (client, options) => (client.ApiUrl, client.ApiToken) = (options.Value.ApiUrl, options.Value.ApiKey));
        return services.AddScoped<ResendMail>();
    }

    /// <summary>Clerk's keys are on its front, a host of its own: one being away says nothing about the other.</summary>
    public static IServiceCollection AddClerk(this IServiceCollection services) => services
        .AddVendor<ClerkKeys>(VendorCircuit.ClerkKeys, TimeSpan.FromSeconds(5))
        .AddVendor<ClerkDirectory>(VendorCircuit.Clerk, TimeSpan.FromSeconds(10));

    public static IServiceCollection AddBlob(this IServiceCollection services) => services
        .AddVendor<BlobReads>(VendorCircuit.Blob, TimeSpan.FromSeconds(20))
        .AddVendor<BlobDeletes>(VendorCircuit.Blob, TimeSpan.FromSeconds(20))
        .AddVendor<BlobWrites>(VendorCircuit.Blob, TimeSpan.FromMinutes(2));

    public static IServiceCollection AddPagerDuty(this IServiceCollection services) => services
        .AddVendor<PagerDutyEvents>(VendorCircuit.PagerDuty, TimeSpan.FromSeconds(10));

    /// <summary>An adapter with a client of its own behind the vendor's circuit.</summary>
    /// <param name="limit">How long an answer may take to begin; all of it may take twice that.</param>
    public static IServiceCollection AddVendor<T>(this IServiceCollection services, string vendor, TimeSpan limit)
        where T : class
    {
        services.TryAddSingleton<VendorCircuits>();
        services.AddHttpClient(typeof(T).Name, http => http.Timeout = 2 * limit)
            .AddHttpMessageHandler(p => new VendorCircuitHandler(p.GetRequiredService<VendorCircuits>(), vendor, limit));
        return services.AddSingleton(p =>
            ActivatorUtilities.CreateInstance<T>(p, p.GetRequiredService<IHttpClientFactory>().CreateClient(typeof(T).Name)));
    }

    private static Configuration Configure(MuxOptions options) => new()
    {
        BasePath = options.ApiUrl,
        Username = options.TokenId,
        Password = options.TokenSecret,
        Timeout = (int)options.CallTimeout.TotalMilliseconds,
    };
}
