using Npgsql;
using Portal.Foundation.Db;
using Xunit;

namespace Portal.Tests.Support;

/// <summary>
/// A database of its own with the portal's schema: <c>IClassFixture&lt;TestDatabase&gt;</c> for one per test class, or
/// <c>await using</c> what <see cref="PostgresFixture.CloneAsync"/> returns for one per test. Given back when disposed of: emptied for the
/// next, or dropped.
/// </summary>
public sealed class TestDatabase : IAsyncLifetime, IAsyncDisposable
{
    private PostgresFixture? fixture;
    private MadeDatabase? made;

    public TestDatabase()
    {
    }

    internal TestDatabase(PostgresFixture fixture, MadeDatabase made)
    {
        this.fixture = fixture;
        this.made = made;
    }

    /// <summary>As the owner: past row-level security, free to change the schema.</summary>
    public string Admin => Made.Admin;

    /// <summary>As the application: role portal_app, held to row-level security and its grants.</summary>
    public string App => Connections.App;

    /// <summary>As the few cross-tenant paths: role portal_system.</summary>
    public string System => Connections.System;

    /// <summary>The app's connections, warm where the database was used before; they outlive whoever uses them.</summary>
    public PortalDataSources Portal => Connections.Portal;

    /// <summary>An engine's, likewise.</summary>
    public NpgsqlDataSource Engine => Connections.Engine;

    public string Name => Made.Name;

    private MadeDatabase Made =>
        made ?? throw new InvalidOperationException("The database is made by InitializeAsync, which xunit calls.");

    private DatabaseConnections Connections =>
        Made.Connections ?? throw new InvalidOperationException("The portal's roles are in databases with its schema alone.");

    public async Task InitializeAsync()
    {
        if (made is null)
        {
            fixture = await PostgresFixture.SharedAsync();
            made = await fixture.TakeAsync(TestTemplate.Portal);
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (fixture is not null && made is not null)
        {
            await fixture.GiveBackAsync(made);
            fixture = null;
        }
    }

    Task IAsyncLifetime.DisposeAsync() => DisposeAsync().AsTask();
}

/// <summary>One database on the server.</summary>
/// <param name="Admin">The owner's connection string.</param>
/// <param name="Connections">Null: it is dropped after its first use.</param>
internal sealed record MadeDatabase(string Name, string Admin, DatabaseConnections? Connections);
