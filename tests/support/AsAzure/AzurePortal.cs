using Microsoft.Extensions.Logging;
using Portal.Host;
using Portal.Tests.Support.Contract;
using Xunit;

namespace Portal.Tests.Support.AsAzure;

/// <summary>The portal as on Azure, in real time: the published app behind infra/host, local vendors, a database of its own.</summary>
public sealed class AzurePortal : IAsyncLifetime
{
    private Azurite? storage;
    private AppHost? host;

    public TestPortal Portal { get; private set; } = null!;

    /// <summary>False where nobody asks for anything that needs a person.</summary>
    public bool PeopleToo { get; init; } = true;

    /// <summary>False where nobody looks at telemetry: then none leaves the app.</summary>
    public bool TelemetryToo { get; init; } = true;

    /// <summary>Everything that left the app as telemetry; null: none does.</summary>
    public TelemetryCollector? Telemetry { get; private set; }

    /// <summary>With one of everything in it.</summary>
    public SampleWorld World { get; private set; } = null!;

    public AppHost Host => host!;

    public async Task InitializeAsync()
    {
        storage = await Published.StorageAsync();
        Telemetry = TelemetryToo ? await TelemetryCollector.StartAsync() : null;
        Portal = new TestPortal
        {
            Clock = new TestClock(TimeProvider.System.GetUtcNow()),
            Overrides = new Dictionary<string, string?>(SampleWorld.NoLimits.Concat(Telemetry?.Settings ?? TelemetryCollector.None)),
            StartElsewhere = StartAsync,
        };
        await Portal.InitializeAsync();
        if (PeopleToo)
        {
            World = new SampleWorld(Portal);
            await World.AddPeopleAsync();
        }
    }

    public async Task DisposeAsync()
    {
        await Portal.DisposeAsync();
        await storage!.DisposeAsync();
        if (Telemetry is not null)
        {
            await Telemetry.DisposeAsync();
        }
    }

    private async Task<IAsyncDisposable> StartAsync(IReadOnlyDictionary<string, string?> settings, int port) =>
        host = await AppHost.StartAsync(new AppHostOptions
        {
            App = Published.Portal,
            Settings = settings,
            Storage = storage!.ConnectionString,
            Port = port,
            TimersEnabled = false,
            ConfigureLogging = logging => logging.SetMinimumLevel(LogLevel.Warning),
        });
}
