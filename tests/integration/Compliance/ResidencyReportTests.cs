using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Dapper;
using Portal.Compliance;
using Portal.Tests.Support;

namespace Portal.Tests.Integration.Compliance;

/// <summary>The weekly residency report: when it is made, what is in it, and who reads it.</summary>
public sealed class ResidencyReportTests(TestPortal portal) : IClassFixture<TestPortal>, IAsyncLifetime
{
    /// <summary>Tables with a tenant_id that no report counts, each with the reason.</summary>
    private static readonly Dictionary<string, string> NotCounted = new()
    {
        ["tenants"] = "the tenant itself",
        ["milestone_template_versions"] = "belongs to a template that is counted",
        ["template_applications"] = "likewise",
        ["task_assignees"] = "belongs to a task that is counted",
        ["task_watchers"] = "likewise",
        ["task_dependencies"] = "likewise",
        ["comment_mentions"] = "belongs to a comment that is counted",
        ["upload_attempts"] = "belongs to an upload job that is counted",
        ["mux_cleanups"] = "a list of work to do, by ids",
        ["mux_tasks"] = "likewise",
        ["outbox"] = "likewise",
        ["digests"] = "days for which a digest is settled",
        ["incidents"] = "the platform's, by ids; some name the tenant they are about",
        ["idempotency_keys"] = "answers of the last 24 hours",
        ["project_progress"] = "made from the events that are counted",
        ["unread_counts"] = "likewise",
        ["share_link_notices"] = "likewise",
        ["vendor_review_reminders"] = "days of which a tenant was told, by an event that is counted",
    };

    public async Task InitializeAsync()
    {
        await portal.ResetAsync();
        await DoAsync(
            "alter table portal.residency_reports disable trigger user; delete from portal.residency_reports; alter table "
                + "portal.residency_reports enable trigger user");
        await DoAsync("update portal.tenants set created_at = '2020-01-01', time_zone = 'Australia/Sydney'");
    }

    public Task DisposeAsync() => Task.CompletedTask;

