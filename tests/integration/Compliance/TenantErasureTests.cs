using System.Text.Json.Nodes;
using Dapper;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using Portal.Compliance;
using Portal.Compliance.Erasure;
using Portal.Events;
using Portal.Foundation.Db;
using Portal.LocalVendors;
using Portal.Tests.Support;

namespace Portal.Tests.Integration.Compliance;

/// <summary>Erasing a whole tenant: who may, the week in which it is taken back, what goes and what stays, and that the others do not
/// notice.</summary>
[TakesLong]
public sealed class TenantErasureTests(TestPortal portal) : IClassFixture<TestPortal>, IAsyncLifetime
{
    private static readonly TimeSpan Week = TimeSpan.FromDays(7);
    private static readonly TimeSpan Step = TimeSpan.FromMinutes(20);
    private static int made;

    public Task InitializeAsync() => portal.ResetAsync();

    public Task DisposeAsync() => Task.CompletedTask;

    [Fact]
    public async Task A_tenant_full_of_everything_is_gone_but_for_what_the_certificate_says_and_its_export_brings_it_back()
    {
        var full = new FullTenant(portal);
        await full.FillAsync();
        // Whatever it had set itself, and webhooks: one that nobody could deal with, and one about another tenant.
        await portal.DoAsync("""
            update portal.tenants set time_zone = 'Europe/Berlin', digest_hour = 17, logo_url = 'https://harbour.example/logo.svg',
                   accent_color = '#123456', keep_notification_days = 31, keep_upload_job_days = 32, keep_active_video_days = 33,
                   keep_inactive_video_days = 34, keep_raw_analytics_days = 15, monthly_budget_usd = 5000 where id = @Tenant;
            insert into portal.webhook_inbox (provider, event_id, type, body, status, next_attempt_at, received_at) values
                ('clerk', 'ours', 'x', '{"data":{"email":"crew1@portal.example"}}', 'dead', @now, @now),
                ('clerk', 'theirs', 'x', '{"data":{"email":"other-admin@portal.example"}}', 'processed', @now, @now)
            """, new { TestPeople.Tenant, now = portal.Clock.GetUtcNow() });

        var (answers, exported, export) = (await full.AnswersAsync(), portal.Clock.GetUtcNow(), await full.ExportAsync());
        (await portal.As("compliance").PostAsync($"/api/holds/{full.Hold}/lift", new { reason = "Settled" })).Expect(200);
        foreach (var word in FullTenant.Words)
        {
            Assert.True((await portal.TablesWithAsync(word)).Count > 0, word);
        }

        var other = await portal.ChecksumAsync(TestPeople.OtherTenant);

        var erasure = await AskAsync("admin", "Harbour");
        portal.Clock.Advance(Week);
        await FinishAsync(erasure.Id);
        await portal.DeliverAsync();

        Assert.Equal(other, await portal.ChecksumAsync(TestPeople.OtherTenant));

        // All that its row still says, also in a column that is newer than this test.
        Assert.Equal(
            [
                $"clerk_org_id erased_{TestPeople.Tenant}", "digest_hour 8", "name Erased portal", "residency any", "status erased",
                "time_zone UTC",
            ], await portal.ListAsync("""
            select c.key || ' ' || c.value from portal.tenants t cross join jsonb_each_text(jsonb_strip_nulls(to_jsonb(t))) c
             where t.id = @Tenant and c.key not in ('id', 'version', 'created_at', 'updated_at', 'deleted_at') order by c.key
            """, new { TestPeople.Tenant }));
        Assert.Equal(["{}", """{"data":{"email":"other-admin@portal.example"}}"""], await portal.ListAsync(
            "select body from portal.webhook_inbox where event_id in ('ours', 'theirs') order by event_id"));
        var certificate = await CertificateAsync(erasure);
        await OnlyWhatIsSaidIsInTheDatabaseAsync(certificate);
        await OnlyWhatIsSaidIsAtVendorsAsync(certificate);

        // The log of what was done is whole, and names nobody.
        await portal.RunTimerAsync("SealAudit");
        Assert.Equal(["erasure_completed", "erasure_requested", "erasure_started"], await portal.ListAsync(
            "select action from portal.audit_log where entity_id = @id order by action", new { id = erasure.Id }));
        Assert.Equal(0, await portal.ScalarAsync<long>(
            "select count(*) from portal.alerts where kind in ('mux_asset_missing', 'mux_asset_without_row', 'erasure_failed')"));
        await RestoredItAnswersAsBeforeAsync(answers, export, exported);
    }

