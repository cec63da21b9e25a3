using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Portal.Host.Durable;
using Portal.Host.Http;
using Portal.Host.Worker;
using Portal.Postgres;
using Portal.Runtime.Durable;
using Portal.Runtime.Http;
using Portal.Runtime.Settings;

namespace Portal.Host;

/// <summary>
/// A small Functions host: the published app as its own worker process, spoken to as Azure does (FunctionRpc, forwarded requests), with
/// Microsoft's Durable engine on Azure Storage. What runs here is what is deployed; <c>infra/runtime</c> is faster.
/// </summary>
public sealed class AppHost : IAsyncDisposable
{
    // The Functions host's own limit for a request body.
    private const long MaxBody = 100 * 1024 * 1024;

    private readonly AppHostOptions options;
    private readonly CancellationTokenSource stopping = new();
    private readonly HostJson hostJson;
    private readonly IConfigurationRoot settings;
    private WebApplication app = null!;
    private WorkerSupervisor workers = null!;
    private TimerFront timers = null!;
    private HttpFront front = null!;
    private TaskHub hub = null!;

    private AppHost(AppHostOptions options)
    {
        this.options = options;
        var faults = new List<string>();
        settings = AppSettings.Load(Path.GetDirectoryName(options.App)!, options.Settings, faults);
        hostJson = HostJson.Load(Path.GetDirectoryName(options.App)!, settings, faults);
        if (faults.Count > 0)
        {
            throw new WorkerExitedException(string.Join(' ', faults));
        }
    }

    /// <summary>Where HTTP functions answer.</summary>
    public Uri Address { get; private set; } = null!;

    /// <summary>Starts host and worker; returns once the app answers requests and orchestrations are picked up.</summary>
    /// <exception cref="WorkerExitedException">The app does not start.</exception>
    public static async Task<AppHost> StartAsync(AppHostOptions options, CancellationToken ct = default)
    {
        ArgumentNullException.ThrowIfNull(options);
        var host = new AppHost(options);
        try
        {
            await host.StartAsync(ct);
            return host;
        }
        catch
        {
            await host.DisposeAsync();
            throw;
        }
    }

    /// <summary>The process that runs the app now.</summary>
    public int WorkerId => workers.ProcessId;

    /// <summary>Ends the worker process as <c>kill -9</c> would. The host starts another one, as on Azure.</summary>
    public void KillWorker() => workers.Kill();

