using System.Globalization;
using Npgsql;

namespace Portal.Postgres;

/// <summary>A server that somebody named: looked at once, so that a wrong address is a clear message at the start.</summary>
internal static class GivenServer
{
    /// <returns>The address as an Npgsql connection string.</returns>
    /// <exception cref="PostgresStartException">It does not answer, or is too old.</exception>
    public static async Task<string> CheckAsync(string text, CancellationToken ct)
    {
        try
        {
            var address = DatabaseAddress.Parse(text);
            await using var connection = new NpgsqlConnection(address);
            await connection.OpenAsync(ct);
            return connection.PostgreSqlVersion.Major >= ServerBinaries.OldestMajor
                ? address
                : throw new PostgresStartException(string.Create(
                    CultureInfo.InvariantCulture,
                    $"The given database is PostgreSQL {connection.PostgreSqlVersion}; {ServerBinaries.OldestMajor} or newer is needed."));
        }
        catch (ArgumentException exception)
        {
            throw new PostgresStartException(exception.Message, exception);
        }
        catch (NpgsqlException exception)
        {
            var cause = exception.InnerException is null ? "" : $" ({exception.InnerException.Message})";
            throw new PostgresStartException(
                $"The given database (--database or {PostgresServerOptions.DatabaseVariable}) does not answer: {exception.Message}{cause}",
                exception);
        }
    }
}
