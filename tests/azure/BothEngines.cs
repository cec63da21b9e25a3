using Microsoft.Extensions.Logging;
using Portal.Host;
using Portal.Runtime;
using Portal.Tests.SampleApp;
using Portal.Tests.Support;
using Portal.Tests.Support.AsAzure;

namespace Portal.Tests.Azure;

/// <summary>The sample app twice: its classes on the fast runtime, and published on infra/host with Microsoft's engine.</summary>
public sealed class BothEngines : IAsyncLifetime
{
    public const string Fast = "fast";
    public const string Microsofts = "Microsoft's";

    private TestDatabase? database;
    private Azurite? storage;
    private FunctionsHost? fast;
    private AppHost? real;

    public AppHost Real => real!;

    public async Task InitializeAsync()
    {
        database = await PostgresFixture.CloneAsync();
        storage = await Published.StorageAsync();
        fast = await FunctionsHost.StartAsync(new FunctionsHostOptions
        {
            ContentRoot = Path.GetDirectoryName(Published.Sample)!,
            Functions = typeof(HelloFunction).Assembly,
            ConfigureApp = _ => { },
            DurableDatabase = database.Admin,
            Port = 0,
            ConfigureLogging = logging => logging.SetMinimumLevel(LogLevel.Error),
        });
        real = await StartRealAsync(storage);
    }

    /// <summary>The published sample app on Microsoft's engine.</summary>
    public static Task<AppHost> StartRealAsync(Azurite storage) => AppHost.StartAsync(new AppHostOptions
    {
        App = Published.Sample,
        Settings = new Dictionary<string, string?>(),
        Storage = storage.ConnectionString,
        MessageTimeout = TimeSpan.FromSeconds(5),
        ConfigureLogging = logging => logging.SetMinimumLevel(LogLevel.Error),
    });

    public async Task DisposeAsync()
    {
        foreach (var host in new IAsyncDisposable?[] { real, fast, storage, database })
        {
            if (host is not null)
            {
                await host.DisposeAsync();
            }
        }
    }

    public HttpClient Client(string engine) => new() { BaseAddress = engine == Fast ? fast!.Address : real!.Address };
}
