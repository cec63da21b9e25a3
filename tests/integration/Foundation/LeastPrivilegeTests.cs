using Npgsql;
using Portal.Foundation.Db;
using Portal.Tests.Support;

namespace Portal.Tests.Integration.Foundation;

/// <summary>The app works with roles that row-level security holds for, and with no other.</summary>
public sealed class LeastPrivilegeTests : IAsyncLifetime
{
    private TestDatabase database = null!;

    public async Task InitializeAsync() => database = await PostgresFixture.CloneAsync();

    public async Task DisposeAsync() => await database.DisposeAsync();

    [Fact]
    public async Task The_apps_own_roles_are_let_in()
    {
        foreach (var address in new[] { database.App, database.System })
        {
            await using var source = LeastPrivilege.Open(address, "Database:App");
            await using var connection = await source.OpenConnectionAsync();
        }
    }

    [Theory]
    [InlineData("superuser", "is a superuser")]
    [InlineData("bypassrls", "bypasses row-level security")]
    [InlineData("in role", "owns the tables")]
    public async Task A_role_that_the_fence_does_not_hold_for_is_refused_by_name_of_the_setting(string right, string why)
    {
        var name = $"mighty_{Guid.NewGuid():N}";
        await using var admin = NpgsqlDataSource.Create(database.Admin);
        await using (var owner = admin.CreateCommand("select tableowner from pg_tables where schemaname = 'portal' limit 1"))
        await using (var create = admin.CreateCommand(
            $"create role {name} login password 'x' {right}{(right == "in role" ? $" {await owner.ExecuteScalarAsync()}" : "")}"))
        {
            await create.ExecuteNonQueryAsync();
        }

        var address = new NpgsqlConnectionStringBuilder(database.Admin) { Username = name, Password = "x", Pooling = false };
        await using var source = LeastPrivilege.Open(address.ConnectionString, "Database:App");

        var refused = await Assert.ThrowsAsync<InvalidOperationException>(async () => await source.OpenConnectionAsync());

        Assert.Contains($"The role of Database:App {why}", refused.Message, StringComparison.Ordinal);
        await using var drop = admin.CreateCommand($"drop role {name}");
        await drop.ExecuteNonQueryAsync();
    }
}