    [Fact]
    public async Task The_organization_may_have_a_portal_again_which_knows_nothing_of_the_one_before()
    {
        var (admin, tenant) = await NewTenantAsync();
        var erasure = await EraseAsync(admin);

        await portal.AddAtClerkAsync(admin, $"org_{admin}");
        var again = (await portal.As(admin).PostAsync("/api/tenants", new { name = $"Portal of {admin}" })).Expect(201);
        Assert.NotEqual(tenant.ToString(), again.Text("id"));
        Assert.Equal(404, (await portal.As(admin).FetchAsync($"/api/erasures/{erasure.Id}")).Code);
        Assert.Equal(tenant.ToString(), (await CertificateAsync(erasure))["tenantId"]!.ToString());
    }

    [Fact]
    public async Task It_is_for_an_Admin_who_types_its_name_and_asked_for_once()
    {
        var (admin, tenant) = await NewTenantAsync();
        var compliance = $"{admin}c";
        await portal.AddMemberAsync(tenant, $"org_{admin}", compliance, "compliance");
        foreach (var (wanted, pointer) in new (object, string)[]
        {
            (new { kind = "tenant" }, "/tenantName"), (new { kind = "tenant", tenantName = "Portal" }, "/tenantName"),
            (new { kind = "tenant", tenantName = $"portal of {admin}" }, "/tenantName"),
            (new { kind = "tenant", tenantName = $"Portal of {admin}", userId = tenant }, "/userId"),
            (new { kind = "guest", email = "a@b.example", tenantName = $"Portal of {admin}" }, "/tenantName"),
        })
        {
            var refused = (await portal.As(admin).PostAsync("/api/erasures", wanted)).Expect(400);
            Assert.Equal(pointer, refused.Field("errors")[0]!["pointer"]!.ToString());
        }

        var right = new { kind = "tenant", tenantName = $"Portal of {admin}" };
        (await portal.As(compliance).PostAsync("/api/erasures", right)).Expect(403);
        var erasure = (await portal.As(admin).PostAsync("/api/erasures", right)).Expect(201);
        Assert.Equal(Week, (DateTimeOffset)erasure.Field("startsAt") - (DateTimeOffset)erasure.Field("requestedAt"));
        Assert.Equal(TimeSpan.FromDays(1), (DateTimeOffset)erasure.Field("dueAt") - (DateTimeOffset)erasure.Field("startsAt"));
        Assert.Contains("Make an export", erasure.Text("advice"), StringComparison.Ordinal);
        Assert.Equal("erasure-begun", (await portal.As(admin).PostAsync("/api/erasures", right)).Expect(409).ProblemType);
        (await portal.As(compliance).PostAsync($"/api/erasures/{erasure.Id}/cancel")).Expect(403);
    }

    [Fact]
    public async Task Within_the_week_an_Admin_takes_it_back_and_all_Admins_are_told_of_both()
    {
        var (admin, tenant) = await NewTenantAsync();
        var second = $"{admin}b";
        await portal.AddMemberAsync(tenant, $"org_{admin}", second, "admin");
        var erasure = await AskAsync(admin, $"Portal of {admin}");
        await portal.DeliverAsync();
        foreach (var told in new[] { admin, second })
        {
            Assert.Equal([erasure.Id], await portal.ToldAsync(told, "tenant_erasure_requested"));
            var mail = Assert.Single(await portal.InboxOfAsync(told));
            Assert.Contains(erasure.Text("certificateCode"), mail.Message["text"]!.ToString(), StringComparison.Ordinal);
        }

        portal.Clock.Advance(Week - TimeSpan.FromSeconds(1));
        await SweepAsync();
        (await portal.As(second).PostAsync($"/api/erasures/{erasure.Id}/cancel")).Expect(200);
        await portal.DeliverAsync();
        portal.Clock.Advance(TimeSpan.FromDays(2));
        await SweepAsync();

        Assert.Equal("cancelled", (await portal.As(admin).FetchAsync($"/api/erasures/{erasure.Id}")).Text("status"));
        Assert.Equal([erasure.Id], await portal.ToldAsync(admin, "tenant_erasure_cancelled"));
        Assert.Equal(2, (await portal.InboxOfAsync(second)).Count);
        (await portal.As(admin).PostAsync("/api/projects", new { name = "Goes on" })).Expect(201);
    }

