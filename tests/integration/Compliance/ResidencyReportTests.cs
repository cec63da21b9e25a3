using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Dapper;
using Portal.Compliance;
using Portal.Compliance.Reviews;
using Portal.LocalVendors;
using Portal.Tests.Support;

namespace Portal.Tests.Integration.Compliance;

/// <summary>The weekly residency report: when it is made, what is in it, and who reads it.</summary>
public sealed class ResidencyReportTests(TestPortal portal) : IClassFixture<TestPortal>, IAsyncLifetime
{
    public async Task InitializeAsync()
    {
        await portal.ResetAsync();
        await portal.DoAsync(
            "alter table portal.residency_reports disable trigger user; delete from portal.residency_reports; alter table "
                + "portal.residency_reports enable trigger user");
        await portal.DoAsync("update portal.tenants set created_at = '2020-01-01', time_zone = 'Australia/Sydney'");
    }

    public Task DisposeAsync() => Task.CompletedTask;

    [Fact]
    public async Task A_week_has_one_report_a_tenant_with_evidence_audit_and_event_however_often_it_runs()
    {
        await portal.DoAsync("update portal.tenants set keep_upload_job_days = 77 where id = @id", new { id = TestPeople.Tenant });
        var ofVideos = await portal.NewProjectAsync();
        await portal.DoAsync("""
            with a as (
                insert into portal.assets (id, tenant_id, project_id, title, created_by, created_at, updated_at)
                values (gen_random_uuid(), @tenant, @ofVideos, 'Cut one', @person, '2020-01-01', '2020-01-01') returning id)
            insert into portal.asset_versions (id, tenant_id, asset_id, number, status, file_name, size_bytes, archived_at, created_at,
                updated_at)
            select gen_random_uuid(), @tenant, a.id, n, case when n = 1 then 'failed' else 'archived' end, 'cut.mp4', 1,
                   case when n > 1 then '2020-01-01'::timestamptz end, '2020-01-01', '2020-01-01' from a, generate_series(1, 3) n
            """, new { tenant = TestPeople.Tenant, person = TestPeople.UserId("agency"), ofVideos });
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
        foreach (var (name, which) in new[]
                 {
                     ("asset_versions", "status <> 'archived'"),
                     ("asset_versions_archived", "status = 'archived' and purged_at is null"),
                 })
        {
            Assert.Equal(Counted(name), await portal.ScalarAsync<long>(
                $"select count(*) from portal.asset_versions where tenant_id = @tenant and {which}",
                new { tenant = TestPeople.Tenant }));
        }

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
            await Assert.ThrowsAsync<Npgsql.PostgresException>(() => portal.DoAsync(wrong));
        }

        long Counted(string name) => report["classes"]!.AsArray().SelectMany(of => of!["counts"]!.AsArray())
            .Single(count => count!["name"]!.ToString() == name)!["rows"]!.GetValue<long>();
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
        await portal.DoAsync("update portal.tenants set time_zone = 'America/New_York' where id = @id", new { id = TestPeople.OtherTenant });
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
        await portal.DoAsync(
            "update portal.tenants set created_at = @now where id = @id",
            new { now = portal.Clock.GetUtcNow(), id = TestPeople.OtherTenant });
        await RunAsync();
        Assert.Equal([TestPeople.Tenant], (await WeeksAsync()).Select(w => w.Tenant));

