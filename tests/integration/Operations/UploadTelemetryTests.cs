using System.Diagnostics;
using System.Text.Json.Nodes;
using Dapper;
using Microsoft.Extensions.DependencyInjection;
using Portal.Operations.Uploads;
using Portal.Tests.Support;

namespace Portal.Tests.Integration.Operations;

/// <summary>What is said of uploads is what their rows say: recomputed here, one by one.</summary>
public sealed class UploadTelemetryTests(TestPortal portal) : IClassFixture<TestPortal>, IAsyncLifetime
{
    private const string Path = "/api/ops/uploads/telemetry";
    private Guid project;

    private DateOnly Today => DateOnly.FromDateTime(portal.Clock.GetUtcNow().UtcDateTime);

    public async Task InitializeAsync()
    {
        await portal.ResetAsync();

        // Each test has its own half year.
        portal.Clock.Advance(TimeSpan.FromDays(180));
        project = await portal.NewProjectAsync();
    }

    public Task DisposeAsync() => portal.DoAsync("update portal.tenants set keep_upload_job_days = null");

    [Fact]
    public async Task Stages_of_uploads_are_timed_from_the_request_with_every_attempt_in_between()
    {
        var direct = (await portal.AskUploadAsync(project)).Expect(201);
        portal.Clock.Advance(TimeSpan.FromSeconds(40));
        await portal.SendBytesAsync(direct);
        await portal.UntilAsync(direct.Id, "ready");

        var kept = (await portal.AskUploadAsync(project, "crew1", "blob")).Expect(201);
        portal.Clock.Advance(TimeSpan.FromSeconds(90));
        await portal.SendBytesAsync(kept);
        await portal.UntilAsync(kept.Id, "ready");

        // It fails, waits for another file, and gets it.
        var again = (await portal.AskUploadAsync(project, "crew2")).Expect(201);
        await portal.SendBytesAsync(again, "no video"u8.ToArray());
        await portal.UntilAsync(again.Id, "failed");
        var waits = (await portal.WhileMovingAsync(portal.As("crew2").PostAsync($"/api/uploads/{again.Id}/retry"))).Expect(200);
        Assert.Null(await StageAsync(again, "bytes_at"));
        portal.Clock.Advance(TimeSpan.FromSeconds(200));
        await portal.SendBytesAsync(waits);
        await portal.UntilAsync(again.Id, "ready");

        var broken = (await portal.AskUploadAsync(project, "crew3")).Expect(201);
        await portal.SendBytesAsync(broken, "no video"u8.ToArray());
        await portal.UntilAsync(broken.Id, "failed");
        (await portal.AskUploadAsync(project, "crew4")).Expect(201);

        // The rows agree with the events that are kept for longer, but for what arrives at Vercel Blob, of which there is none.
        foreach (var upload in new[] { direct, again })
        {
            Same(await EventAsync(upload, "upload_processing"), await StageAsync(upload, "bytes_at"));
            Same(await EventAsync(upload, "mux_asset_ready"), await StageAsync(upload, "ready_at"));
        }

        Assert.InRange((await StageAsync(kept, "bytes_at"))!.Value - Asked(kept), TimeSpan.FromSeconds(90), TimeSpan.FromSeconds(95));
        Assert.True(await EventAsync(kept, "upload_processing") >= await StageAsync(kept, "bytes_at"));

        var days = (await ReadAsync("")).Field("items").AsArray();
        var (blob, straight) = (days[0]!, days[1]!);
        Assert.Equal(("blob", "direct", 2), (Text(blob, "source"), Text(straight, "source"), days.Count));
        Assert.Equal("1 1 0 0 0", $"{blob["uploads"]} {blob["ready"]} {blob["failed"]} {blob["retries"]} {blob["underWay"]}");
        Assert.Equal(
            "4 2 1 1 1 1",
            $"{straight["uploads"]} {straight["ready"]} {straight["failed"]} {straight["retries"]} {straight["retried"]} "
                + $"{straight["underWay"]}");
        Assert.Equal("""[{"code":"mux_errored","attempts":2}]""", straight["failures"]!.ToJsonString());
        Assert.Equal(
            await SecondsAsync(again, "ready_at"), straight["readyAfterSeconds"]!["max"]!.GetValue<double>(), 6);
        Assert.Equal(await SecondsAsync(kept, "bytes_at"), blob["bytesAfterSeconds"]!["p50"]!.GetValue<double>(), 6);
        Assert.Equal(3, straight["bytesAfterSeconds"]!["count"]!.GetValue<int>());
    }

