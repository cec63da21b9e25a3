using Microsoft.Extensions.DependencyInjection;
using Portal.Foundation.Webhooks;
using Portal.Videos.Uploads;

namespace Portal.Videos;

/// <summary>Registers uploads, assets and playback.</summary>
public static class VideosRegistrations
{
    public static IServiceCollection AddVideos(this IServiceCollection services)
    {
        return services
            .AddSingleton<AssetStore>().AddSingleton<AssetChangeStore>().AddSingleton<UploadStore>()
            .AddSingleton<UploadProgressStore>().AddSingleton<UploadTransitions>().AddSingleton<MuxCleanupStore>()
            .AddSingleton<UploadRules>().AddSingleton<RequestUpload>().AddSingleton<CancelUpload>()
            .AddSingleton<ReplayUpload>().AddSingleton<RetryUpload>()
            .AddSingleton<EndUpload>().AddSingleton<CreateMuxUpload>().AddSingleton<ReconcileUpload>()
            .AddSingleton<SettleUpload>().AddSingleton<DeleteUnwantedAssets>().AddSingleton<SweepUploads>()
            .AddSingleton(SweepLimits.Usual).AddSingleton<SweepMuxAssets>()
            .AddSingleton<IWebhookHandler, MuxEvents>().AddSingleton<MuxTaskStore>()
            .AddSingleton<ProcessMuxTasks>().AddSingleton<MintPlayback>().AddSingleton<PlaybackAuditStore>()
            .AddSingleton<PlayAsset>().AddSingleton<PlaybackEventStore>().AddSingleton<ReportPlayback>();
    }
}
