using Npgsql;
using Portal.Postgres;
using Portal.Tests.Support;

namespace Portal.Tests.Integration.Infra.Postgres;

/// <summary>What a deployment is told before it begins.</summary>
public sealed class ChangeFreezeQueryTests(TestDatabase database) : IClassFixture<TestDatabase>
{
    [Fact]
    public async Task A_freeze_is_told_with_its_time_and_reason_and_a_database_without_a_portal_has_none()
    {
        Assert.Null(await ChangeFreezeQuery.ReadAsync(database.Admin));
        await using var connection = new NpgsqlConnection(database.Admin);
        await connection.OpenAsync();
        await using var freeze = new NpgsqlCommand(
            "update portal.change_freeze set is_on = true, since = '2026-03-02T09:05:00Z', reason = 'The budget is spent.'", connection);
        await freeze.ExecuteNonQueryAsync();
        Assert.Equal(
            "Changes are frozen since 2026-03-02 09:05 UTC: The budget is spent.", await ChangeFreezeQuery.ReadAsync(database.Admin));

        await using var empty = await PostgresFixture.EmptyAsync();
        Assert.Null(await ChangeFreezeQuery.ReadAsync(empty.Admin));
    }
}