    [Fact]
    public async Task A_week_has_one_report_a_tenant_with_evidence_audit_and_event_however_often_it_runs()
    {
        await DoAsync("update portal.tenants set keep_upload_job_days = 77 where id = @id", new { id = TestPeople.Tenant });
        await portal.NewProjectAsync();
        await portal.Host.RunTimerAsync("SealAudit");
        await RunAsync();
        await RunAsync();
        await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => RunAsync()));
        Assert.Equal(
            [1L, 1L], (
                await portal.ListAsync("select count(*)::text from portal.residency_reports group by tenant_id")).Select(n =>
                    long.Parse(n, CultureInfo.InvariantCulture)));

        var list = (await portal.As("compliance").FetchAsync("/api/reports/residency")).Expect(200).Json!["items"]!.AsArray();
        var meta = Assert.Single(list)!;
        var id = meta["id"]!.GetValue<Guid>();
        var opened = (await portal.As("admin").FetchAsync($"/api/reports/residency/{id}")).Expect(200);
        Assert.Equal(
            meta["jsonSha256"]!.ToString(), Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(opened.Text("json")))));
        var report = opened.Field("report");
        Assert.Equal(DataClasses.All.Select(of => of.Name), report["classes"]!.AsArray().Select(of => of!["name"]!.ToString()));
        Assert.Equal("77 days", report["classes"]!.AsArray().Single(of => of!["name"]!.ToString() == "Uploads")!["kept"]!.ToString());
        var projects = report["classes"]!.AsArray().SelectMany(of => of!["counts"]!.AsArray()).Single(
            count => count!["name"]!.ToString() == "projects")!;
        Assert.Equal(
            await portal.ScalarAsync<long>(
                "select count(*) from portal.projects where tenant_id = @tenant", new { tenant = TestPeople.Tenant }),
                projects["rows"]!.GetValue<long>());
        Assert.Equal(
            await portal.ScalarAsync<string>(
                "select number || encode(seal, 'hex') from portal.audit_seals where tenant_id = @tenant order by number desc limit 1",
                new { tenant = TestPeople.Tenant }),
            $"{report["auditSeal"]!["number"]}{report["auditSeal"]!["seal"]}");

        Assert.Equal(1, await portal.ScalarAsync<long>("""
            select count(*) from portal.events e join portal.audit_log a on a.entity_id = e.aggregate_id and a.action = e.type
             where e.type = 'residency_report_generated' and e.aggregate_id = @id and e.aggregate_type = 'residency_report'
                and e.payload->>'sha256' = @sha
            """, new { id, sha = meta["jsonSha256"]!.ToString() }));
        foreach (var wrong in new[] { "update portal.residency_reports set html = ''", "delete from portal.residency_reports" })
        {
            await Assert.ThrowsAsync<Npgsql.PostgresException>(() => DoAsync(wrong));
        }
    }

    [Fact]
    public async Task The_page_is_what_was_hashed_and_can_do_nothing_and_names_nobody()
    {
        await RunAsync();
        var meta = (await portal.As("admin").FetchAsync("/api/reports/residency")).Expect(200).Json!["items"]![0]!;
        var answer = (await portal.As("compliance").FetchAsync($"/api/reports/residency/{meta["id"]}/html")).Expect(200);
        Assert.Equal(meta["htmlSha256"]!.ToString(), Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(answer.Body))));
        var policy = answer.Headers.GetValues("Content-Security-Policy").Single();
        Assert.StartsWith("sandbox; default-src 'none'", policy, StringComparison.Ordinal);
        Assert.DoesNotContain("script-src", policy, StringComparison.Ordinal);
        Assert.Contains("private", answer.Headers.CacheControl!.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain("@portal.example", answer.Body, StringComparison.Ordinal);
        if (Environment.GetEnvironmentVariable("PORTAL_SCREENSHOTS") is { Length: > 0 } folder)
        {
            await File.WriteAllTextAsync(Path.Combine(folder, "residency.html"), answer.Body);
        }
    }

    [Fact]
    public async Task Only_Admin_and_Compliance_of_the_tenant_read_it()
    {
        await RunAsync();
        var id = (await portal.As("other-admin").FetchAsync("/api/reports/residency")).Expect(200).Json!["items"]![0]!["id"];
        foreach (var path in new[] { $"/api/reports/residency/{id}", $"/api/reports/residency/{id}/html" })
        {
            (await portal.As("other-admin").FetchAsync(path)).Expect(200);
            (await portal.As("admin").FetchAsync(path)).Expect(404);
            (await portal.As("agency").FetchAsync(path)).Expect(403);
            (await portal.As("client").FetchAsync(path)).Expect(403);
        }
    }

    [Fact]
    public async Task Each_tenants_week_ends_at_its_own_monday_midnight_and_a_week_that_was_missed_is_made_up_for()
    {
        await DoAsync("update portal.tenants set time_zone = 'America/New_York' where id = @id", new { id = TestPeople.OtherTenant });
        await UntilAsync(DayOfWeek.Sunday, 12);
        await RunAsync();
        var before = await WeeksAsync();
        Assert.Equal(before[0].Week, before[1].Week);

        // Monday in Sydney, Sunday in New York; some hours later Monday in both, and the process was down over midnight.
        portal.Clock.Advance(TimeSpan.FromHours(3));
        await RunAsync();
        Assert.Equal([2, 1], (await WeeksAsync()).GroupBy(w => w.Tenant).OrderBy(w => w.Key).Select(w => w.Count()));
        portal.Clock.Advance(TimeSpan.FromHours(30));
        await RunAsync();
        Assert.Equal([2, 2], (await WeeksAsync()).GroupBy(w => w.Tenant).OrderBy(w => w.Key).Select(w => w.Count()));

        // Three weeks down: the last that is over, and no made-up counts for the others.
        portal.Clock.Advance(TimeSpan.FromDays(21));
        await RunAsync();
        await RunAsync();
        Assert.Equal([3, 3], (await WeeksAsync()).GroupBy(w => w.Tenant).OrderBy(w => w.Key).Select(w => w.Count()));
    }

    [Fact]
    public async Task A_tenant_that_was_not_there_yet_has_no_report_and_one_that_is_broken_stops_no_other()
    {
        await DoAsync(
            "update portal.tenants set created_at = @now where id = @id",
            new { now = portal.Clock.GetUtcNow(), id = TestPeople.OtherTenant });
        await RunAsync();
        Assert.Equal([TestPeople.Tenant], (await WeeksAsync()).Select(w => w.Tenant));

        await DoAsync(
            "update portal.tenants set created_at = '2020-01-01', time_zone = 'Mars/Olympus' where id = @id",
            new { id = TestPeople.Tenant });
        await DoAsync("update portal.tenants set created_at = '2020-01-01' where id = @id", new { id = TestPeople.OtherTenant });
        await Assert.ThrowsAsync<AggregateException>(RunAsync);
        Assert.Equal(2, (await WeeksAsync()).Count);
    }

    [Fact]
    public async Task Every_table_of_tenants_is_counted_or_says_why_not()
    {
        var tables = await portal.ListAsync("""
            select c.table_name from information_schema.columns c join information_schema.tables t using (table_schema, table_name)
             where c.table_schema = 'portal' and c.column_name = 'tenant_id' and t.table_type = 'BASE TABLE' order by 1
            """);
        var counted = DataClasses.All.SelectMany(of => of.Counts).ToList();
        Assert.Empty(tables.Except(counted).Except(NotCounted.Keys));
        Assert.Empty(NotCounted.Keys.Intersect(counted));
    }

    private Task RunAsync() => portal.Host.RunTimerAsync("ResidencyReport");

    private async Task UntilAsync(DayOfWeek day, int hour)
    {
        var now = portal.Clock.GetUtcNow();
        var then = new DateTimeOffset(now.Date, TimeSpan.Zero).AddDays(((int)day - (int)now.DayOfWeek + 7) % 7).AddHours(hour);
        portal.Clock.Advance(then > now ? then - now : then.AddDays(7) - now);
        await portal.ResetAsync();
    }

    private async Task<IReadOnlyList<(Guid Tenant, string Week)>> WeeksAsync()
    {
        await using var connection = await portal.OpenAsync();
        return [
            .. await connection.QueryAsync<(Guid, string)>("select tenant_id, week from portal.residency_reports order by tenant_id, week")
        ];
    }

    private async Task DoAsync(string sql, object? args = null)
    {
        await using var connection = await portal.OpenAsync();
        await connection.ExecuteAsync(sql, args);
    }
}
