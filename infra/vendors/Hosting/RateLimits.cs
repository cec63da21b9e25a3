using Dapper;
using Npgsql;

namespace Portal.LocalVendors.Hosting;

/// <summary>Token buckets in the database: one account, one limit, however many processes.</summary>
internal sealed class RateLimits(string vendor, NpgsqlDataSource data, TimeProvider clock)
{
    /// <summary>Takes a token, or says how long until there is one. One statement, so that callers at once cannot share a token.</summary>
    public async Task<(bool Taken, int Remaining, TimeSpan RetryAfter)> TakeAsync(
        string name, double perSecond, int burst, CancellationToken ct)
    {
        await using var connection = await data.OpenConnectionAsync(ct);
        var parameters = new { name = $"{vendor}/{name}", perSecond, burst = (double)burst, now = clock.GetUtcNow().UtcDateTime };
        var left = await connection.ExecuteScalarAsync<double?>(new CommandDefinition(
            """
            insert into vendors.buckets as b (name, tokens, filled_at) values (@name, @burst - 1, @now)
            on conflict (name) do update
               set tokens = least(@burst, b.tokens + extract(epoch from greatest(@now, b.filled_at) - b.filled_at) * @perSecond) - 1,
                   filled_at = greatest(@now, b.filled_at)
             where least(@burst, b.tokens + extract(epoch from greatest(@now, b.filled_at) - b.filled_at) * @perSecond) >= 1
            returning tokens
            """, parameters, cancellationToken: ct));
        if (left is { } tokens)
        {
            return (true, (int)tokens, TimeSpan.Zero);
        }
        var missing = await connection.ExecuteScalarAsync<double>(new CommandDefinition(
            """
            select 1 - (tokens + extract(epoch from greatest(@now, filled_at) - filled_at) * @perSecond)
            from vendors.buckets where name = @name
            """, parameters, cancellationToken: ct));
        return (false, 0, TimeSpan.FromSeconds(Math.Max(0.001, missing / perSecond)));
    }
}
