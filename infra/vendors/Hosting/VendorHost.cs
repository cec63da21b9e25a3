using System.Net;
using System.Text.Json.Nodes;
using Dapper;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace Portal.LocalVendors.Hosting;

/// <summary>What a local vendor stands on: its database, its due work, one Kestrel server on loopback, a request log.</summary>
internal sealed partial class VendorHost : IAsyncDisposable
{
    public const long JsonLimit = 1024 * 1024;

    private readonly LocalVendorOptions options;
    private readonly ILoggerFactory loggers;
    private readonly VendorDatabase database;
    private WebApplication? app;
    private bool disposed;

    private VendorHost(string vendor, LocalVendorOptions options, VendorDatabase database)
    {
        this.options = options;
        this.database = database;
        Vendor = vendor;
        Clock = options.Clock;
        loggers = LoggerFactory.Create(logging => options.ConfigureLogging?.Invoke(logging));
        Logger = loggers.CreateLogger($"Portal.LocalVendors.{vendor}");
        Work = new DueWork(vendor, Data, Clock, Logger);
        Files = new StoredFiles(Data, Clock);
        Limits = new RateLimits(vendor, Data, Clock);
    }

    public string Vendor { get; }

    public NpgsqlDataSource Data => database.Data;

    public TimeProvider Clock { get; }

    public DateTimeOffset Now => Clock.GetUtcNow();

    public DueWork Work { get; }

    public StoredFiles Files { get; }

    public RateLimits Limits { get; }

    public RequestLog Requests { get; } = new();

    public ILogger Logger { get; }

    /// <summary>Without a trailing slash.</summary>
    public string Address { get; private set; } = "";

    public CancellationToken Stopping => app?.Lifetime.ApplicationStopping ?? CancellationToken.None;

    public static async Task<VendorHost> OpenAsync(string vendor, LocalVendorOptions options, CancellationToken ct) =>
        new(vendor, options, await VendorDatabase.OpenAsync(options.Database, ct));

    /// <summary>Starts listening, then the due work. Throws <see cref="IOException"/> when the port is taken.</summary>
    public async Task ServeAsync(VendorApi api, VendorFaults faults, CancellationToken ct)
    {
        // The empty builder reads no environment variables and no appsettings.json: those belong to the app beside us.
        var builder = WebApplication.CreateEmptyBuilder(
            new WebApplicationOptions { ApplicationName = "Portal.LocalVendors", EnvironmentName = "Production" });
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = JsonLimit;
            kestrel.Limits.MinRequestBodyDataRate = null;
            kestrel.Limits.MinResponseDataRate = null;
            kestrel.Listen(IPAddress.Loopback, options.Port);
        });
        builder.Services.AddRoutingCore();
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = TimeSpan.FromSeconds(1));
        options.ConfigureLogging?.Invoke(builder.Logging);
        app = builder.Build();
        app.Use((context, next) => RecordAsync(context, next, api.Error));
        app.UseWhen(
            context => api.Paths.Any(path => context.Request.Path.StartsWithSegments(path, StringComparison.Ordinal)),
            branch => branch.Use((context, next) => faults.RunAsync(context, next, Stopping)));
        app.UseRouting();
        FaultRoutes.Map(app, faults);
        api.Map(app);
        app.MapFallback((HttpContext context) => new VendorReply(404, api.Error(404, "Not found")).WriteAsync(context));
        await app.StartAsync(ct);
        Address = app.Services.GetRequiredService<IServer>().Features.GetRequiredFeature<IServerAddressesFeature>().Addresses.First()
            .TrimEnd('/');
        Work.Start();
    }

    /// <summary>A fact that the first process decides and every later one finds.</summary>
    public async Task<string> FactAsync(string name, Func<string> first, CancellationToken ct)
    {
        await using var connection = await Data.OpenConnectionAsync(ct);
        await connection.ExecuteAsync(
            "insert into vendors.facts (vendor, name, value) values (@Vendor, @name, @value) on conflict do nothing",
            new { Vendor, name, value = first() });
        return await connection.ExecuteScalarAsync<string>(
            "select value from vendors.facts where vendor = @Vendor and name = @name", new { Vendor, name }) ?? "";
    }

    /// <summary>Runs a state change in one transaction and wakes the due work after it is committed.</summary>
    public async Task<T> TransactAsync<T>(Func<NpgsqlConnection, NpgsqlTransaction, Task<T>> change, CancellationToken ct)
    {
        T result;
        await using (var connection = await Data.OpenConnectionAsync(ct))
        await using (var transaction = await connection.BeginTransactionAsync(ct))
        {
            result = await change(connection, transaction);
            await transaction.CommitAsync(ct);
        }
        Work.Signal();
        return result;
    }

    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref disposed, true))
        {
            return;
        }
        if (app is not null)
        {
            await app.StopAsync();
            await app.DisposeAsync();
        }
        await Work.DisposeAsync();
        await database.DisposeAsync();
        loggers.Dispose();
    }

    // Recorded before the answer leaves, so that a caller who has the answer finds the record.
    private async Task RecordAsync(HttpContext context, RequestDelegate next, Func<int, string, JsonNode> error)
    {
        var at = Now;
        var recorded = 0;
        void Record(int status)
        {
            if (Interlocked.Exchange(ref recorded, 1) == 0)
            {
                Requests.Add(new RecordedRequest(
                    context.Request.Method, context.Request.Path.Value ?? "", context.Request.QueryString.Value ?? "", status, at));
            }
        }
        context.Response.OnStarting(() =>
        {
            Record(context.Response.StatusCode);
            return Task.CompletedTask;
        });
        try
        {
            await next(context);
        }
        catch (BadHttpRequestException e) when (!context.Response.HasStarted)
        {
            await new VendorReply(e.StatusCode, error(e.StatusCode, e.Message)).WriteAsync(context);
        }
        catch (Exception) when (context.RequestAborted.IsCancellationRequested)
        {
            // The caller is gone; nobody is left to answer.
        }
        catch (Exception e) when (!context.Response.HasStarted)
        {
            Log.Broken(Logger, Vendor, context.Request.Method, context.Request.Path, e);
            await new VendorReply(500, error(500, "Internal error")).WriteAsync(context);
        }
        finally
        {
            Record(context.RequestAborted.IsCancellationRequested ? 0 : context.Response.StatusCode);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Error, "Local {Vendor} broke on {Method} {Path}")]
        public static partial void Broken(ILogger logger, string vendor, string method, string path, Exception error);
    }
}

internal static class Routes
{
    public static void Json(this WebApplication app, string method, string pattern, Func<HttpContext, Task<VendorReply>> handle) =>
        app.MapMethods(pattern, [method], async (HttpContext context) => await (await handle(context)).WriteAsync(context));

    public static string Route(this HttpContext context, string name) => (string?)context.Request.RouteValues[name] ?? "";
}