    /// <summary>Returns once <paramref name="ct"/> is cancelled.</summary>
    public async Task WaitForShutdownAsync(CancellationToken ct) =>
        await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, ct).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);

    /// <summary>Who signals a whole process group ends the worker and the storage, too: no other worker is started then, and the storage
    /// is not waited for.</summary>
    public async ValueTask DisposeAsync()
    {
        workers?.StartNoMore();
        await stopping.CancelAsync();
        if (timers is not null)
        {
            await timers.WhenStoppedAsync();
        }

        if (hub is not null)
        {
            await hub.DisposeAsync();
        }

        if (workers is not null)
        {
            await workers.DisposeAsync();
        }

        if (app is not null)
        {
            await app.DisposeAsync();
        }

        front?.Dispose();
        stopping.Dispose();
    }

    private async Task StartAsync(CancellationToken ct)
    {
        var channels = new WorkerChannels();
        var free = Loopback.FreePorts(2);
        var (rpcPort, appPort) = (free[0], options.Port == 0 ? free[1] : options.Port);
        var rpc = new Uri($"http://127.0.0.1:{rpcPort}/");
        Address = new Uri($"http://127.0.0.1:{appPort}");
        app = Build(rpcPort, appPort, channels);
        var loggers = app.Services.GetRequiredService<ILoggerFactory>();
        workers = new WorkerSupervisor(options, rpc, channels, loggers);
        var invoker = new Invoker(workers, rpc, Address, hostJson.HubName);
        hub = TaskHub.Create(options, hostJson.HubName, new RemoteExecution(invoker), loggers);
        timers = new TimerFront(invoker, options, TimeProvider.System, loggers.CreateLogger<TimerFront>());
        front = new HttpFront(
            workers, invoker, app.Services.GetRequiredService<Yarp.ReverseProxy.Forwarder.IHttpForwarder>(),
            loggers.CreateLogger<HttpFront>());
        Map(rpcPort, appPort);
        await app.StartAsync(ct);
        workers.Start();
        var worker = await workers.ReadyAsync(ct);
        await hub.StartAsync();
        if (options.TimersEnabled)
        {
            timers.Start(worker.Functions, stopping.Token);
        }
    }

    private WebApplication Build(int rpcPort, int appPort, WorkerChannels channels)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions { ApplicationName = "Portal.Host" });
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = MaxBody;
            kestrel.Listen(IPAddress.Loopback, appPort, listen => listen.Protocols = HttpProtocols.Http1);
            kestrel.Listen(IPAddress.Loopback, rpcPort, listen => listen.Protocols = HttpProtocols.Http2);
        });
        builder.Logging.AddConsole(console => console.FormatterName = OneLineConsole.FormatterName);
        builder.Logging.AddConsoleFormatter<OneLineConsole, Microsoft.Extensions.Logging.Console.ConsoleFormatterOptions>();
        builder.Logging.AddHostLevels();
        options.ConfigureLogging?.Invoke(builder.Logging);
        builder.Services.AddRouting();
        builder.Services.AddHttpForwarder();
        builder.Services.AddGrpc(grpc => grpc.MaxReceiveMessageSize = grpc.MaxSendMessageSize = int.MaxValue);
        builder.Services.AddSingleton(channels);
        builder.Services.AddSingleton<FunctionRpcEndpoint>();
        builder.Services.AddSingleton(services => new TaskHubRpc(
            services.GetRequiredService<IHostApplicationLifetime>(), services.GetRequiredService<ILoggerFactory>(), hub));

        // Signals belong to whoever starts the host.
        builder.Services.AddSingleton<IHostLifetime, NoSignals>();
        return builder.Build();
    }

    private void Map(int rpcPort, int appPort)
    {
        var keys = new FunctionKeys(settings);
        FrontEnd.Use(app);
        HomePage.Use(app, settings, options.HomePage);
        app.UseRouting();
        app.MapGrpcService<FunctionRpcEndpoint>().RequireHost($"*:{rpcPort}");
        app.MapGrpcService<TaskHubRpc>().RequireHost($"*:{rpcPort}");
        DurableManagementRoutes.Map(app.MapGroup("").RequireHost($"*:{appPort}"), new TaskHubManagement(hub), keys.AllowsDurable);
        app.MapPost("/admin/functions/{name}", http => RunTimerAsync(http, keys)).RequireHost($"*:{appPort}");
        app.MapFallback("{*path}", http => front.AnswerAsync(http, hostJson.RoutePrefix)).RequireHost($"*:{appPort}");
    }

    /// <summary>Answers at once; the timer runs behind.</summary>
    private async Task RunTimerAsync(HttpContext http, FunctionKeys keys)
    {
        if (!keys.AllowsAdmin(http))
        {
            http.Response.StatusCode = StatusCodes.Status401Unauthorized;
            return;
        }

        var name = (string)http.Request.RouteValues["name"]!;
        var timer = (await workers.ReadyAsync(http.RequestAborted)).Functions
            .FirstOrDefault(
                function => function.IsTriggeredBy("timerTrigger") && function.Name.Equals(name, StringComparison.OrdinalIgnoreCase));
        if (timer is not null)
        {
            _ = timers.RunAsync(timer, stopping.Token);
        }

        http.Response.StatusCode = timer is null ? StatusCodes.Status404NotFound : StatusCodes.Status202Accepted;
    }

    private sealed class NoSignals : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
