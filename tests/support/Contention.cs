using Dapper;

namespace Portal.Tests.Support;

/// <summary>Requests that meet at one row.</summary>
public static class Contention
{
    /// <summary>What is answered to those who ask at the same time: none goes on before all have come as far as what a statement
    /// holds.</summary>
    /// <param name="hold">Locks what each of them locks, and may change it before they see it.</param>
    public static async Task<IReadOnlyList<Answer>> WhileHeldAsync(
        this TestPortal portal, string hold, object args, Func<IEnumerable<Task<Answer>>> ask)
    {
        await using var holder = await portal.OpenAsync();
        await using var transaction = await holder.BeginTransactionAsync();
        await holder.ExecuteAsync(hold, args, transaction);
        var asked = ask().ToList();
        await Eventually.TrueAsync(async () => await portal.LockWaitsAsync() == asked.Count, $"{asked.Count} to wait for what is held");
        await transaction.CommitAsync();
        return await Task.WhenAll(asked);
    }

    /// <summary>How many statements wait for a lock just now.</summary>
    public static Task<long> LockWaitsAsync(this TestPortal portal) => portal.ScalarAsync<long>(
        "select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'");
}
