using Npgsql;
using Portal.Foundation.Db;
using Portal.LocalVendors.Hosting;
using Portal.Runtime.Durable;

namespace Portal.Tests.Support;

/// <summary>Connections to one test database that outlive the apps, engines and vendors that use them one after the other.</summary>
internal sealed class DatabaseConnections : IAsyncDisposable
{
    private readonly VendorDatabase vendors;

    private DatabaseConnections(string admin, VendorDatabase vendors)
    {
        this.vendors = vendors;
        Engine = DurableEngine.Connect(admin);
        App = As(admin, "portal_app", most: 8);
        System = As(admin, "portal_system", most: 4);
        Portal = new(LeastPrivilege.Open(App, "Database:App"), LeastPrivilege.Open(System, "Database:System"));
    }

    /// <summary>Connection strings of the two roles.</summary>
    public string App { get; }

    public string System { get; }

    public PortalDataSources Portal { get; }

    public NpgsqlDataSource Engine { get; }

    /// <summary>Local vendors of one process on one database share connections: who holds them first keeps them open.</summary>
    public static async Task<DatabaseConnections> OpenAsync(string admin) =>
        new(admin, await VendorDatabase.OpenAsync(admin, CancellationToken.None));

    public async ValueTask DisposeAsync()
    {
        await vendors.DisposeAsync();
        await Engine.DisposeAsync();
        await Portal.DisposeAsync();
        foreach (var address in new[] { App, System })
        {
            await using var connection = new NpgsqlConnection(address);
            NpgsqlConnection.ClearPool(connection);
        }
    }

    // A start-up option: what a connection is reset to, so the role is still the role when the connection is used again. Few connections,
    // never reset, as in production (README): each new one, and each reset, learns the catalog and plans the functions' statements anew.
    // So does each statement that is not prepared: a tenth of what tests have to do, whose tables are small. At full size some lists would
    // get a worse plan (docs/api-figures.md), so production does not.
    private static string As(string admin, string role, int most) => new NpgsqlConnectionStringBuilder(admin)
    {
        ApplicationName = role,
        Options = $"-c role={role}",
        MaxPoolSize = most,
        NoResetOnClose = true,
        MaxAutoPrepare = 100,
        AutoPrepareMinUsages = 2,
    }.ConnectionString;
}
