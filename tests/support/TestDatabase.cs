using Npgsql;
using Xunit;

namespace Portal.Tests.Support;

/// <summary>
/// A database of its own with the portal's schema: <c>IClassFixture&lt;TestDatabase&gt;</c> for one per test class, or
/// <c>await using</c> what <see cref="PostgresFixture.CloneAsync"/> returns for one per test. Dropped when disposed of.
/// </summary>
public sealed class TestDatabase : IAsyncLifetime, IAsyncDisposable
{
    private PostgresFixture? fixture;
    private string? name;
    private string? admin;

    public TestDatabase()
    {
    }

    internal TestDatabase(PostgresFixture fixture, string name, string admin)
    {
        this.fixture = fixture;
        this.name = name;
        this.admin = admin;
    }

    /// <summary>As the owner: past row-level security, free to change the schema.</summary>
    public string Admin => admin ?? throw new InvalidOperationException("The database is made by InitializeAsync, which xunit calls.");

    /// <summary>As the application: role portal_app, held to row-level security and its grants.</summary>
    public string App => As("portal_app");

    /// <summary>As the few cross-tenant paths: role portal_system.</summary>
    public string System => As("portal_system");

    public string Name => name ?? throw new InvalidOperationException("The database is made by InitializeAsync, which xunit calls.");

    public async Task InitializeAsync()
    {
        if (admin is null)
        {
            fixture = await PostgresFixture.SharedAsync();
            var made = await fixture.MakeAsync(TestTemplate.Portal);
            (name, admin) = (made.Name, made.Admin);
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (fixture is not null && name is not null)
        {
            foreach (var address in new[] { Admin, App, System })
            {
                await using var connection = new NpgsqlConnection(address);
                NpgsqlConnection.ClearPool(connection);
            }

            await fixture.DropAsync(name);
            fixture = null;
        }
    }

    Task IAsyncLifetime.DisposeAsync() => DisposeAsync().AsTask();

    // A start-up option: what a connection is reset to, so the role is still the role when the connection is used again. Few connections,
    // never reset, as in production (README): each new one, and each reset, learns the catalog and plans the functions' statements anew.
    private string As(string role) => new NpgsqlConnectionStringBuilder(Admin)
    {
        Options = $"-c role={role}",
        MaxPoolSize = 8,
        NoResetOnClose = true,
    }.ConnectionString;
}