    [Fact]
    public async Task When_the_week_is_over_it_is_not_taken_back_and_soon_nobody_gets_in_and_no_link_opens()
    {
        var (admin, _) = await NewTenantAsync();
        var erasure = await AskAsync(admin, $"Portal of {admin}");
        portal.Clock.AdvanceTo((DateTimeOffset)erasure.Field("startsAt"));
        Assert.Equal(
            "erasure-begun", (await portal.As(admin).PostAsync($"/api/erasures/{erasure.Id}/cancel")).Expect(409).ProblemType);
        await SweepAsync();

        Assert.Equal("no-tenant", (await portal.As(admin).FetchAsync("/api/me")).Expect(403).ProblemType);
        Assert.Equal(
            "tenant-exists", (await portal.As(admin).PostAsync("/api/tenants", new { name = "Another" })).Expect(409).ProblemType);
        Assert.Equal("running", await StatusAsync(erasure.Id));
        await FinishAsync(erasure.Id);
    }

    [Theory]
    [InlineData("tenant")]
    [InlineData("project")]
    public async Task A_legal_hold_on_anything_in_it_holds_it_and_lifting_resumes_it(string kind)
    {
        var (admin, tenant) = await NewTenantAsync();
        var compliance = $"{admin}c";
        await portal.AddMemberAsync(tenant, $"org_{admin}", compliance, "compliance");
        var project = (await portal.As(admin).PostAsync("/api/projects", new { name = "Disputed" })).Expect(201).Id;
        var hold = await portal.PlaceHoldAsync(admin, kind, kind == "project" ? project : null);
        var erasure = await AskAsync(admin, $"Portal of {admin}");
        portal.Clock.Advance(Week);
        await SweepAsync();
        portal.Clock.Advance(Week);
        await SweepAsync();
        var held = (await portal.As(admin).FetchAsync($"/api/erasures/{erasure.Id}")).Expect(200);
        Assert.Equal(("held", "a legal hold is in force"), (held.Text("status"), held.Text("lastError")));

        // While it is held it is taken back as before; asked for again, it is held again.
        (await portal.As(admin).PostAsync($"/api/erasures/{erasure.Id}/cancel")).Expect(200);
        erasure = await AskAsync(admin, $"Portal of {admin}");
        portal.Clock.Advance(Week);
        await SweepAsync();
        Assert.Equal("held", await StatusAsync(erasure.Id));
        portal.Clock.Advance(Week);

        // One hold that is lifted is not the last.
        var another = await portal.PlaceHoldAsync(admin, "person", TestPeople.UserId(compliance));
        foreach (var (lifted, status) in new[] { (another, "held"), (hold, "requested") })
        {
            (await portal.As(compliance).PostAsync($"/api/holds/{lifted}/lift", new { reason = "Settled" })).Expect(200);
            Assert.Equal(status, await StatusAsync(erasure.Id));
        }

        // Its day begins now.
        Assert.Equal(
            portal.Clock.GetUtcNow().AddDays(1),
            (await portal.As(admin).FetchAsync($"/api/erasures/{erasure.Id}")).Expect(200).Json!["dueAt"]!.GetValue<DateTimeOffset>());
        await FinishAsync(erasure.Id);
        Assert.Empty(await portal.ListAsync("select kind || ' ' || summary from portal.alerts where kind like 'erasure%'"));
    }

