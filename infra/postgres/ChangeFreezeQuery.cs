using System.Globalization;
using Npgsql;

namespace Portal.Postgres;

/// <summary>Whether changes are frozen, for what deploys: it has the owner's connection string, and no session of an Operator.</summary>
public static class ChangeFreezeQuery
{
    /// <returns>A sentence that says since when and why; null: they are not, or there is no portal in the database yet.</returns>
    public static async Task<string?> ReadAsync(string connectionString, CancellationToken ct = default)
    {
        await using var connection = new NpgsqlConnection(connectionString);
        await connection.OpenAsync(ct);
        await using var there = new NpgsqlCommand("select to_regclass('portal.change_freeze') is not null", connection);
        if (await there.ExecuteScalarAsync(ct) is not true)
        {
            return null;
        }

        await using var command = new NpgsqlCommand("select since, reason from portal.change_freeze where is_on", connection);
        await using var reader = await command.ExecuteReaderAsync(ct);
        return await reader.ReadAsync(ct)
            ? string.Create(
                CultureInfo.InvariantCulture,
                $"Changes are frozen since {reader.GetDateTime(0).ToUniversalTime():yyyy-MM-dd HH:mm} UTC: {reader.GetString(1)}")
            : null;
    }
}
