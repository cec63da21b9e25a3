using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Console;
using Npgsql;
using Portal.Runtime.Durable;
using Portal.Runtime.Http;
using Portal.Runtime.Invocation;
using Portal.Runtime.Settings;
using Portal.Runtime.Timers;

namespace Portal.Runtime;

/// <summary>Puts a host together: settings, function index, services, engine, routes. Nothing listens or runs yet.</summary>
internal sealed partial class FunctionsHostParts
{
    // The Functions host's own limit for a request body.
    private const long MaxBody = 100 * 1024 * 1024;

    private readonly List<string> faults = [];

    private FunctionsHostParts(FunctionsHostOptions options)
    {
        Options = options;
        Settings = AppSettings.Load(options.ContentRoot, options.Settings, faults);
        Host = HostJson.Load(options.ContentRoot, Settings, faults);
        Index = FunctionIndex.Load(options.Functions, options.FunctionFilter, Host, Settings, faults);
        ThrowIfFaulty();
    }

    public FunctionsHostOptions Options { get; }

    public IConfigurationRoot Settings { get; }

    public HostJson Host { get; }

    public FunctionIndex Index { get; }

    public CancellationTokenSource CutShort { get; } = new();

    public WebApplication App { get; private set; } = null!;

    public InvocationRunner Runner { get; private set; } = null!;

    public DurableEngine Durable { get; private set; } = null!;

    public TimerStore? TimerStore { get; private set; }

    /// <exception cref="FunctionsHostStartException">Anything that keeps the host from starting.</exception>
    public static async Task<FunctionsHost> BuildAsync(FunctionsHostOptions options, CancellationToken ct)
    {
        var parts = new FunctionsHostParts(options);
        var builder = parts.CreateBuilder();
        var worker = new WorkerApplication(builder.Services);
        options.ConfigureApp(worker);
        builder.Services.Replace(ServiceDescriptor.Singleton(options.Clock));
        parts.App = Build(builder);
        try
        {
            parts.Index.CheckConstructors(parts.App.Services.GetRequiredService<IServiceProviderIsService>(), parts.faults);
            parts.ThrowIfFaulty();
            await parts.ConnectAsync(worker, ct);
        }
        catch
        {
            await parts.App.DisposeAsync();
            throw;
        }

        var host = new FunctionsHost(parts);
        parts.MapRoutes(host);
        return host;
    }

    /// <summary>Turns what a start may run into (a taken port, an unreachable database) into one clear sentence.</summary>
    public static FunctionsHostStartException? Explain(Exception failure, FunctionsHostOptions options) => failure switch
    {
        IOException { InnerException: AddressInUseException } => new FunctionsHostStartException(
            [$"Port {options.Port} on 127.0.0.1 is in use; stop what listens there or choose another port."], failure),
        NpgsqlException or SocketException => new FunctionsHostStartException(
            [$"The database {Describe(options.DurableDatabase)} cannot be used: {failure.Message}"], failure),
        _ => null,
    };