    [Fact]
    public async Task With_Mux_away_for_23_hours_it_ends_in_time_and_for_25_it_pages_and_ends_later()
    {
        foreach (var (hours, alerts, inTime) in new[] { (23, "erasure_late", true), (25, "erasure_late erasure_overdue", false) })
        {
            var (admin, tenant) = await NewTenantAsync();
            await AddVideoAsync(tenant, admin, $"asset-{admin}");
            var erasure = await AskAsync(admin, $"Portal of {admin}");
            portal.Clock.Advance(Week);
            portal.Mux.Faults.FailNextApiCalls(int.MaxValue, ApiFault.Status(503));
            for (var hour = 0; hour < hours; hour++)
            {
                await SweepAsync();
                portal.Clock.Advance(TimeSpan.FromHours(1));
                await portal.SettleAsync();
            }

            await SweepAsync();
            Assert.Equal("running", await StatusAsync(erasure.Id));
            portal.Mux.Faults.Clear();
            await FinishAsync(erasure.Id);
            Assert.Equal(inTime, await portal.ScalarAsync<bool>(
                "select ended_at < due_at from portal.erasure_requests where id = @id", new { id = erasure.Id }));
            Assert.Equal(alerts, string.Join(' ', await portal.ListAsync(
                "select kind from portal.alerts where dedup_key = @key order by kind", new { key = erasure.Id.ToString() })));
            Assert.Equal(inTime ? 0 : 1, await portal.ScalarAsync<long>(
                "select count(*) from portal.incidents where urgency = 'high' and pages and summary like '%' || @id || '%'",
                new { id = erasure.Text("id") }));
        }
    }

    [Fact]
    public async Task Every_step_may_run_again_after_a_crash_and_there_is_one_certificate_that_counts_once()
    {
        var (admin, tenant) = await NewTenantAsync();
        await AddVideoAsync(tenant, admin, $"asset-{admin}");
        var elsewhere = $"{admin}e";
        await portal.AddMemberAsync(tenant, "org_other", elsewhere, "client");
        var erasure = await AskAsync(admin, $"Portal of {admin}");
        portal.Clock.Advance(Week);
        portal.Clerk.Faults.FailNextAfterEffect(1, ApiFault.ConnectionAbort, (method, _) => method == "DELETE");
        await SweepAsync();
        await portal.RestartHostAsync();

        var steps = portal.Host.Services.GetRequiredService<EraseTenant>();
        var videos = portal.Host.Services.GetRequiredService<EraseVideos>();
        var attempt = new ErasureRef(tenant, erasure.Id, 1);
        for (var time = 0; time < 2; time++)
        {
            Assert.NotNull(await steps.BeginAsync(attempt, default));
            Assert.Null(await videos.AtMuxAsync(attempt, "", default));
            Assert.Null(await videos.AtBlobAsync(attempt, "", default));
            if (time == 0)
            {
                await Assert.ThrowsAnyAsync<Exception>(() => steps.EraseAtClerkAsync(attempt, default));
            }

            Assert.True(await steps.EraseAtClerkAsync(attempt, default));
            await portal.SettleAsync();
            Assert.True(await steps.EraseWebhooksAsync(attempt, default));
            Assert.False(await steps.EraseRowsAsync(attempt, default));
        }

        await FinishAsync(erasure.Id);
        Assert.False(await steps.CompleteAsync(attempt, default));
        var certificate = await CertificateAsync(erasure);
        Assert.Equal(1, await portal.ScalarAsync<long>(
            "select count(*) from portal.erasure_certificates where tenant_id = @tenant", new { tenant }));
        var rows = certificate["data"]!.AsArray()
            .ToDictionary(line => line!["table"]!.ToString(), line => line!["rows"]?.GetValue<long>());
        Assert.Equal((2, 1, 1, 1), (rows["users"], rows["assets"], rows["projects"], rows["tenants"]));
        var did = certificate["processors"]!.AsArray().ToDictionary(p => p!["name"]!.ToString(), p => p!["did"]!.ToString());
        Assert.StartsWith("1 assets were deleted", did["Mux"], StringComparison.Ordinal);
        Assert.Contains("of its people 1 were deleted, 1 are members of other", did["Clerk"], StringComparison.Ordinal);
        Assert.Contains($"user_{elsewhere}", (await portal.Clerk.PeopleAsync()).Select(p => p.UserId));
    }

