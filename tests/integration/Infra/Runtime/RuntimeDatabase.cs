using Portal.Tests.Support;

namespace Portal.Tests.Integration.Infra.Runtime;

/// <summary>An empty database per test class: the runtime makes its own schemas.</summary>
public sealed class RuntimeDatabase : IAsyncLifetime
{
    private TestDatabase? database;

    public string ConnectionString => database?.Admin ?? throw new InvalidOperationException("xunit has not initialised the fixture.");

    public async Task InitializeAsync() => database = await PostgresFixture.CloneAsync();

    public async Task DisposeAsync()
    {
        if (database is not null)
        {
            await database.DisposeAsync();
        }
    }
}
