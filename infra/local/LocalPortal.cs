using System.Globalization;
using System.Net.Sockets;
using Portal.Functions;
using Portal.Functions.Foundation.Telemetry;
using Portal.Host;
using Portal.Postgres;
using Portal.Runtime;

namespace Portal.Local;

/// <summary>Everything that runs: Postgres, the vendors, the app. Started in that order, each with a line; stopped the other way
/// round.</summary>
internal sealed class LocalPortal : IAsyncDisposable
{
    // Requests and activities here are short; who presses Ctrl+C does not want to wait for one that is not.
    private static readonly TimeSpan StopLimit = TimeSpan.FromSeconds(5);

    private readonly Screen screen;
    private readonly TimeProvider clock;
    private readonly Stack<(string Name, IAsyncDisposable Part)> started = new();

    private LocalPortal(Screen screen, TimeProvider clock)
    {
        this.screen = screen;
        this.clock = clock;
    }

    /// <summary>The app's address, without a slash at the end.</summary>
    public string App { get; private set; } = "";

    public LocalDatabase Database { get; private set; } = null!;

    public VendorServers Vendors { get; private set; } = null!;

    public LocalSecrets Secrets { get; private set; } = null!;

    /// <summary>Done when asked to stop, or when the app stops by itself.</summary>
    private Func<CancellationToken, Task> WhenStopped { get; set; } = null!;

    public static async Task<LocalPortal> StartAsync(
        LauncherArguments arguments, Screen screen, LogGate logs, TimeProvider clock, CancellationToken ct)
    {
        // Before anything is downloaded or started for nothing.
        var port = PortForApp(arguments.Port);
        var root = FindContentRoot();
        var portal = new LocalPortal(screen, clock);
        try
        {
            screen.Heading("Starting the portal");
            await portal.StartDatabaseAsync(arguments, ct);
            portal.Vendors = portal.Started("vendors", await VendorServers.StartAsync(portal.Database.Address, port, screen, clock, ct));
            await portal.StartAppAsync(root, port, arguments, logs, ct);
            return portal;
        }
        catch
        {
            await portal.DisposeAsync();
            throw;
        }
    }

    /// <summary>Returns when asked to stop, or when the app stops by itself.</summary>
    public Task WaitAsync(CancellationToken ct) => WhenStopped(ct);

    public async ValueTask DisposeAsync()
    {
        if (started.Count == 0)
        {
            return;
        }

        var began = clock.GetTimestamp();
        screen.Line();
        while (started.TryPop(out var each))
        {
            try
            {
                await each.Part.DisposeAsync();
            }
            catch (Exception exception)
            {
                // The others must still be stopped.
                screen.Failed($"Stopping {each.Name}: {exception.Message}");
            }
        }

        screen.Line(string.Create(CultureInfo.InvariantCulture, $"Stopped in {clock.GetElapsedTime(began).TotalSeconds:0.0} s."));
    }

    private async Task StartDatabaseAsync(LauncherArguments arguments, CancellationToken ct)
    {
        Database = await screen.StepAsync(
            "Postgres", async () => Started(
                "Postgres", await LocalDatabase.OpenAsync(arguments, screen, ct)), database => database.Description);
        await screen.StepAsync(
            "Migrations",
            () => Migrator.ApplyAsync(Database.Address, ct),
            count => count == 0 ? "nothing to do" : string.Create(CultureInfo.InvariantCulture, $"{count} applied"));
        await screen.StepAsync("Demo data", () => DemoPeople.WriteAsync(Database.Data, clock.GetUtcNow(), ct));
    }