    [Fact]
    public async Task More_replies_than_a_batch_go_before_what_they_reply_to()
    {
        var (admin, tenant) = await NewTenantAsync();
        await AddVideoAsync(tenant, admin, $"asset-{admin}");
        await portal.DoAsync("""
            with said as (
                insert into portal.comments (id, tenant_id, seq, root_seq, sort_frame, project_id, asset_id, asset_version_id,
                    author_id, visibility, body, created_at, updated_at)
                select gen_random_uuid(), @tenant, n, n, 0, a.project_id, a.id, v.id, a.created_by, 'team', 'First', @now, @now
                  from portal.asset_versions v join portal.assets a on a.id = v.asset_id, generate_series(-5, -1) n
                 where v.tenant_id = @tenant
                returning *)
            insert into portal.comments (id, tenant_id, seq, root_seq, sort_frame, project_id, asset_id, asset_version_id, author_id,
                parent_id, visibility, body, created_at, updated_at)
            select gen_random_uuid(), @tenant, nextval('portal.comment_seq'), s.root_seq, 0, s.project_id, s.asset_id,
                   s.asset_version_id, s.author_id, s.id, s.visibility, 'Reply', @now, @now
              from said s, generate_series(1, 499)
            """, new { tenant, now = portal.Clock.GetUtcNow() });

        var erasure = await EraseAsync(admin);
        Assert.Equal(0, await portal.ScalarAsync<long>("select count(*) from portal.comments where tenant_id = @tenant", new { tenant }));
        var line = (await CertificateAsync(erasure))["data"]!.AsArray().Single(of => of!["table"]!.ToString() == "comments")!;
        Assert.Equal(2500, (long)line["rows"]!);
    }