    [Fact]
    public async Task Bytes_that_Mux_told_of_too_late_are_in_no_figure()
    {
        var upload = (await portal.AskUploadAsync(project)).Expect(201);
        await portal.SendBytesAsync(upload);
        await portal.UntilAsync(upload.Id, "ready");
        await portal.DoAsync("update portal.upload_jobs set bytes_at = null where id = @id", new { id = upload.Id });

        var day = Assert.Single((await ReadAsync("?source=direct")).Field("items").AsArray())!;

        Assert.Null(day["bytesAfterSeconds"]);
        Assert.Null(day["readyAfterBytesSeconds"]);
        Assert.Equal(1, day["readyAfterSeconds"]!["count"]!.GetValue<int>());
    }

    [Fact]
    public async Task Percentiles_and_counts_by_day_and_source_are_those_of_the_rows()
    {
        await SeedAsync(400, days: 9);
        var rows = await RowsAsync();
        var (from, to) = (Today.AddDays(-6), Today.AddDays(-1));

        var answer = await ReadAsync($"?from={Day(from)}&to={Day(to)}");

        var days = answer.Field("items").AsArray();
        var expected = rows.Where(row => row.Day >= from && row.Day <= to).GroupBy(row => (row.Day, row.Source))
            .OrderByDescending(of => of.Key.Day).ThenBy(of => of.Key.Source, StringComparer.Ordinal).ToList();
        Assert.Equal(expected.Select(of => $"{Day(of.Key.Day)} {of.Key.Source}"), days.Select(d => $"{d!["day"]} {d["source"]}"));
        foreach (var (of, day) in expected.Zip(days))
        {
            Assert.Equal(of.Count(), day!["uploads"]!.GetValue<int>());
            foreach (var (status, name) in new[]
                     { ("ready", "ready"), ("failed", "failed"), ("timed_out", "timedOut"), ("cancelled", "cancelled") })
            {
                Assert.Equal(of.Count(row => row.Status == status), day[name]!.GetValue<int>());
            }

            Assert.Equal(of.Count(row => row.Status is "waiting" or "processing"), day["underWay"]!.GetValue<int>());
            Assert.Equal(of.Sum(row => row.Attempt - 1), day["retries"]!.GetValue<int>());
            Assert.Equal(of.Count(row => row.Attempt > 1), day["retried"]!.GetValue<int>());
            Assert.Equal(of.Sum(row => row.Attempts), day["failedCalls"]!.GetValue<int>());
            Same(of.Select(row => Seconds(row.BytesAt - row.CreatedAt)), day["bytesAfterSeconds"]);
            Same(of.Select(row => Seconds(row.ReadyAt - row.CreatedAt)), day["readyAfterSeconds"]);
            Same(of.Select(row => Seconds(row.ReadyAt - row.BytesAt)), day["readyAfterBytesSeconds"]);
            var sizes = of.Select(row => row.SizeBytes).Order().ToList();
            Assert.Equal(
                new[] { Nearest(sizes, 0.5), Nearest(sizes, 0.95), Nearest(sizes, 0.99), sizes[^1] },
                new[] { "p50", "p95", "p99", "max" }.Select(name => day["sizeBytes"]![name]!.GetValue<long>()));
            Assert.Equal(
                await FailuresAsync(of.Select(row => row.Id)),
                day["failures"]!.AsArray().Select(f => $"{f!["code"]} {f["attempts"]}").Order(StringComparer.Ordinal));
        }

        Assert.Equal(
            days.Where(day => Text(day!, "source") == "blob").Select(day => day!.ToJsonString()),
            (await ReadAsync($"?from={Day(from)}&to={Day(to)}&source=blob")).Field("items").AsArray().Select(d => d!.ToJsonString()));

        // Of two tenants; neither they nor their people or videos are told.
        Assert.True(rows.Select(row => row.TenantId).Distinct().Count() > 1);
        Assert.All(
            rows.SelectMany(row => new[] { row.Id, row.TenantId }),
            id => Assert.DoesNotContain(id.ToString(), answer.Body, StringComparison.OrdinalIgnoreCase));
    }