    private async Task StartAppAsync(string root, int port, LauncherArguments arguments, LogGate logs, CancellationToken ct)
    {
        // The portal's page is at localhost too: cookies of 127.0.0.1 would be another site's there, and browsers would not send them.
        var address = string.Create(CultureInfo.InvariantCulture, $"http://localhost:{port}");
        Secrets = await LocalSecrets.LoadAsync(Database.Data, ct);
        var signingKey = await screen.StepAsync(
            "Signing key", () => Secrets.MuxSigningKeyAsync(
                Vendors.Mux, Vendors.MuxOptions, ct), key => $"{key.Id[..8]}…, for playback tokens");
        var settings = LocalSettings.Of(Database, Vendors, Secrets, signingKey, address);
        var front = Started("the front page", new FrontPage(address, Vendors, clock));
        WhenStopped = arguments.AsAzure
            ? await StartAsAzureAsync(root, port, address, settings, front, arguments, logs, ct)
            : await StartFastAsync(root, port, address, settings, front, logs, ct);
        App = address;
        Vendors.Mux.WebhookUrl = new Uri($"{address}/api/webhooks/mux");
        Vendors.Clerk.WebhookUrl = new Uri($"{address}/api/webhooks/clerk");
        Vendors.Resend.WebhookUrl = new Uri($"{address}/api/webhooks/resend");
        Vendors.PagerDuty.WebhookUrl = new Uri($"{address}/api/webhooks/pagerduty");
    }

    /// <summary>The function classes in this process, on the fast runtime.</summary>
    private async Task<Func<CancellationToken, Task>> StartFastAsync(
        string root, int port, string address, Dictionary<string, string?> settings, FrontPage front, LogGate logs, CancellationToken ct)
    {
        var host = await screen.StepAsync(
            "App",
            async () => Started("the app", await FunctionsHost.StartAsync(
                new FunctionsHostOptions
                {
                    ContentRoot = root,
                    Functions = typeof(PortalApp).Assembly,
                    ConfigureApp = app => app.AddPortal().Services.AddPortalTelemetry(LocalSettings.Configuration(settings)),
                    DurableDatabase = Database.Address,
                    Port = port,
                    Clock = clock,
                    Settings = settings,
                    ConfigureLogging = logs.Configure,
                    HomePage = front.AnswerAsync,
                    StopLimit = StopLimit,
                },
                ct)),
            _ => address);
        return host.WaitForShutdownAsync;
    }

    /// <summary>The published app in a process of its own, on Microsoft's Durable engine and Azurite.</summary>
    private async Task<Func<CancellationToken, Task>> StartAsAzureAsync(
        string root, int port, string address, Dictionary<string, string?> settings, FrontPage front, LauncherArguments arguments,
        LogGate logs, CancellationToken ct)
    {
        var state = Path.Combine(root, ".portal", "as-azure");
        var data = Path.Combine(state, "storage");
        if (arguments.Fresh && Directory.Exists(data))
        {
            Directory.Delete(data, recursive: true);
        }

        var app = await screen.StepAsync(
            "Publish", () => PublishedApp.MakeAsync(root, Path.Combine(state, "app"), ct), path => Path.GetRelativePath(root, path));
        var storage = await screen.StepAsync(
            "Azurite", async () => Started(
                "Azurite", await Azurite.StartAsync(
                    Path.Combine(root, ".portal", "azurite"), data, screen, ct)), _ => "Azure Storage's emulator");
        var host = await screen.StepAsync(
            "App",
            async () => Started("the app", await AppHost.StartAsync(
                new AppHostOptions
                {
                    App = app,
                    Settings = settings,
                    Storage = storage.ConnectionString,
                    Port = port,
                    ConfigureLogging = logs.Configure,
                    HomePage = front.AnswerAsync,
                }, ct)),
            _ => $"{address}, in a process of its own");
        return host.WaitForShutdownAsync;
    }

    private T Started<T>(string name, T part)
        where T : IAsyncDisposable
    {
        started.Push((name, part));
        return part;
    }

    /// <summary>The port asked for, or a free one for 0: the app's settings need its number before it listens.</summary>
    private static int PortForApp(int port) => port == 0 ? Loopback.FreePort() : Loopback.Try(port) switch
    {
        null => port,
        SocketError.AddressAlreadyInUse => throw new LauncherException(
            $"Port {port} is in use. Stop what listens there, or choose another with --port (0 takes any free one)."),
        var error => throw new LauncherException($"Port {port} cannot be used ({error}). Choose another with --port."),
    };

    /// <summary>The checkout if we run from one (it may have a local.settings.json), else the folder of the program.</summary>
    private static string FindContentRoot()
    {
        if (Checkout.Find() is { } checkout)
        {
            return checkout;
        }

        return File.Exists(Path.Combine(AppContext.BaseDirectory, "host.json"))
            ? AppContext.BaseDirectory
            : throw new LauncherException($"There is no host.json in {AppContext.BaseDirectory} or above it.");
    }
}
