using Portal.Foundation.Faults;
using Portal.Foundation.Timers;
using Portal.Vendors.Mux;

namespace Portal.Operations.Costs;

/// <summary>
/// Counts what was used, day by day (UTC), up to yesterday: from our own rows once, and what Mux says of playing again until three days
/// after the day, for it is twelve hours late and may correct itself. Days that no run counted are made up for, as far as rows are kept.
/// </summary>
public sealed class MeasureUsage(UsageStore store, ReadUsageExports exports, WatchBudgets budgets, MuxVideo mux, TimeProvider clock)
{
    /// <summary>So far back are days counted that were missed: rows of upload jobs are kept for no less.</summary>
    public const int MostDaysBack = 30;

    /// <summary>After a day's end; what Mux says from then on stays.</summary>
    public static readonly TimeSpan SettledAfter = TimeSpan.FromDays(3);

    private const int PageSize = 100;
    private const int MostPages = 1000;

    /// <exception cref="TransientException">Mux did not say what was played; everything else was counted.</exception>
    public async Task<RunCounts> RunAsync(CancellationToken ct)
    {
        var counts = new RunCounts();
        var today = DateOnly.FromDateTime(clock.GetUtcNow().UtcDateTime);
        var days = await store.UnsettledAsync(today.AddDays(-MostDaysBack), today.AddDays(-1), ct);

        // Before what needs Mux: rows go with time, and nobody else remembers them.
        foreach (var day in days)
        {
            if (await store.CountOwnAsync(day, ct) is { } rows)
            {
                counts.Add("days", 1).Add("rows", rows);
            }
        }

        try
        {
            await MuxAsync(days, counts, ct);
        }
        finally
        {
            // Also when Mux is away: what is known may be over a budget.
            await budgets.RunAsync(counts, ct);
        }

        return counts;
    }

    /// <summary>What it says of playing, and the files in which it says everything: one is read when the other cannot be.</summary>
    private async Task MuxAsync(IReadOnlyList<DateOnly> days, RunCounts counts, CancellationToken ct)
    {
        try
        {
            foreach (var day in days)
            {
                await DeliveredAsync(day, counts, ct);
            }
        }
        finally
        {
            await exports.RunAsync(counts, ct);
        }
    }

    private async Task DeliveredAsync(DateOnly day, RunCounts counts, CancellationToken ct)
    {
        var from = new DateTimeOffset(day.ToDateTime(TimeOnly.MinValue), TimeSpan.Zero);
        var until = from.AddDays(1);
        var askedAt = clock.GetUtcNow();

        // By asset: one that slips to the next page while it is read counts once.
        var seconds = new Dictionary<string, DeliveredAsset>(StringComparer.Ordinal);
        for (var (page, read) = (1, 0L); ; page++)
        {
            var answer = await mux.ListDeliveredAsync(from, until, page, PageSize, ct);
            if (answer.IsFailure(out var failure, out var delivered))
            {
                throw new TransientException($"Mux did not say what was played on {day:yyyy-MM-dd}: {failure.Reason}");
            }

            foreach (var asset in delivered.Assets)
            {
                seconds[asset.AssetId] = asset;
            }

            read += delivered.Assets.Count;
            if (delivered.Assets.Count == 0 || read >= delivered.Total)
            {
                break;
            }

            if (page == MostPages)
            {
                throw new TransientException($"Mux lists more than {MostPages} pages of what was played on {day:yyyy-MM-dd}.");
            }
        }

        var unknown = await store.ReplaceDeliveredAsync(day, seconds.Values, askedAt, askedAt >= until + SettledAfter, ct);
        counts.Add("deliveredDays", 1).Add("deliveredSecondsOfNobody", (long)unknown);
    }
}
