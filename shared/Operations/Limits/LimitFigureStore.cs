using Portal.Foundation.Db;
using Portal.Foundation.Limits;

namespace Portal.Operations.Limits;

/// <summary>What a limit did to one key in a day.</summary>
public sealed record LimitedKey(string Limit, string Key, long Refused, long LetThrough);

/// <summary>What a limit did in the last hour and in the last day.</summary>
public sealed record LimitCounts(string Limit, long RefusedHour, long LetThroughHour, long RefusedDay, long LetThroughDay);

/// <summary>All SQL of what limits refused, or would have.</summary>
public sealed class LimitFigureStore(PortalDb db, TimeProvider clock)
{
    /// <summary>Keys that are shown of a limit.</summary>
    public const int KeysShown = 5;

    private static readonly TimeSpan Hour = TimeSpan.FromHours(1);
    private static readonly TimeSpan Day = TimeSpan.FromDays(1);

    /// <summary>Rows are added to in one order by everybody, so that no two instances wait for each other in a circle.</summary>
    public Task AddAsync(IReadOnlyList<LimitFigure> figures, CancellationToken ct) => db.RunAcrossTenantsAsync("""
        insert into portal.limit_figures as f (minute, limit_name, key, mode, times)
        select b.minute, b.limit_name, b.key, b.mode, b.times
          from unnest(@minutes, @limits, @keys, @modes, @times) as b (minute, limit_name, key, mode, times)
         order by b.minute, b.limit_name, b.key, b.mode
        on conflict (minute, limit_name, key, mode) do update set times = f.times + excluded.times
        """, new
    {
        minutes = figures.Select(figure => figure.Minute.UtcDateTime).ToArray(),
        limits = figures.Select(figure => figure.Limit).ToArray(),
        keys = figures.Select(figure => figure.Key).ToArray(),
        modes = figures.Select(figure => figure.Mode).ToArray(),
        times = figures.Select(figure => figure.Times).ToArray(),
    }, ct);

    /// <summary>Of those limits that refused somebody in a day, or would have.</summary>
    public Task<IReadOnlyList<LimitCounts>> CountsAsync(CancellationToken ct) => db.AcrossTenantsAsync(tx => tx.QueryAsync<LimitCounts>("""
        select f.limit_name as limit,
               coalesce(sum(f.times) filter (where f.mode = 'enforce' and f.minute > @hour), 0)::bigint as refused_hour,
               coalesce(sum(f.times) filter (where f.mode = 'observe' and f.minute > @hour), 0)::bigint as let_through_hour,
               coalesce(sum(f.times) filter (where f.mode = 'enforce'), 0)::bigint as refused_day,
               coalesce(sum(f.times) filter (where f.mode = 'observe'), 0)::bigint as let_through_day
          from portal.limit_figures f where f.minute > @day
         group by f.limit_name
        """, new { hour = clock.GetUtcNow() - Hour, day = clock.GetUtcNow() - Day }), ct);

    /// <summary>The few keys of each limit that were over it most often in a day.</summary>
    public Task<IReadOnlyList<LimitedKey>> TopKeysAsync(CancellationToken ct) => db.AcrossTenantsAsync(tx => tx.QueryAsync<LimitedKey>("""
        select k.limit_name as limit, k.key, k.refused, k.let_through
          from (select f.limit_name, f.key,
                       coalesce(sum(f.times) filter (where f.mode = 'enforce'), 0)::bigint as refused,
                       coalesce(sum(f.times) filter (where f.mode = 'observe'), 0)::bigint as let_through,
                       row_number() over (partition by f.limit_name order by sum(f.times) desc, f.key) as place
                  from portal.limit_figures f where f.minute > @day and f.key <> @Rest
                 group by f.limit_name, f.key) k
         where k.place <= @KeysShown
         order by k.limit_name, k.place
        """, new { day = clock.GetUtcNow() - Day, LimitFigures.Rest, KeysShown }), ct);
}