    [Theory]
    [InlineData("?from=2031-02-30", "from")]
    [InlineData("?from=2020-05-02&to=2020-05-01", "to")]
    [InlineData("?from=2020-01-01&to=2020-04-02", "to")]
    [InlineData("?to=9999-12-31", "to")]
    [InlineData("?source=post", "source")]
    [InlineData("?tenant=1", "tenant")]
    public async Task A_range_is_bounded_and_says_what_is_wrong(string query, string field) => Assert.Equal(
        $"?{field}", (await portal.As("operator").FetchAsync(Path + query)).Expect(400).Field("errors")[0]!["pointer"]!.ToString());

    [Fact]
    public async Task A_range_of_92_days_up_to_today_is_read()
    {
        (await portal.As("operator").FetchAsync($"{Path}?from=2020-01-01&to=2020-04-01")).Expect(200);
        (await portal.As("operator").FetchAsync($"{Path}?to={Day(Today)}")).Expect(200);
        (await portal.As("operator").FetchAsync($"{Path}?from={Day(Today)}&to={Day(Today.AddDays(1))}")).Expect(400);
        (await portal.As("operator").FetchAsync($"{Path}?from=2000-01-01&to=2000-01-01")).Expect(200);
        var week = await ReadAsync("");
        Assert.Equal((Day(Today.AddDays(-6)), Day(Today)), (week.Text("from"), week.Text("to")));
    }

    [Fact]
    public async Task It_says_from_which_day_on_nothing_was_pruned()
    {
        Assert.Equal(Day(Today.AddDays(-364)), (await ReadAsync("")).Text("completeSince"));
        await portal.DoAsync("update portal.tenants set keep_upload_job_days = 31 where id = @id", new { id = TestPeople.Tenant });
        await SeedAsync(200, days: 40);
        await portal.DoAsync("update portal.upload_jobs set updated_at = created_at where created_at > @since", new { since = Start(40) });

        var since = DateOnly.Parse((await ReadAsync("")).Text("completeSince"), System.Globalization.CultureInfo.InvariantCulture);
        Assert.Equal(Today.AddDays(-30), since);
        var range = $"?from={Day(Today.AddDays(-40))}&to={Day(Today)}";
        var before = (await ReadAsync(range)).Field("items").AsArray();
        await portal.Host.RunTimerAsync("PruneRetention");
        var after = (await ReadAsync(range)).Field("items").AsArray();

        static IEnumerable<string> From(JsonArray days, DateOnly first) =>
            days.Where(day => string.CompareOrdinal(Text(day!, "day"), Day(first)) >= 0).Select(day => day!.ToJsonString());
        Assert.Equal(From(before, since), From(after, since));
        Assert.NotEqual(From(before, since.AddDays(-2)), From(after, since.AddDays(-2)));
    }

    [Fact]
    public async Task A_week_of_a_year_is_read_by_an_index()
    {
        await SeedAsync(6000, days: 170);
        await portal.DoAsync("analyze portal.upload_jobs; analyze portal.asset_versions; analyze portal.upload_attempts");
        var sent = new List<string>();
        using (var listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name == "Npgsql",
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllData,
            ActivityStopped = activity => sent.Add(activity.GetTagItem("db.query.text")?.ToString() ?? ""),
        })
        {
            ActivitySource.AddActivityListener(listener);
            await ReadAsync("");
        }