    [Fact]
    public async Task The_asset_of_an_earlier_attempt_of_an_upload_is_deleted_at_Mux_like_the_video_that_came_of_it()
    {
        var (admin, tenant) = await NewTenantAsync();
        await AddVideoAsync(tenant, admin, $"asset-{admin}");
        await portal.DoAsync("""
            with j as (
                insert into portal.upload_jobs (id, tenant_id, project_id, asset_id, asset_version_id, created_by, source, status,
                    attempt, mux_asset_id, expires_at, created_at, updated_at)
                select gen_random_uuid(), @tenant, a.project_id, a.id, v.id, a.created_by, 'direct', 'ready', 2, v.mux_asset_id,
                       @now, @now, @now
                  from portal.asset_versions v join portal.assets a on a.id = v.asset_id where v.tenant_id = @tenant returning id)
            insert into portal.upload_attempts (tenant_id, job_id, attempt, mux_asset_id, outcome, ended_at)
            select @tenant, j.id, 1, @earlier, 'failed', @now from j
            """, new { tenant, earlier = $"earlier-{admin}", now = portal.Clock.GetUtcNow() });

        var erasure = await EraseAsync(admin);

        foreach (var gone in new[] { $"asset-{admin}", $"earlier-{admin}" })
        {
            Assert.Contains(portal.Mux.Requests.All, r => r.Method == "DELETE" && r.Path == $"/video/v1/assets/{gone}");
        }

        var mux = (await CertificateAsync(erasure))["processors"]!.AsArray().Single(p => p!["name"]!.ToString() == "Mux")!;
        Assert.StartsWith("2 assets were deleted", mux["did"]!.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_an_upload_has_become_at_Mux_unnoticed_is_deleted_there()
    {
        var (admin, _) = await NewTenantAsync();
        var project = (await portal.As(admin).PostAsync("/api/projects", new { name = "Launch film" })).Expect(201).Id;
        var upload = (await portal.AskUploadAsync(project, admin)).Expect(201);
        await portal.Host.DurableClient.TerminateInstanceAsync($"{upload.Id}-1");
        portal.Mux.Faults.DropWebhooks = _ => true;
        await portal.SendBytesAsync(upload);
        Assert.Equal(1, await AtMuxAsync());
        Assert.Equal(0, await portal.ScalarAsync<long>("select count(*) from portal.upload_jobs where mux_asset_id is not null"));

        var erasure = await EraseAsync(admin);
        Assert.Equal(0, await AtMuxAsync());

        Task<long> AtMuxAsync() => portal.ScalarAsync<long>("select count(*) from vendors.mux_assets where deleted_at is null");
    }

    [Fact]
    public async Task An_upload_that_still_waits_for_its_file_is_cancelled_at_Mux()
    {
        var (admin, _) = await NewTenantAsync();
        var project = (await portal.As(admin).PostAsync("/api/projects", new { name = "Launch film" })).Expect(201).Id;
        var erasure = await AskAsync(admin, $"Portal of {admin}");
        portal.Clock.Advance(Week - TimeSpan.FromMinutes(5));
        var upload = (await portal.AskUploadAsync(project, admin)).Expect(201);
        await portal.Host.DurableClient.TerminateInstanceAsync($"{upload.Id}-1");
        portal.Clock.Advance(TimeSpan.FromMinutes(5));
        await FinishAsync(erasure.Id);

        Assert.Equal("cancelled", await portal.ScalarAsync<string>(
            "select status from vendors.mux_uploads where settings ->> 'passthrough' = @id", new { id = upload.Id.ToString() }));
    }

    [Fact]
    public async Task What_deletes_and_forgets_works_for_nothing_but_a_running_erasure_of_its_own_tenant()
    {
        await using var connection = await portal.OpenAsync();
        foreach (var call in new[]
        {
            "erase_tenant_rows(@Tenant, 1)", "forget_tenant(@Tenant, now())",
            "erase_tenant_webhooks(@Tenant, now(), gen_random_uuid(), 1)",
        })
        {
            // Neither for its own tenant, which nobody erases, nor for another, which is being erased.
            foreach (var erased in new[] { new { Tenant = TestPeople.OtherTenant }, new { TestPeople.Tenant } })
            {
                await using var transaction = await connection.BeginTransactionAsync();
                await connection.ExecuteAsync("""
                    update portal.tenants set status = 'erased', deleted_at = now() where id = @Tenant;
                    insert into portal.erasure_requests (id, tenant_id, kind, status, requested_at, due_at, starts_at, started_at)
                    values (gen_random_uuid(), @Tenant, 'tenant', 'running', now(), now(), now(), now())
                    """, new { TestPeople.Tenant });
                await connection.ExecuteAsync(
                    "set local role portal_app; select set_config('app.tenant_id', @OtherTenant::text, true)",
                    new { TestPeople.OtherTenant });
                var refused = await Assert.ThrowsAsync<PostgresException>(
                    () => connection.ExecuteAsync($"select * from portal.{call}", erased));
                Assert.Equal("42501", refused.SqlState);
            }
        }
    }

    /// <summary>A table that is added says what becomes of it with its tenant, or this fails.</summary>
    [Fact]
    public async Task Every_table_with_a_tenant_has_a_plan_and_the_database_deletes_what_the_plans_say()
    {
        var withTenant = await portal.ListAsync(
            "select table_name::text from information_schema.columns where table_schema = 'portal' and column_name = 'tenant_id'");
        Assert.Empty(withTenant.Except(TablePlans.All.Where(plan => plan.Tenant is not null).Select(plan => plan.Table)));
        Assert.Equal(
            TablePlans.All.Where(plan => plan.Tenant is { Did: TableErasure.Deletes }).Select(plan => plan.Table),
            (await portal.ListAsync("""
                select m[1] from pg_proc p, regexp_matches(substring(p.prosrc from 'array\[(.*?)\];'), '''(\w+)''', 'g') m
                 where p.proname = 'erase_tenant_rows'
                """)).Order(StringComparer.Ordinal));
    }

    private async Task OnlyWhatIsSaidIsInTheDatabaseAsync(JsonNode certificate)
    {
        foreach (var word in FullTenant.Words)
        {
            Assert.Equal((word, ""), (word, string.Join(' ', await portal.TablesWithAsync(word))));
            Assert.Equal((word, ""), (word, string.Join(' ', await portal.TablesWithAsync(word, "durable"))));
        }

        var data = certificate["data"]!.AsArray().ToDictionary(line => line!["table"]!.ToString(), line => line!);
        // What is of the tenant stands where the certificate says that it is kept or replaced, and nowhere else.
        var left = await portal.TablesWithAsync(TestPeople.Tenant.ToString());
        Assert.Empty(left.Except(data.Where(of => of.Value["did"]!.ToString() != "deleted").Select(of => of.Key)));
        Assert.All(data.Values.Where(line => line["did"]!.ToString() == "kept"), line => Assert.NotEmpty(line["why"]!.ToString()));
        // Every table had something to delete.
        Assert.Empty(data.Values.Where(line => line["rows"]?.GetValue<long>() == 0).Select(line => line["table"]!.ToString()));
        Assert.Equal(("replaced", 1), (data["tenants"]["did"]!.ToString(), (int)data["tenants"]["rows"]!));
        Assert.Equal(("tenant", TestPeople.Tenant.ToString()), (
            certificate["subject"]!["who"]!.ToString(), certificate["subject"]!["id"]!.ToString()));
    }

    private async Task OnlyWhatIsSaidIsAtVendorsAsync(JsonNode certificate)
    {
        var processors = certificate["processors"]!.AsArray().ToDictionary(p => p!["name"]!.ToString(), p => p!);
        Assert.Equal(0, await portal.ScalarAsync<long>("select count(*) from vendors.mux_assets where deleted_at is null"));
        Assert.Equal(0, await portal.ScalarAsync<long>("select count(*) from vendors.mux_uploads where status = 'waiting'"));
        Assert.StartsWith(
            $"{await portal.ScalarAsync<long>("select count(*) from vendors.mux_assets")} assets were deleted", Did("Mux"),
            StringComparison.Ordinal);
        Assert.Contains(
            "by ids, the organization's among them: it has no call that deletes one", Holds("Mux"), StringComparison.Ordinal);

        // Two files of data were there when the portal was closed; they went before the erasure came to the store.
        Assert.Equal(0, await portal.ScalarAsync<long>("select count(*) from vendors.blob_objects"));
        Assert.Contains("1 originals and 2 copies", Did("Vercel Blob"), StringComparison.Ordinal);

        Assert.DoesNotContain(
            await portal.Clerk.PeopleAsync(), p => p.OrganizationId == "org_harbour" || p.Email == "crew1@portal.example");
        Assert.Contains(portal.Clerk.Requests.All, r => r is { Method: "DELETE", Path: "/v1/organizations/org_harbour" });
        Assert.Contains("0 are members of other", Did("Clerk"), StringComparison.Ordinal);

        // Words of the tenant stand in mails that were sent, and in what vendors have told by webhooks; its id at Mux too.
        // Nothing is on its way.
        var found = new SortedSet<string>(StringComparer.Ordinal);
        foreach (var word in FullTenant.Words.Append(TestPeople.Tenant.ToString()))
        {
            found.UnionWith(await portal.TablesWithAsync(word, "vendors"));
        }

        Assert.Equal(["mux_assets", "mux_uploads", "resend_emails", "webhooks"], found);
        Assert.StartsWith("the mails that were sent, and its log of webhooks", Holds("Resend"), StringComparison.Ordinal);
        Assert.StartsWith("its log of webhooks", Holds("Clerk"), StringComparison.Ordinal);
        Assert.Equal(0, await portal.ScalarAsync<long>("select count(*) from vendors.resend_emails where last_event = 'scheduled'"));
        Assert.Equal(0, await portal.ScalarAsync<long>("""
            select count(*) from vendors.webhooks w where w.vendor = 'resend'
               and not exists (select 1 from vendors.resend_emails e where e.id::text = w.body::jsonb -> 'data' ->> 'email_id')
            """));

        string Did(string vendor) => processors[vendor]["did"]!.ToString();
        string Holds(string vendor) => processors[vendor]["holds"]!.ToString();
    }

    /// <summary>Into an empty portal, whose clock stands where the export was made: what time does is not what this is about.</summary>
    private static async Task RestoredItAnswersAsBeforeAsync(
        IReadOnlyDictionary<string, JsonNode> answers, byte[] export, DateTimeOffset exported)
    {
        await using var other = await TenantRestores.EmptyPortalAsync(exported);
        var imported = await TenantRestores.ImportAsync(other.Database, export, clock: other.Clock);

        Assert.Equal(
            [
                // Videos are archived, since their files are elsewhere, and uploads that waited for bytes wait no more.
                "/api/assets items latestVersion status", "/api/assets/{id}/versions items status",
                // What is open at somebody else's is over.
                "/api/erasures items endedAt", "/api/erasures items status", "/api/invites items delivery", "/api/invites items status",
                // Tokens and passphrases are not in the file.
                "/api/share-links items revokedAt", "/api/share-links items status",
                "/api/uploads items status", "/api/uploads items target",
            ], await other.DifferencesAsync(answers));

        // Nobody is told again, what is counted is as the events say, and the log begins with the import.
        Assert.Equal(0, await other.ScalarAsync<long>("select count(*) from portal.outbox"));
        Assert.Empty((await new RebuildReadModels(other.Services.GetRequiredService<PortalDb>(), other.Clock)
            .RunAsync(new(TestPeople.Tenant), default)).Wrong);
        Assert.Equal(
            ["tenant_imported", "user_linked"], await other.ListAsync("select distinct action from portal.audit_log order by action"));
        Assert.True(imported.Audit is { Holds: true, Seals: > 0 });
    }

    /// <summary>A tenant of its own; answers who is its Admin.</summary>
    private async Task<(string Admin, Guid Tenant)> NewTenantAsync()
    {
        var admin = $"leaver{++made}x";
        return (admin, (await portal.NewTenantAsync(admin)).Id);
    }

    private async Task<Answer> AskAsync(string admin, string tenantName) =>
        (await portal.As(admin).PostAsync("/api/erasures", new { kind = "tenant", tenantName })).Expect(201);

    /// <summary>Asked for, waited for and completed.</summary>
    private async Task<Answer> EraseAsync(string admin)
    {
        var erasure = await AskAsync(admin, $"Portal of {admin}");
        portal.Clock.Advance(Week);
        await FinishAsync(erasure.Id);
        return erasure;
    }

    private async Task SweepAsync()
    {
        await portal.RunTimerAsync("SweepErasures");
        await portal.SettleAsync();
        await portal.RunTimerAsync("SweepExports");
        await portal.RunTimerAsync("RetryWebhookInbox");
        await portal.SettleAsync();
    }

    /// <summary>Moves on until it is completed.</summary>
    private async Task FinishAsync(Guid erasure)
    {
        for (var round = 0; round < 30 && await StatusAsync(erasure) != "completed"; round++)
        {
            await SweepAsync();
            portal.Clock.Advance(Step);
            await portal.SettleAsync();
        }

        Assert.Equal("completed", await portal.ScalarAsync<string>(
            "select status || coalesce(': ' || last_error, '') from portal.erasure_requests where id = @erasure", new { erasure }));
    }

    /// <summary>Nobody can sign in to ask.</summary>
    private Task<string> StatusAsync(Guid erasure) =>
        portal.ScalarAsync<string>("select status from portal.erasure_requests where id = @erasure", new { erasure });

    /// <summary>Read by its code alone, and as it was signed.</summary>
    private async Task<JsonNode> CertificateAsync(Answer erasure)
    {
        var opened = (await portal.Anonymous.FetchAsync($"/api/erasures/by-code/{erasure.Text("certificateCode")}")).Expect(200);
        Assert.True(AuditKeys.Verify(
            Convert.FromBase64String(opened.Text("publicKey")), ErasureCertificates.Message(opened.Text("document")),
            Convert.FromBase64String(opened.Text("signature"))));
        return opened.Field("certificate");
    }

    /// <summary>A video whose asset Mux has never heard of.</summary>
    private async Task AddVideoAsync(Guid tenant, string admin, string muxAsset)
    {
        var project = (await portal.As(admin).PostAsync("/api/projects", new { name = "Launch film" })).Expect(201).Id;
        await portal.DoAsync("""
            with a as (
                insert into portal.assets (id, tenant_id, project_id, title, created_by, created_at, updated_at)
                select gen_random_uuid(), @tenant, @project, 'Cut one', u.id, @now, @now from portal.users u
                 where u.tenant_id = @tenant and u.role = 'admin' returning id)
            insert into portal.asset_versions (id, tenant_id, asset_id, number, status, file_name, size_bytes, mux_asset_id, playback_id,
                created_at, updated_at)
            select gen_random_uuid(), @tenant, a.id, 1, 'ready', 'cut.mp4', 1, @muxAsset, 'playback-' || @muxAsset, @now, @now from a
            """, new { tenant, project, muxAsset, now = portal.Clock.GetUtcNow() });
    }
}