        await portal.DoAsync(
            "update portal.tenants set created_at = '2020-01-01', time_zone = 'Mars/Olympus' where id = @id",
            new { id = TestPeople.Tenant });
        await portal.DoAsync("update portal.tenants set created_at = '2020-01-01' where id = @id", new { id = TestPeople.OtherTenant });
        await Assert.ThrowsAsync<AggregateException>(RunAsync);
        Assert.Equal(2, (await WeeksAsync()).Count);
    }

    [Fact]
    public async Task Videos_are_counted_with_their_bytes_by_where_they_lie()
    {
        var before = VideosOf(await NextReportAsync());
        // Uploads come after the week has ended: one that waits for its file for a week would be given up.
        await EndWeekAsync();
        var project = await portal.NewProjectAsync();
        var atMux = (await portal.UploadReadyAsync(project)).Id;
        var inBoth = await BlobUploadAsync(project);
        var inSydney = await BlobUploadAsync(project);
        var gone = (await portal.UploadReadyAsync(project)).Id;
        var moving = (await portal.AskUploadAsync(project, "crew1")).Expect(201).Id;
        var cancelled = (await portal.AskUploadAsync(project, "crew1")).Expect(201).Id;
        (await portal.As("crew1").PostAsync($"/api/uploads/{cancelled}/cancel")).Expect(200);

        // Listed for deletion is still there; gone is what Mux has confirmed.
        await CleanUpAsync(inBoth, null);
        await CleanUpAsync(inSydney, portal.Clock.GetUtcNow());
        await CleanUpAsync(gone, portal.Clock.GetUtcNow());
        var report = await MakeReportAsync();
        var after = VideosOf(report);
        Assert.Equal(VideoPlace.All, after.Keys);
        Assert.Equal(
            [
                (1, await SizeAsync(inSydney)), (1, await SizeAsync(atMux)), (1, await SizeAsync(inBoth)), (1, await SizeAsync(moving)),
                (2, 0L),
            ],
            VideoPlace.All.Select(place => (after[place].Videos - before[place].Videos, after[place].Bytes - before[place].Bytes)));

        var page = (await portal.As("compliance").FetchAsync($"/api/reports/residency/{report["id"]}/html")).Expect(200).Body;
        Assert.Contains($"<strong>{after[VideoPlace.Both].Videos}</strong> in Sydney and at Mux", page, StringComparison.Ordinal);
        var mail = await MailOfAsync(report);
        Assert.Contains("in Sydney and at Mux", mail.Html, StringComparison.Ordinal);
        Assert.Contains(
            $"{after[VideoPlace.Mux].Bytes.ToString("N0", CultureInfo.InvariantCulture)} bytes", mail.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Every_subprocessor_is_named_with_its_region_its_purpose_and_what_it_holds()
    {
        var processors = (await NextReportAsync())["processors"]!.AsArray();
        Assert.Equal(
            VendorRegister.All.Select(of => (of.Processor.Name, of.Processor.Region, of.Processor.Purpose, of.Agreement)),
            processors.Select(
                of => (of!["name"]!.ToString(), of["region"]!.ToString(), of["purpose"]!.ToString(), of["agreement"]!.ToString())));
        Assert.Equal(["Videos"], processors.Single(of => of!["name"]!.ToString() == "Mux")!["dataClasses"]!.AsArray().Select(
            of => of!.ToString()));
    }

    [Fact]
    public async Task Data_that_no_class_declares_is_alerted_and_the_report_and_its_mail_say_that_they_leave_it_out()
    {
        await portal.DoAsync("create table portal.loyalty_cards (tenant_id uuid not null, holder text not null)");
        var report = await NextReportAsync();
        Assert.Equal(["loyalty_cards"], report["undeclared"]!.AsArray().Select(of => of!.ToString()));
        var page = (await portal.As("compliance").FetchAsync($"/api/reports/residency/{report["id"]}/html")).Expect(200).Body;
        Assert.Contains("This report is not complete", page, StringComparison.Ordinal);
        Assert.Contains("loyalty_cards", (await MailOfAsync(report)).Text, StringComparison.Ordinal);
        Assert.Equal(1, await OpenAlertsAsync());

        await portal.DoAsync("drop table portal.loyalty_cards");
        await RunAsync();
        Assert.Equal(0, await OpenAlertsAsync());
        Assert.Empty((await NextReportAsync())["undeclared"]!.AsArray());
    }

    [Fact]
    public async Task Who_reads_the_report_by_their_role_may_unsubscribe_and_the_contact_that_the_tenant_named_may_not()
    {
        await portal.DoAsync("update portal.tenants set residency_contact = 'law@contact.example' where id = @Tenant", new { TestPeople.Tenant });
        var report = await NextReportAsync();
        Assert.StartsWith(
            portal.Host.Address.ToString(), (await MailOfAsync(report)).Header("List-Unsubscribe")!.Trim('<', '>'),
            StringComparison.Ordinal);

        var contact = Assert.Single(
            await portal.InboxOfAsync("law@contact.example"),
            mail => mail.Text!.Contains(report["id"]!.ToString(), StringComparison.Ordinal));
        Assert.Equal((null, null), (contact.Header("List-Unsubscribe"), contact.Header("List-Unsubscribe-Post")));
        Assert.DoesNotContain("/unsubscribe/", contact.Html + contact.Text, StringComparison.Ordinal);
        await portal.DoAsync("update portal.tenants set residency_contact = null where id = @Tenant", new { TestPeople.Tenant });
    }

    private Task<long> OpenAlertsAsync() => portal.ScalarAsync<long>(
        """
        select count(*) from portal.alerts
         where kind = 'data_class_undeclared' and resolved_at is null and summary like '%loyalty_cards%'
        """);

    /// <summary>The report of the week that ends next.</summary>
    private async Task<JsonNode> NextReportAsync()
    {
        await EndWeekAsync();
        return await MakeReportAsync();
    }

    private Task EndWeekAsync()
    {
        portal.Clock.Advance(TimeSpan.FromDays(7));
        return portal.ResetAsync();
    }

    private async Task<JsonNode> MakeReportAsync()
    {
        await RunAsync();
        var id = (await portal.As("compliance").FetchAsync("/api/reports/residency")).Expect(200).Json!["items"]![0]!["id"];
        return (await portal.As("compliance").FetchAsync($"/api/reports/residency/{id}")).Expect(200).Field("report");
    }

    private async Task<InboxMessage> MailOfAsync(JsonNode report)
    {
        await portal.DeliverAsync();
        return (await portal.InboxOfAsync("compliance")).Single(
            mail => mail.Text!.Contains(report["id"]!.ToString(), StringComparison.Ordinal));
    }

    private static Dictionary<string, (long Videos, long Bytes)> VideosOf(JsonNode report) => report["videos"]!.AsArray().ToDictionary(
        of => of!["place"]!.ToString(), of => (of!["videos"]!.GetValue<long>(), of["bytes"]!.GetValue<long>()));

    private async Task<Guid> BlobUploadAsync(Guid project)
    {
        var upload = (await portal.AskUploadAsync(project, "crew1", "blob")).Expect(201);
        await portal.SendBytesAsync(upload);
        await portal.UntilAsync(upload.Id, "ready");
        return upload.Id;
    }

    private Task CleanUpAsync(Guid upload, DateTimeOffset? done) => portal.DoAsync("""
        insert into portal.mux_cleanups (mux_asset_id, tenant_id, job_id, reason, next_attempt_at, created_at, done_at)
        select mux_asset_id, tenant_id, id, 'test', '3000-01-01', now(), @done from portal.upload_jobs where id = @upload
        """, new { upload, done });

    private Task<long> SizeAsync(Guid upload) => portal.ScalarAsync<long>("""
        select v.size_bytes from portal.asset_versions v join portal.upload_jobs j on j.asset_version_id = v.id where j.id = @upload
        """, new { upload });

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
}