    private WebApplicationBuilder CreateBuilder()
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions
        {
            ApplicationName = Options.Functions.GetName().Name,
            ContentRootPath = Path.GetFullPath(Options.ContentRoot),
            EnvironmentName = Settings["AZURE_FUNCTIONS_ENVIRONMENT"] ?? Environments.Development,
        });
        builder.Configuration.AddConfiguration(Settings);
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            kestrel.Listen(IPAddress.Loopback, Options.Port);
        });

        // The app may ask its server for less, never for more than the host in front of it lets through.
        builder.Services.PostConfigure<KestrelServerOptions>(kestrel =>
            kestrel.Limits.MaxRequestBodySize = Math.Min(kestrel.Limits.MaxRequestBodySize ?? MaxBody, MaxBody));
        AddLogging(builder);
        builder.Services.AddRouting();
        builder.Services.AddMvcCore();
        builder.Services.AddSingleton(Options.Clock);

        // Signals belong to whoever starts the host, which may start several.
        builder.Services.AddSingleton<IHostLifetime, NoSignals>();
        builder.Host.UseDefaultServiceProvider(provider =>
            provider.ValidateScopes = provider.ValidateOnBuild = builder.Environment.IsDevelopment());
        return builder;
    }

    // In development every registration is tried for what it needs; a hole in one would else show at the first call.
    private static WebApplication Build(WebApplicationBuilder builder)
    {
        try
        {
            return builder.Build();
        }
        catch (AggregateException holes)
        {
            throw new FunctionsHostStartException([.. holes.InnerExceptions.Select(hole => hole.Message)], holes);
        }
    }

    private void AddLogging(WebApplicationBuilder builder)
    {
        builder.Logging.AddConsole(console => console.FormatterName = OneLineConsole.FormatterName);
        builder.Logging.AddConsoleFormatter<OneLineConsole, ConsoleFormatterOptions>();
        builder.Logging.SetMinimumLevel(Host.LogLevels.GetValueOrDefault("default", LogLevel.Information));

        // ASP.NET's own account of each request says what the runtime's one line says already.
        builder.Logging.AddFilter("Microsoft.AspNetCore", LogLevel.Warning).AddFilter("Microsoft.Hosting.Lifetime", LogLevel.Warning);
        foreach (var (category, level) in Host.LogLevels.Where(pair => !pair.Key.Equals("default", StringComparison.OrdinalIgnoreCase)))
        {
            builder.Logging.AddFilter(category, level);
        }

        Options.ConfigureLogging?.Invoke(builder.Logging);

        // These write paths or whole request lines: share tokens and keys. They stay quiet whatever levels someone sets; the first also
        // opens a scope with the path around every line, unless it is off altogether.
        builder.Services.PostConfigure<LoggerFilterOptions>(filters =>
        {
            filters.Rules.Add(new LoggerFilterRule(null, "Microsoft.AspNetCore.Hosting.Diagnostics", LogLevel.None, null));
            filters.Rules.Add(new LoggerFilterRule(null, "Microsoft.AspNetCore.Routing.Matching.DfaMatcher", LogLevel.Warning, null));
            filters.Rules.Add(new LoggerFilterRule(null, "Microsoft.AspNetCore.Routing.RouteBase", LogLevel.Warning, null));
            filters.Rules.Add(new LoggerFilterRule(null, "Microsoft.AspNetCore.Routing.RouteConstraintMatcher", LogLevel.Warning, null));
            filters.Rules.Add(new LoggerFilterRule(null, "Microsoft.AspNetCore.HttpOverrides", LogLevel.Warning, null));
            filters.Rules.Add(new LoggerFilterRule(null, "Microsoft.AspNetCore.Server.Kestrel.BadRequests", LogLevel.Warning, null));
        });
    }

    private async Task ConnectAsync(WorkerApplication worker, CancellationToken ct)
    {
        var loggers = App.Services.GetRequiredService<ILoggerFactory>();
        Runner = new InvocationRunner(App.Services, worker, loggers, Host.FunctionTimeout, Options.Clock);
        try
        {
            Durable = await DurableEngine.CreateAsync(EngineOptions(), new FunctionIndexDurable(Index, Runner, loggers), loggers, ct);
        }
        catch (Exception failure) when (Explain(failure, Options) is { } explained)
        {
            throw explained;
        }

        Runner.Engine = Durable;
        if (Options.TimersEnabled && Index.Of(TriggerKind.Timer).Any())
        {
            TimerStore = new TimerStore(NpgsqlDataSource.Create(Options.DurableDatabase), Host.HubName);
        }
    }

    private DurableEngineOptions EngineOptions()
    {
        var defaults = new DurableEngineOptions { ConnectionString = Options.DurableDatabase };
        return new DurableEngineOptions
        {
            ConnectionString = Options.DurableDatabase,
            Connections = Options.DurableConnections,
            Clock = Options.Clock,
            HubName = Host.HubName,
            MaxConcurrentActivities = Host.MaxConcurrentActivities ?? defaults.MaxConcurrentActivities,
            MaxConcurrentOrchestrators = Host.MaxConcurrentOrchestrators ?? defaults.MaxConcurrentOrchestrators,
            DrainLimit = Options.StopLimit,
            LeaseDuration = Options.DurableLease ?? defaults.LeaseDuration,

            // A lease that is to survive a missed renewal is renewed a few times in its life.
            PollInterval = Options.DurableLease / 4 ?? defaults.PollInterval,
        };
    }

    private void MapRoutes(FunctionsHost host)
    {
        var keys = new FunctionKeys(Settings);
        var loggers = App.Services.GetRequiredService<ILoggerFactory>();
        if (!keys.AnyConfigured)
        {
            Log.NoKeys(loggers.CreateLogger<FunctionsHost>());
        }

        FrontEnd.Use(App);
        App.UseRouting();

        // The host knows no 405: a method that no function lists is a path that does not exist.
        App.Use((http, next) =>
        {
            if (http.GetEndpoint() is { } endpoint && endpoint.Metadata.GetMetadata<OwnRoute>() is null)
            {
                http.SetEndpoint(null);
            }

            return next(http);
        });

        // The host's own routes come before the functions'.
        var own = App.MapGroup("").WithMetadata(new OwnRoute());
        new AdminRoutes(Index, keys, host.RunInBackground, Options.Clock).Map(own);
        DurableManagementRoutes.Map(own, Durable, keys.AllowsDurable);
        var limit = new RequestLimit(Host.MaxConcurrentRequests, Host.MaxOutstandingRequests);
        var functions = new HttpFunctions(Index, Runner, keys, limit, Options.Clock, loggers, CutShort.Token)
            .Routes(App.Services.GetRequiredService<IInlineConstraintResolver>());
        App.UseWhen(http => http.GetEndpoint() is null, others => others.UseRouter(functions));
        HomePage.Use(App, Settings, Options.HomePage);
    }

    private void ThrowIfFaulty()
    {
        if (faults.Count > 0)
        {
            throw new FunctionsHostStartException(faults);
        }
    }

    private static string Describe(string connectionString)
    {
        var database = new NpgsqlConnectionStringBuilder(connectionString);
        return $"{database.Database} on {database.Host}:{database.Port}";
    }

    private sealed class OwnRoute;

    private sealed class NoSignals : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Warning, "No function keys are configured (Keys:Functions, Keys:System:durabletask_extension, "
            + "Keys:Master): " +
            "functions are open, the host's own routes answer this machine only")]
        public static partial void NoKeys(ILogger logger);
    }
}
