using System.Text.Json;
using Portal.Foundation;
using Portal.Foundation.Db;

namespace Portal.Operations.Playback;

/// <summary>
/// How playback goes for people, read each time from what players said. Percentiles are interpolated. Across tenants: the answer holds no
/// id. Days are those on which it was said, in UTC.
/// </summary>
public sealed class PlaybackTelemetryQuery : IDisposable
{
    /// <summary>Of one answer: none of them has lost rows to retention.</summary>
    public const int MostDays = 31;

    private const int Week = 7;

    /// <summary>How long the overview for people on call keeps what it read: it looks every five seconds.</summary>
    private static readonly TimeSpan Fresh = TimeSpan.FromMinutes(1);

    private const string Days = """
        select date_trunc('day', e.minute, 'UTC') as day,
               (count(distinct (e.tenant_id, e.playback_session_id)) filter (where e.type <> 'ended'))::integer as playbacks,
               (count(*) filter (where e.type = 'started'))::integer as started,
               (count(*) filter (where e.type = 'failed'))::integer as failed,
               (count(*) filter (where e.type = 'ended'))::integer as ended,
               (count(*) filter (where e.rebuffers > 0))::integer as rebuffered,
               to_json(percentile_cont(array[0.5, 0.95]) within group (order by e.startup_ms))::text as startup
          from portal.playback_events e
         where e.minute >= @from and e.minute < @until
         group by 1 order by 1 desc
        """;

    private const string Errors = """
        select date_trunc('day', e.minute, 'UTC') as day, e.error_code as code, count(*)::integer as times
          from portal.playback_events e
         where e.minute >= @from and e.minute < @until and e.type = 'failed'
         group by 1, 2 order by count(*) desc, e.error_code
        """;

    private readonly PortalDb db;
    private readonly TimeProvider clock;
    private readonly Recent<IReadOnlyList<PlaybackDay>> week;

    public PlaybackTelemetryQuery(PortalDb db, TimeProvider clock) =>
        (this.db, this.clock, week) = (db, clock, new(Fresh, clock, ct => ReadAsync(Week, ct)));

    /// <summary>So many days, today the last of them; the newest first, and one on which nothing was said is left out.</summary>
    public Task<IReadOnlyList<PlaybackDay>> ReadAsync(int days, CancellationToken ct)
    {
        var today = new DateTimeOffset(clock.GetUtcNow().UtcDateTime.Date, TimeSpan.Zero);
        var args = new { from = today.AddDays(1 - days), until = today.AddDays(1) };
        return db.AcrossTenantsAsync<IReadOnlyList<PlaybackDay>>(async tx =>
        {
            var rows = await tx.QueryAsync<DayRow>(Days, args);
            var errors = (await tx.QueryAsync<ErrorRow>(Errors, args)).ToLookup(row => row.Day);
            return [.. rows.Select(row => row.With(errors[row.Day]))];
        }, ct);
    }

    /// <summary>The week up to now, at most a minute old.</summary>
    public ValueTask<IReadOnlyList<PlaybackDay>> WeekAsync(CancellationToken ct) => week.ReadAsync(ct);

    public void Dispose() => week.Dispose();

    private sealed record ErrorRow(DateTimeOffset Day, string Code, int Times);

    private sealed record DayRow(
        DateTimeOffset Day, int Playbacks, int Started, int Failed, int Ended, int Rebuffered, string? Startup)
    {
        public PlaybackDay With(IEnumerable<ErrorRow> errors)
        {
            // Of no value at all it is null, or a null for each percentile.
            var startup = Startup is null ? null : JsonSerializer.Deserialize<double?[]>(Startup);
            return new(
                DateOnly.FromDateTime(Day.UtcDateTime), Playbacks, Started, Failed, Ended, Rebuffered, startup?[0], startup?[1],
                [.. errors.Select(row => new PlaybackErrorCount(row.Code, row.Times))]);
        }
    }
}
