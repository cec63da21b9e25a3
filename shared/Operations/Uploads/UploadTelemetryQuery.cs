using System.Text.Json;
using Portal.Foundation;
using Portal.Foundation.Db;
using Portal.People;

namespace Portal.Operations.Uploads;

/// <summary>
/// How uploads go, read from their rows each time: nothing is counted beside them that could say something else. Percentiles of times
/// are interpolated (<c>percentile_cont</c>); those of sizes are the size of some upload (<c>percentile_disc</c>). Across tenants: the
/// answer holds no id. Days are those of the request, in UTC.
/// </summary>
public sealed class UploadTelemetryQuery : IDisposable
{
    /// <summary>Of one answer.</summary>
    public const int MostDays = 92;

    /// <summary>How long the overview for people on call keeps what it read: it looks every five seconds.</summary>
    private static readonly TimeSpan Fresh = TimeSpan.FromMinutes(1);

    private const string Jobs = """
        with jobs as (
            select date_trunc('day', j.created_at, 'UTC') as day, j.id, j.source, j.status, j.attempt, j.attempts, j.failure_code,
                   extract(epoch from j.bytes_at - j.created_at)::double precision as bytes_after,
                   extract(epoch from j.ready_at - j.created_at)::double precision as ready_after,
                   extract(epoch from j.ready_at - j.bytes_at)::double precision as encoded_after, j.asset_version_id
              from portal.upload_jobs j
             where j.created_at >= @from and j.created_at < @until and (@source::text is null or j.source = @source))
        """;

    private const string Counts = $"""
        {Jobs}
        select j.day, j.source, count(*)::integer as uploads,
               (count(*) filter (where j.status in ('waiting', 'processing')))::integer as under_way,
               (count(*) filter (where j.status = 'ready'))::integer as ready,
               (count(*) filter (where j.status = 'failed'))::integer as failed,
               (count(*) filter (where j.status = 'timed_out'))::integer as timed_out,
               (count(*) filter (where j.status = 'cancelled'))::integer as cancelled,
               (count(*) filter (where j.attempt > 1))::integer as retried, sum(j.attempt - 1)::integer as retries,
               sum(j.attempts)::integer as failed_calls,
               count(j.bytes_after)::integer as bytes_count, max(j.bytes_after) as bytes_max,
               to_json(percentile_cont(array[0.5, 0.95, 0.99]) within group (order by j.bytes_after))::text as bytes,
               count(j.ready_after)::integer as ready_count, max(j.ready_after) as ready_max,
               to_json(percentile_cont(array[0.5, 0.95, 0.99]) within group (order by j.ready_after))::text as ready_times,
               count(j.encoded_after)::integer as encoded_count, max(j.encoded_after) as encoded_max,
               to_json(percentile_cont(array[0.5, 0.95, 0.99]) within group (order by j.encoded_after))::text as encoded,
               count(v.size_bytes)::integer as sizes_count, max(v.size_bytes) as sizes_max,
               to_json(percentile_disc(array[0.5, 0.95, 0.99]) within group (order by v.size_bytes))::text as sizes
          from jobs j join portal.asset_versions v on v.id = j.asset_version_id
         group by j.day, j.source order by j.day desc, j.source
        """;

    private const string Failures = $"""
        {Jobs}
        select f.day, f.source, f.code, count(*)::integer as attempts
          from (select j.day, j.source, j.failure_code as code from jobs j where j.status in ('failed', 'timed_out')
                union all
                select j.day, j.source, a.failure_code from jobs j
                  join portal.upload_attempts a on a.job_id = j.id and a.outcome in ('failed', 'timed_out')) f
         where f.code is not null
         group by f.day, f.source, f.code order by count(*) desc, f.code
        """;

    private readonly PortalDb db;
    private readonly TimeProvider clock;
    private readonly Recent<UploadDays> week;

    public UploadTelemetryQuery(PortalDb db, TimeProvider clock) =>
        (this.db, this.clock, week) = (db, clock, new(Fresh, clock, ReadWeekAsync));

    /// <summary>From the beginning of the one day to the end of the other.</summary>
    /// <param name="source">Null: each.</param>
    public Task<UploadDays> ReadAsync(DateOnly from, DateOnly to, string? source, CancellationToken ct) =>
        db.AcrossTenantsAsync(async tx =>
        {
            var args = new { from = Start(from), until = Start(to).AddDays(1), source };
            var days = await tx.QueryAsync<DayRow>(Counts, args);
            var failures = (await tx.QueryAsync<FailureRow>(Failures, args)).ToLookup(row => (row.Day, row.Source));
            return new UploadDays(await CompleteSinceAsync(tx), [.. days.Select(row => row.With(failures[(row.Day, row.Source)]))]);
        }, ct);

    /// <summary>The week up to now, at most a minute old.</summary>
    public ValueTask<UploadDays> WeekAsync(CancellationToken ct) => week.ReadAsync(ct);

    public void Dispose() => week.Dispose();

    private Task<UploadDays> ReadWeekAsync(CancellationToken ct)
    {
        var today = DateOnly.FromDateTime(clock.GetUtcNow().UtcDateTime);
        return ReadAsync(today.AddDays(-6), today, null, ct);
    }

    /// <summary>A row goes when it has not changed for its tenant's days: none that was asked for since then can be gone.</summary>
    private async Task<DateOnly> CompleteSinceAsync(Tx tx)
    {
        var shortest = await tx.GetAsync<int>(
            "select least(min(keep_upload_job_days), @longest) from portal.tenants", new { longest = RetentionSettings.MaxUploadJobDays });
        return DateOnly.FromDateTime(clock.GetUtcNow().AddDays(-shortest).UtcDateTime).AddDays(1);
    }

    private static DateTimeOffset Start(DateOnly day) => new(day.ToDateTime(TimeOnly.MinValue), TimeSpan.Zero);

    private sealed record FailureRow(DateTimeOffset Day, string Source, string Code, int Attempts);

    private sealed record DayRow(
        DateTimeOffset Day, string Source, int Uploads, int UnderWay, int Ready, int Failed, int TimedOut, int Cancelled, int Retried,
        int Retries, int FailedCalls, int BytesCount, double? BytesMax, string? Bytes, int ReadyCount, double? ReadyMax,
        string? ReadyTimes, int EncodedCount, double? EncodedMax, string? Encoded, int SizesCount, long? SizesMax, string? Sizes)
    {
        public UploadDay With(IEnumerable<FailureRow> failures) => new(
            DateOnly.FromDateTime(Day.UtcDateTime), Source, Uploads, UnderWay, Ready, Failed, TimedOut, Cancelled, Retried, Retries,
            FailedCalls, Of(BytesCount, Bytes, BytesMax), Of(ReadyCount, ReadyTimes, ReadyMax), Of(EncodedCount, Encoded, EncodedMax),
            Of(SizesCount, Sizes, SizesMax), [.. failures.Select(row => new FailureCount(row.Code, row.Attempts))]);

        private static Spread<T>? Of<T>(int count, string? percentiles, T? max)
            where T : struct =>
            percentiles is not null && JsonSerializer.Deserialize<T[]>(percentiles) is [var p50, var p95, var p99] && max is { } most
                ? new(count, p50, p95, p99, most)
                : null;
    }
}
