using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Azure.Functions.Worker;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Portal.Functions.Compliance;
using Portal.Functions.Compliance.Erasure;
using Portal.Functions.Compliance.Exports;
using Portal.Functions.Events.Changes;
using Portal.Functions.Events.OutboundWebhooks;
using Portal.Functions.Foundation.Http;
using Portal.Functions.Foundation.Telemetry;
using Portal.Functions.Operations;
using Portal.Functions.Operations.Objectives;
using Portal.Functions.Operations.Page;
using Portal.Functions.People;
using Portal.Functions.Sharing;
using Portal.Functions.Sharing.GuestPage;
using Portal.Functions.Sharing.ShareLinks;
using Portal.Functions.Videos;
using Portal.Functions.Videos.Uploads;

namespace Portal.Functions;

/// <summary>Everything the app registers, and the order of its middleware; the same on Azure and on the local runtime.</summary>
public static class PortalApp
{
    private const long HostBodyLimit = 100 * 1024 * 1024;

    public static IFunctionsWorkerApplicationBuilder AddPortal(this IFunctionsWorkerApplicationBuilder builder)
    {
        builder.Services.AddPortalCore();
        builder.Services.AddSingleton<UploadTargets>().AddSingleton<StartUpload>()
            .AddSingleton<ShareLinkAnswers>().AddSingleton<Writes>().AddSingleton<Lists>();
        builder.Services.AddSingleton<InviteDelivery>();
        builder.Services.AddSingleton<GuestAccess>().AddSingleton<SharedComments>();
        builder.Services.AddSingleton<GuestPagePolicy>().AddSingleton<GuestPageMessages>();
        builder.Services.AddSingleton<SearchCursors>();
        builder.Services.AddSingleton<WebhookEndpoint>();
        builder.Services.AddSingleton<TimerCatalog>().AddSingleton<TimerQueries>();
        builder.Services.AddSingleton<RouteTable>();
        builder.Services.AddSingleton<ErasureRequests>().AddSingleton<ExportRequests>().AddSingleton<AssetMoves>();
        builder.Services.AddSingleton<AuditReads>().AddSingleton<WebhookSecretAnswers>()
            .AddSingleton<ChangeAnswers>();
        builder.Services.AddHostedService<RequestFigureFlusher>();

        builder.Services.Configure<KestrelServerOptions>(kestrel =>
        {
            kestrel.AddServerHeader = false;

            // What the host lets through. With less, the server breaks the connection off under a long body, and the host answers 502;
            // so our own 413 gets through (Http/RequestBody.cs).
            kestrel.Limits.MaxRequestBodySize = HostBodyLimit;
        });
        builder.Services.ConfigureHttpJsonOptions(json => json.SerializerOptions.Encoder = AnswerJson.Options.Encoder);
        builder.Services.AddLogging(logging => logging
            .AddFilter(FailedRunMiddleware.WorkerCategory, LogLevel.Critical)
            // It puts the path into the scope of every line of a request, and paths carry tokens (Http/UrlTokens.cs).
            .AddFilter("Microsoft.AspNetCore.Hosting.Diagnostics", LogLevel.None));

        // Waits for nothing of its own: orchestrators may pass.
        builder.UseMiddleware<FailedRunMiddleware>();

        builder.UseWhen<TraceMiddleware>(context => IsTriggeredBy(context, "httpTrigger") || IsTriggeredBy(context, "timerTrigger"));

        // Only around HTTP: an orchestrator must not really await in middleware (docs/flows/durable.md).
        builder.UseWhen<CountRequestsMiddleware>(IsHttp);
        builder.UseWhen<RequestIdMiddleware>(IsHttp);
        builder.UseWhen<SecurityHeadersMiddleware>(IsHttp);
        builder.UseWhen<CorsMiddleware>(IsHttp);
        builder.UseWhen<BusyMiddleware>(IsHttp);
        builder.UseWhen<AcceptMiddleware>(IsHttp);
        builder.UseWhen<ExceptionMiddleware>(IsHttp);
        builder.UseWhen<DeniedReadMiddleware>(IsHttp);
        builder.UseWhen<OpsPageMiddleware>(IsHttp);
        builder.UseWhen<CallerMiddleware>(IsHttp);
        builder.UseWhen<FeatureMiddleware>(IsHttp);
        return builder;
    }

    private static bool IsHttp(FunctionContext context) => IsTriggeredBy(context, "httpTrigger");

    private static bool IsTriggeredBy(FunctionContext context, string trigger) =>
        context.FunctionDefinition.InputBindings.Values.Any(b => string.Equals(b.Type, trigger, StringComparison.OrdinalIgnoreCase));
}