        var statements = sent.Where(sql => sql.Contains("portal.upload_jobs j", StringComparison.Ordinal)
            && sql.Contains("bytes_after", StringComparison.Ordinal)).Distinct().ToList();
        Assert.Equal(2, statements.Count);
        await using var connection = await portal.OpenAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        await connection.ExecuteAsync("set local role portal_system");
        foreach (var sql in statements)
        {
            var plan = await connection.ExecuteScalarAsync<string>(
                $"explain (format json) {sql}", new { from = Start(6), until = Start(-1), source = (string?)null });
            Assert.Contains("upload_jobs_by_age", plan, StringComparison.Ordinal);
            Assert.DoesNotMatch("\"Seq Scan\",[^{}]*\"upload_jobs\"", plan);
        }
    }

    [Fact]
    public async Task The_overview_shows_the_week_and_reads_it_once_a_minute()
    {
        await SeedAsync(30, days: 3);
        using var browser = await portal.SignedInAsync();
        var page = (await browser.FetchAsync("/ops")).Expect(200).Body;
        Assert.Contains("<h2 id=\"uploads\" tabindex=\"-1\">Uploads <span class=\"total\">30</span></h2>", page, StringComparison.Ordinal);

        await SeedAsync(5, days: 3);
        var telemetry = portal.Host.Services.GetRequiredService<UploadTelemetryQuery>();
        portal.Clock.Advance(TimeSpan.FromSeconds(59));
        Assert.Equal(30, (await telemetry.WeekAsync(CancellationToken.None)).Days.Sum(day => day.Uploads));
        portal.Clock.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(35, (await telemetry.WeekAsync(CancellationToken.None)).Days.Sum(day => day.Uploads));
    }

    /// <summary>Linear between neighbours, as PostgreSQL's documentation has <c>percentile_cont</c>.</summary>
    private static double Between(List<double> sorted, double fraction)
    {
        var at = fraction * (sorted.Count - 1);
        var (low, high) = ((int)Math.Floor(at), (int)Math.Ceiling(at));
        return sorted[low] + ((sorted[high] - sorted[low]) * (at - low));
    }

    /// <summary>The first value whose share of all is not below the fraction, as <c>percentile_disc</c>.</summary>
    private static long Nearest(List<long> sorted, double fraction) =>
        sorted[Math.Max(0, (int)Math.Ceiling(fraction * sorted.Count) - 1)];

    private static void Same(IEnumerable<double?> seconds, JsonNode? told)
    {
        var sorted = seconds.OfType<double>().Order().ToList();
        Assert.Equal(sorted.Count, told?["count"]!.GetValue<int>() ?? 0);
        if (told is not null)
        {
            Assert.Equal(Between(sorted, 0.5), told["p50"]!.GetValue<double>(), 6);
            Assert.Equal(Between(sorted, 0.95), told["p95"]!.GetValue<double>(), 6);
            Assert.Equal(Between(sorted, 0.99), told["p99"]!.GetValue<double>(), 6);
            Assert.Equal(sorted[^1], told["max"]!.GetValue<double>(), 6);
        }
    }

    /// <summary>Of one transaction; the clock may have moved on in it.</summary>
    private static void Same(DateTimeOffset? told, DateTimeOffset? kept) =>
        Assert.InRange((told - kept)!.Value, TimeSpan.Zero, TimeSpan.FromSeconds(5));

    private static double? Seconds(TimeSpan? span) => span?.TotalSeconds;

    private static string Day(DateOnly day) => day.ToString("yyyy-MM-dd", System.Globalization.CultureInfo.InvariantCulture);

    private static string Text(JsonNode node, string name) => node[name]!.ToString();

    private static DateTimeOffset Asked(Answer upload) => upload.Field("createdAt").GetValue<DateTimeOffset>();

    private async Task<Answer> ReadAsync(string query) => (await portal.As("operator").FetchAsync(Path + query)).Expect(200);

    private DateTimeOffset Start(int daysAgo) => new(Today.AddDays(-daysAgo).ToDateTime(TimeOnly.MinValue), TimeSpan.Zero);

    private Task<DateTimeOffset?> StageAsync(Answer upload, string column) =>
        portal.ScalarAsync<DateTimeOffset?>($"select {column} from portal.upload_jobs where id = @id", new { id = upload.Id });

    private Task<double> SecondsAsync(Answer upload, string column) => portal.ScalarAsync<double>(
        $"select extract(epoch from {column} - created_at)::double precision from portal.upload_jobs where id = @id",
        new { id = upload.Id });

    private Task<DateTimeOffset?> EventAsync(Answer upload, string type) => portal.ScalarAsync<DateTimeOffset?>(
        "select max(occurred_at) from portal.events where aggregate_id = @id and type = @type", new { id = upload.Id, type });

    private async Task<IEnumerable<string>> FailuresAsync(IEnumerable<Guid> jobs) => await portal.ListAsync("""
        select code || ' ' || count(*) from (
               select failure_code as code from portal.upload_jobs where id = any(@ids)
               union all select failure_code from portal.upload_attempts where job_id = any(@ids)) f
         where code is not null group by code order by (code || ' ' || count(*)) collate "C"
        """, new { ids = jobs.ToArray() });

    private async Task<IReadOnlyList<UploadRow>> RowsAsync()
    {
        await using var connection = await portal.OpenAsync();
        return [.. await connection.QueryAsync<UploadRow>("""
            select j.id, j.tenant_id, j.source, j.status, j.attempt, j.attempts, j.created_at, j.bytes_at, j.ready_at, v.size_bytes
              from portal.upload_jobs j join portal.asset_versions v on v.id = j.asset_version_id
            """)];
    }

    /// <summary>Uploads of two tenants, as many on each day up to today, of every state, with times and sizes all over.</summary>
    private Task SeedAsync(int count, int days) => portal.DoAsync("""
        set session_replication_role = replica;
        create temp table made as
        select gen_random_uuid() as id, gen_random_uuid() as version, n,
               (array[@one, @other])[1 + n % 2]::uuid as tenant, (array['direct', 'direct', 'blob'])[1 + n % 3] as source,
               (array['ready', 'ready', 'ready', 'failed', 'timed_out', 'cancelled', 'processing', 'waiting'])[1 + n % 8] as status,
               @until - (n - random()) / @count * @days * interval '1 day' as asked, random() * interval '20 minutes' as bytes,
               random() * interval '40 minutes' as encoded, 1 + (n % 5) / 4 + (n % 11) / 10 as attempt
          from generate_series(1, @count) as n;
        insert into portal.asset_versions (id, tenant_id, asset_id, number, status, file_name, size_bytes, created_at, updated_at)
        select version, tenant, version, 1, 'pending', 'x.mp4', (random() * 5e9)::bigint, asked, asked from made;
        insert into portal.upload_jobs (id, tenant_id, project_id, asset_id, asset_version_id, created_by, source, status, attempt,
               attempts, expires_at, failure_code, created_at, updated_at, bytes_at, ready_at)
        select id, tenant, version, version, version, version, source, status, attempt, n % 4, asked,
               case status when 'failed' then (array['mux_errored', 'refused'])[1 + n % 2] when 'timed_out' then 'timed_out' end,
               asked, now(), case when status in ('ready', 'processing', 'failed') and n % 7 > 0 then asked + bytes end,
               case status when 'ready' then asked + bytes + encoded end
          from made;
        insert into portal.upload_attempts (tenant_id, job_id, attempt, outcome, failure_code, ended_at)
        select tenant, id, a, 'failed', 'internal_error', asked from made cross join generate_series(1, 2) as a where a < attempt;
        drop table made;
        set session_replication_role = origin;
        """, new
    {
        count,
        days,
        one = TestPeople.Tenant,
        other = TestPeople.OtherTenant,
        until = Start(-1).AddMicroseconds(-1),
    });

    private sealed record UploadRow(
        Guid Id, Guid TenantId, string Source, string Status, int Attempt, int Attempts, DateTimeOffset CreatedAt, DateTimeOffset? BytesAt,
        DateTimeOffset? ReadyAt, long SizeBytes)
    {
        public DateOnly Day => DateOnly.FromDateTime(CreatedAt.UtcDateTime);
    }
}
