using System.Globalization;
using System.Text.Json;
using Dapper;
using Microsoft.Extensions.DependencyInjection;
using Portal.Compliance;
using Portal.Compliance.Erasure;
using Portal.Compliance.Reviews;
using Portal.Events.Deliveries.Mails;
using Portal.LocalVendors;
using Portal.Vendors.Blob;
using Xunit;

namespace Portal.Tests.Support.Contract;

/// <summary>
/// A tenant with one of everything, made through the front door, for tests that attempt all functions. Every free text in it carries
/// <see cref="Marker"/>: where another tenant reads that, something leaks. Things are made when they are first asked for.
/// </summary>
public sealed class SampleWorld(TestPortal portal)
{
    /// <summary>In every name, title and text of the first tenant.</summary>
    public const string Marker = "QZX-HARBOUR";

    /// <summary>Thousands of requests in a standing minute.</summary>
    public static IReadOnlyDictionary<string, string?> NoLimits { get; } = new Dictionary<string, string?>
    {
        ["Limits:UserPerMinute"] = "1000000",
        ["Limits:TenantPerMinute"] = "1000000",
        ["Limits:PlaybacksPerMinute"] = "1000000",
        ["Limits:UploadsPerDay"] = "1000000",
        ["Limits:FailedAttemptsPerMinute"] = "1000000",
        ["Limits:AuditReadsPerMinute"] = "1000000",
    };

    private readonly Dictionary<string, Task<Guid>> made = [];
    private Dictionary<Guid, (string Role, string Status)> people = [];

    public TestPortal Portal => portal;

    /// <summary>A project with the agency and the client in it.</summary>
    public Task<Guid> ProjectAsync() => OnceAsync("project", NewProjectAsync);

    /// <summary>An upload that is ready.</summary>
    public Task<Guid> ReadyUploadAsync() => OnceAsync("upload", async () => (await portal.UploadReadyAsync(await ProjectAsync())).Id);

    public Task<Guid> AssetAsync() => OnceAsync("asset", async () =>
        await portal.ScalarAsync<Guid>("select asset_id from portal.upload_jobs where id = @id", new { id = await ReadyUploadAsync() }));

    public Task<Guid> LinkAsync() => OnceAsync("link", async () => (await NewLinkAsync()).Id);

    public async Task<Guid> NewProjectAsync() => (await portal.As("admin").PostAsync("/api/projects", new
    {
        name = $"{Marker} project",
        description = $"{Marker} description",
        memberIds = new[] { "agency", "client" }.Concat(
            Enumerable.Range(1, TestPeople.Crew).Select(
                i => string.Create(CultureInfo.InvariantCulture, $"crew{i}"))).Select(TestPeople.UserId),
    })).Expect(201).Id;

    /// <summary>A share link; its answer carries the token.</summary>
    public async Task<Answer> NewLinkAsync() =>
        (
            await portal.As("agency").PostAsync(
                "/api/share-links", new { assetId = await AssetAsync(), label = $"{Marker} label", allowComments = true })).Expect(201);

    /// <summary>A share link that could last longer.</summary>
    public async Task<Guid> NewShortLinkAsync() =>
        (
            await portal.ShareAsync(
                await AssetAsync(), new { label = $"{Marker} label", expiresAt = portal.Clock.GetUtcNow().AddDays(2) })).Id;

    /// <summary>An upload that waits for its bytes.</summary>
    public async Task<Guid> NewUploadAsync()
    {
        await ForgetLimitsAsync();
        return (await portal.AskUploadAsync(await ProjectAsync())).Expect(201).Id;
    }

    /// <summary>An upload that was given up.</summary>
    public async Task<Guid> NewFailedUploadAsync()
    {
        var upload = await NewUploadAsync();
        await using var connection = await portal.OpenAsync();
        await connection.ExecuteAsync("""
            update portal.upload_jobs set status = 'failed', failure_reason = 'internal_error', updated_at = now() where id = @upload;
            update portal.asset_versions set status = 'failed'
               where id = (select asset_version_id from portal.upload_jobs where id = @upload);
            """, new { upload });
        return upload;
    }

    /// <summary>The id of a Mux event whose attempts are used up.</summary>
    public async Task<string> NewDeadWebhookAsync()
    {
        var eventId = $"evt-{Guid.NewGuid():N}";
        await using var connection = await portal.OpenAsync();
        await connection.ExecuteAsync("""
            insert into portal.webhook_inbox (provider, event_id, type, body, status, attempts, last_error, next_attempt_at, received_at)
            values ('mux', @eventId, 'video.asset.ready', '{"data":{}}', 'dead', 8, 'no_job', now(), now())
            """, new { eventId });
        return eventId;
    }

    public async Task<Guid> NewMilestoneAsync() =>
        (
            await portal.As("admin").PostAsync(
                "/api/milestones", new { projectId = await ProjectAsync(), name = $"{Marker} milestone" })).Expect(201).Id;

    public async Task<Guid> NewTaskAsync() =>
        (
            await portal.As("admin").PostAsync(
                "/api/tasks", new { projectId = await ProjectAsync(), title = $"{Marker} task" })).Expect(201).Id;

    public async Task<Guid> NewTemplateAsync() =>
        (await portal.As("admin").PostAsync("/api/milestone-templates", ApiSamples.Template())).Expect(201).Id;

    /// <summary>The asset, shared with the tenant's client.</summary>
    public async Task<Guid> SharedAssetAsync()
    {
        var guestEmails = new[] { "client@portal.example" };
        await OnceAsync("client's link", async () => (await portal.ShareAsync(
            await AssetAsync(), new { allowComments = true, label = $"{Marker} label", guestEmails })).Id);
        return await AssetAsync();
    }

    /// <summary>A comment of the first tenant's admin that starts a thread, meant for the client too.</summary>
    public async Task<Guid> NewCommentAsync() =>
        (
            await portal.As("admin").PostAsync(
                $"/api/assets/{await SharedAssetAsync()}/versions/1/comments",
                new { body = $"{Marker} comment", visibility = "client" })).Expect(201).Id;

    public async Task<Guid> NewResolvedCommentAsync()
    {
        var comment = await NewCommentAsync();
        (await portal.As("admin").PostAsync($"/api/comments/{comment}/resolve")).Expect(200);
        return comment;
    }

    /// <summary>An asset of its own that is ready and shared with nobody.</summary>
    public async Task<Guid> NewAssetAsync()
    {
        await ForgetLimitsAsync();
        return Guid.Parse((await portal.UploadReadyAsync(await ProjectAsync())).Text("assetId"));
    }

    /// <summary>One whose only version has been archived.</summary>
    public async Task<Guid> NewArchivedAssetAsync()
    {
        var asset = await NewAssetAsync();
        (await portal.As("admin").PostAsync($"/api/assets/{asset}/versions/1/archive")).Expect(200);
        return asset;
    }

    /// <summary>A guest who has opened a link: its token, and the cookie that makes them the same guest again.</summary>
    public async Task<(string Token, IReadOnlyDictionary<string, string> Cookie)> NewGuestAsync()
    {
        var link = await portal.ShareAsync(
            await AssetAsync(), new { allowComments = true, allowDownload = true, label = $"{Marker} label" });
        await using (var connection = await portal.OpenAsync())
        {
            // As if Mux had made the file by now.
            await connection.ExecuteAsync(
                "update portal.asset_versions set download_name = 'highest.mp4' where asset_id = @asset",
                new { asset = await AssetAsync() });
        }

        var guest = portal.GuestOf(link);
        (await guest.OpenAsync()).Expect(200);
        return (link.Text("token"), new Dictionary<string, string> { ["Cookie"] = guest.Cookies[0].Split(';')[0] });
    }

    /// <summary>The same, with a comment of that guest.</summary>
    public async Task<ApiAsk> NewGuestCommentAsync(object? body = null)
    {
        var (token, cookie) = await NewGuestAsync();
        var made = await SendAsync(
            new ApiRequest(
                "POST", $"/api/share/{token}/comments")
            {
                Headers = cookie,
                Body = ApiRequest.Bytes(new { name = "Gwen", body = $"{Marker} of a guest" })
            });
        return new ApiAsk
        {
            Path = new Dictionary<string, string> { ["token"] = token, ["id"] = made.Json!["id"]!.ToString() },
            Headers = cookie,
            Body = body,
        };
    }

    /// <summary>The orchestration of an upload that waits for its bytes.</summary>
    public async Task<string> NewOrchestrationAsync()
    {
        var id = $"{await NewUploadAsync()}-1";
        // It waits for its file now: nothing of it changes by itself.
        await portal.SettleAsync();
        return id;
    }

    public async Task<string> NewSuspendedOrchestrationAsync()
    {
        var id = await NewOrchestrationAsync();
        (await portal.As("operator").PostAsync($"/api/ops/orchestrations/{id}/suspend", new { reason = "Tried by a test" })).Expect(202);
        await portal.SettleAsync();
        await Eventually.TrueAsync(
            async () => (
                await portal.As("operator").FetchAsync($"/api/ops/orchestrations/{id}")).Body.Contains(
                    "Suspended", StringComparison.Ordinal), "it to be suspended");
        return id;
    }

    /// <summary>An orchestration that failed itself: its function is not there.</summary>
    public async Task<string> NewBrokenOrchestrationAsync()
    {
        var id = $"broken-{Guid.NewGuid()}";
        using var request = new HttpRequestMessage(
            HttpMethod.Post, $"/runtime/webhooks/durabletask/orchestrators/NoSuchOrchestrator/{id}")
        {
            Content = new StringContent("{}", System.Text.Encoding.UTF8, "application/json"),
        };
        request.Headers.Add("x-functions-key", TestSettings.SystemKey);
        (await (await portal.Anonymous.SendAsync(request)).ReadAsync()).Expect(202);
        await portal.SettleAsync();
        await Eventually.TrueAsync(
            async () => (
                await portal.As("operator").FetchAsync($"/api/ops/orchestrations/{id}")).Body.Contains(
                    "\"Failed\"", StringComparison.Ordinal), "it to fail");
        return id;
    }

    /// <summary>The orchestration of an upload that failed.</summary>
    public async Task<string> NewFailedOrchestrationAsync() => $"{await NewFailedUploadAsync()}-1";

    /// <summary>An invite that is pending.</summary>
    public async Task<Guid> NewInviteAsync() =>
        (
            await portal.As("admin").PostAsync(
                "/api/invites", new { email = $"{SampleNames.Next("guest")}@invited.example", role = "agency" })).Expect(201).Id;

    public async Task<Guid> NewRevokedInviteAsync()
    {
        var invite = await NewInviteAsync();
        (await portal.As("admin").PostAsync($"/api/invites/{invite}/revoke")).Expect(200);
        return invite;
    }

    /// <summary>Somebody of the tenant whom no test needs.</summary>
    public async Task<Guid> NewUserAsync(string status = "active")
    {
        var handle = SampleNames.Next("spare");
        await AddAsync(handle, "agency", status);
        return TestPeople.UserId(handle);
    }

    /// <summary>Somebody of the tenant who can sign in, and whom no test needs; answers their handle.</summary>
    public async Task<string> NewMemberAsync()
    {
        var handle = SampleNames.Next("member");
        await portal.AddMemberAsync(TestPeople.Tenant, "org_harbour", handle, "client");
        return handle;
    }

    /// <summary>A request for the erasure of a guest, which nothing carries out: it waits, or it is completed and has its
    /// certificate.</summary>
    public async Task<Guid> NewErasureAsync(string status)
    {
        var (id, now) = (Guid.CreateVersion7(), portal.Clock.GetUtcNow());
        await using var connection = await portal.OpenAsync();
        await connection.ExecuteAsync("""
            insert into portal.erasure_requests (id, tenant_id, kind, status, address_hash, requested_at, starts_at, next_at, due_at,
                started_at, ended_at)
            values (@id, @tenant, 'guest', @status, encode(sha256(@id::text::bytea), 'hex'), @now, @later, @later, @later,
                case @status when 'completed' then @now end, case @status when 'completed' then @now end)
            """, new { id, tenant = TestPeople.Tenant, status, now, later = now.AddYears(10) });
        if (status == "completed")
        {
            var certificate = new ErasureCertificate(
                1, id, TestPeople.Tenant, new("guest", null, null), "keep", now, now, now, [], [], now.AddDays(7));
            await connection.ExecuteAsync("""
                insert into portal.erasure_certificates (erasure_id, tenant_id, document, key_id, signature, created_at)
                values (@id, @tenant, @document, 'a1', '\x00', @now)
                """, new
            {
                id,
                tenant = TestPeople.Tenant,
                document = JsonSerializer.Serialize(certificate, JsonSerializerOptions.Web),
                now,
            });
        }

        return id;
    }

    /// <summary>An export of a guest, which nothing carries out: it waits, or it is ready and its file lies at Blob.</summary>
    public async Task<Guid> NewExportAsync(string status, Guid? of = null)
    {
        var (id, now) = (Guid.CreateVersion7(), portal.Clock.GetUtcNow());
        var pathname = status == "ready" ? $"exports/{TestPeople.Tenant}/{id}/sample.zip" : null;
        if (pathname is not null)
        {
            using var file = new MemoryStream("PK"u8.ToArray());
            Assert.Null(await portal.Services.GetRequiredService<BlobWrites>().PutAsync(pathname, "application/zip", file, default));
        }

        await using var connection = await portal.OpenAsync();
        await connection.ExecuteAsync("""
            insert into portal.exports (id, tenant_id, kind, subject_id, status, address_hash, requested_by, requested_at, next_at,
                pathname, sha256, size_bytes, ready_at, expires_at)
            select @id, @tenant, case when @of::uuid is null then 'guest' else 'person' end, @of, @status,
                   case when @of::uuid is null then encode(sha256(@id::text::bytea), 'hex') end, coalesce(@of, @admin), @now, @later,
                   @pathname, case when @pathname::text is not null then repeat('0', 64) end, 2, @now, @later
            """, new
        {
            id,
            tenant = TestPeople.Tenant,
            of,
            status,
            admin = TestPeople.UserId("admin"),
            now,
            later = now.AddYears(10),
            pathname,
        });
        return id;
    }

    /// <summary>A legal hold on somebody whom no test needs.</summary>
    public async Task<Guid> NewHoldAsync() => (await portal.As("admin").PostAsync("/api/holds", new
    {
        kind = "person",
        subjectId = await NewUserAsync("deactivated"),
        reason = $"{Marker} dispute",
        reviewOn = portal.Clock.GetUtcNow().AddDays(90).ToString("yyyy-MM-dd", CultureInfo.InvariantCulture),
    })).Expect(201).Id;

    /// <summary>A review of a vendor; none is of Mux.</summary>
    public async Task<Guid> NewVendorReviewAsync() =>
        (await portal.As("admin").PostAsync("/api/vendor-reviews", NewReview())).Expect(201).Id;

    public object NewReview() => new
    {
        vendor = "clerk",
        result = "approved_with_findings",
        findings = $"{Marker} finding",
        evidenceUrls = new[] { "https://evidence.example/clerk" },
        reviewedOn = portal.Clock.GetUtcNow().ToString("yyyy-MM-dd", CultureInfo.InvariantCulture),
    };

    /// <summary>What opens a certificate without a session.</summary>
    public async Task<string> NewCertificateCodeAsync() => (await portal.As("admin").FetchAsync(
        $"/api/erasures/{await NewErasureAsync("completed")}")).Expect(200).Text("certificateCode");

    /// <summary>Somebody signed in to an organization that has no portal; answers their handle.</summary>
    public async Task<string> NewNewcomerAsync()
    {
        var handle = SampleNames.Next("newcomer");
        await portal.Clerk.AddPersonAsync(
            new LocalPerson(handle, $"user_{handle}", $"{handle}@portal.example", handle, $"org_{handle}", $"org_{handle}", "admin"));
        return handle;
    }

    /// <summary>The admin of a portal of their own; answers their handle.</summary>
    public async Task<string> NewTenantAdminAsync()
    {
        var handle = await NewNewcomerAsync();
        (await portal.As(handle).PostAsync("/api/tenants", new { name = "Short-lived" })).Expect(201);
        return handle;
    }

    /// <summary>A notification of the first tenant's admin.</summary>
    public async Task<Guid> NewNotificationAsync()
    {
        var id = Guid.CreateVersion7();
        await using var connection = await portal.OpenAsync();
        await connection.ExecuteAsync("""
            insert into portal.notifications (id, tenant_id, user_id, type, subject_type, subject_id, created_at)
            values (@id, @tenant, @user, 'mux_asset_ready', 'asset', @subject, @now)
            """,
            new
            {
                id,
                tenant = TestPeople.Tenant,
                user = TestPeople.UserId("admin"),
                subject = Guid.CreateVersion7(),
                now = portal.Clock.GetUtcNow(),
            });
        return id;
    }

    /// <summary>A mail to somebody whom no test needs, that could not be sent.</summary>
    public async Task<Guid> NewFailedDeliveryAsync()
    {
        var user = await NewUserAsync();
        var id = Guid.CreateVersion7();
        await using var connection = await portal.OpenAsync();
        await connection.ExecuteAsync("""
            with e as (insert into portal.events (event_id, tenant_id, aggregate_type, aggregate_id, type, payload, occurred_at)
                       values (gen_random_uuid(), @tenant, 'project', @id, 'project_created', '{}', @now) returning event_id)
            insert into portal.deliveries (id, tenant_id, event_id, event_type, aggregate_id, seq, channel, recipient, status, reason,
               done_at, created_at)
            select @id, @tenant, e.event_id, 'project_created', @id, 0, 'email', 'user:' || @user, 'failed', 'attempts used up', @now, @now
               from e
            """, new { id, user, tenant = TestPeople.Tenant, now = portal.Clock.GetUtcNow() });
        return id;
    }

    /// <summary>Of a type that no test causes: nothing is sent to a host that is not there.</summary>
    public static object Endpoint() => new
    {
        url = $"https://hooks.example.com/{SampleNames.Next("hook")}",
        description = $"{Marker} hook",
        eventTypes = new[] { "tenant_deleted" },
    };

    public async Task<Guid> NewEndpointAsync()
    {
        await ForgetEndpointsAsync();
        return (await portal.As("admin").PostAsync("/api/webhook-endpoints", Endpoint())).Expect(201).Id;
    }

    /// <summary>One with three events that it took.</summary>
    public Task<Guid> EndpointWithDeliveriesAsync() => OnceAsync("endpoint", async () =>
    {
        await using var connection = await portal.OpenAsync();
        // One that was kept before everything was made anew is as good as any other.
        await connection.ExecuteAsync(
            "update portal.webhook_endpoints set description = '' where tenant_id = @Tenant and description = 'kept'",
            new { TestPeople.Tenant });
        var endpoint = await NewEndpointAsync();
        await connection.ExecuteAsync("""
            update portal.webhook_endpoints set description = 'kept' where id = @endpoint;
            with e as (insert into portal.events (event_id, tenant_id, aggregate_type, aggregate_id, type, payload, occurred_at)
                       select gen_random_uuid(), @tenant, 'project', gen_random_uuid(), 'project_updated', '{}', @now
                         from generate_series(1, 3) returning event_id, aggregate_id)
            insert into portal.deliveries (id, tenant_id, event_id, event_type, aggregate_id, seq, channel, recipient, status, done_at,
                   created_at)
            select gen_random_uuid(), @tenant, e.event_id, 'project_updated', e.aggregate_id, 0, 'webhook', 'endpoint:' || @endpoint,
                   'sent', @now, @now from e;
            insert into portal.webhook_attempts (delivery_id, attempt, number, tenant_id, endpoint_id, sent_at, url, status, duration_ms,
                   response_body)
            select d.id, 1, 1, @tenant, @endpoint, @now, 'https://hooks.example.com/', 204, 12, '' from portal.deliveries d
             where d.recipient = 'endpoint:' || @endpoint;
            """, new { endpoint, tenant = TestPeople.Tenant, now = portal.Clock.GetUtcNow() });
        return endpoint;
    });

    /// <summary>There may be ten at a time: those of samples before go when there are as many.</summary>
    public async Task ForgetEndpointsAsync()
    {
        await using var connection = await portal.OpenAsync();
        await connection.ExecuteAsync("""
            delete from portal.webhook_endpoints where tenant_id = @Tenant and description <> 'kept'
               and (select count(*) from portal.webhook_endpoints where tenant_id = @Tenant) >= 9
            """, new { TestPeople.Tenant });
    }

    public async Task<string> NewUnsubscribeTokenAsync() =>
        portal.Services.GetRequiredService<UnsubscribeTokens>().UrlOf(await NewFailedDeliveryAsync()).Split('/')[^1];

    /// <summary>The report of a week long ago, as its timer would have made it; each of a week of its own.</summary>
    public async Task<Guid> NewResidencyReportAsync()
    {
        var (id, now) = (Guid.CreateVersion7(), portal.Clock.GetUtcNow());
        var report = new ResidencyReport(
            ResidencyReport.CurrentFormat, id, TestPeople.Tenant, "2000-W01", "Australia/Sydney", now.AddDays(-7), now, now, [],
            [.. VendorRegister.All.Select(ReportedProcessor.Of)], null,
            [.. VideoPlace.All.Select(place => new VideoCount(place, 1, 2_048))], []);
        await using var connection = await portal.OpenAsync();
        await connection.ExecuteAsync("""
            insert into portal.residency_reports (id, tenant_id, week, period_start, period_end, json, html, json_sha256, html_sha256,
               created_at)
            select @id, @tenant, lpad((1000 + count(*))::text, 4, '0') || '-W01', @now, @now, @json, @html,
               sha256(convert_to(@json, 'UTF8')), sha256('x'), @now
              from portal.residency_reports where tenant_id = @tenant
            """,
            new
            {
                id,
                tenant = TestPeople.Tenant,
                now,
                json = JsonSerializer.Serialize(
                    report, JsonSerializerOptions.Web),
                html = ResidencyHtml.Of(report),
            });
        return id;
    }

    /// <summary>An open incident of its own.</summary>
    public async Task<Guid> NewIncidentAsync()
    {
        var id = Guid.CreateVersion7();
        await using var connection = await portal.OpenAsync();
        await connection.ExecuteAsync("""
            insert into portal.incidents (id, kind, dedup_key, severity, summary, pages, opened_at, last_at)
            values (@id, 'alert', @id::text, 'critical', 'Tried by a test.', true, @now, @now)
            """, new { id, now = portal.Clock.GetUtcNow() });
        return id;
    }

    /// <summary>One with something in its timeline.</summary>
    public async Task<Guid> NotedIncidentAsync()
    {
        var id = await NewIncidentAsync();
        foreach (var text in (string[])["Seen", "Mended", "Watched"])
        {
            (await portal.As("operator").PostAsync($"/api/ops/incidents/{id}/notes", new { text })).Expect(201);
        }

        return id;
    }

    /// <summary>Words of people on call: what they may read again is no tenant's.</summary>
    public static object Notice() => new
    {
        subject = "Uploads were slow",
        text = "From 10 to 11 they waited for Mux.",
        tenantIds = new[] { TestPeople.Tenant },
    };

    /// <summary>A draft, the last of three.</summary>
    public async Task<(Guid Incident, Guid Notice)> NewNoticeAsync()
    {
        var incident = await NewIncidentAsync();
        var path = $"/api/ops/incidents/{incident}/notices";
        await portal.As("operator").PostAsync(path, Notice());
        await portal.As("operator").PostAsync(path, Notice());
        return (incident, (await portal.As("operator").PostAsync(path, Notice())).Expect(201).Id);
    }

    public async Task<Guid> SentNoticeAsync()
    {
        var (incident, notice) = await NewNoticeAsync();
        return (await portal.As("operator").PostAsync($"/api/ops/incidents/{incident}/notices/{notice}/send")).Expect(200).Id;
    }

    /// <summary>A breach of security that no other one is.</summary>
    public object NewSecurityIncident() => new
    {
        kind = "security",
        summary = $"Tried by a test {SampleNames.Next("breach")}",
        severity = "warning",
        discoveredAt = portal.Clock.GetUtcNow().AddMinutes(-5),
    };

    /// <summary>An open alert of its own.</summary>
    public async Task<Guid> NewAlertAsync()
    {
        var id = Guid.CreateVersion7();
        await using var connection = await portal.OpenAsync();
        await connection.ExecuteAsync("""
            insert into portal.alerts (id, kind, dedup_key, severity, summary, first_at, last_at)
            values (@id, 'brute_force', @id::text, 'warning', 'Tried by a test.', @now, @now)
            """, new { id, now = portal.Clock.GetUtcNow() });
        return id;
    }

    /// <summary>What may be off without that anybody of the samples misses it.</summary>
    public const string Switched = "vercel_blob";

    public object NewSwitch() =>
        new { target = Switched, reason = "Tried by a test", until = portal.Clock.GetUtcNow().AddMinutes(2) };

    public async Task SetSwitchAsync() =>
        (await portal.As("operator").PostAsync("/api/ops/switches", NewSwitch())).Expect(200);

    /// <summary>A test of restoring a backup at a time that no other one has.</summary>
    public object NewRestoreTest()
    {
        var ran = portal.Clock.GetUtcNow().AddHours(-1).AddTicks(-10 * Random.Shared.NextInt64(1_000_000_000));
        return new
        {
            ranAt = ran,
            backupTakenAt = ran.AddHours(-5),
            succeeded = true,
            durationSeconds = 1800,
            notes = "All rows were there.",
            evidenceUrl = "https://evidence.example/drill",
        };
    }

    /// <summary>The freeze as it can be switched: no breach holds it.</summary>
    public async Task<bool> IsFrozenAsync()
    {
        await using var connection = await portal.OpenAsync();
        await connection.ExecuteAsync(
            "update portal.incidents set status = 'resolved', resolved_at = @now where kind = 'error_budget_breach' and status <> "
                + "'resolved'", new { now = portal.Clock.GetUtcNow() });
        return await connection.QuerySingleAsync<bool>("select is_on from portal.change_freeze");
    }

    /// <summary>Limits alone: what one sample has made is there until it is used.</summary>
    public Task ForgetLimitsAsync() => portal.ForgetLimitsAsync();

    /// <summary>People whom only these tests need: in the tenant, but in no project of it; and one who was deactivated.</summary>
    public async Task AddPeopleAsync()
    {
        foreach (var role in new[] { "agency", "client" })
        {
            await AddAsync($"unassigned-{role}", role, "active");
        }

        await AddAsync("deactivated", "admin", "deactivated");
        await using var connection = await portal.OpenAsync();
        people = (
            await connection.QueryAsync<(Guid Id, string Role, string Status)>(
                "select id, role, status from portal.users")).ToDictionary(p => p.Id, p => (p.Role, p.Status));
    }

    /// <summary>
    /// Everything that callers may have done to people and tenants is undone, and what is made once is made anew when it is next asked
    /// for.
    /// </summary>
    public async Task HealAsync()
    {
        made.Clear();
        await portal.ResetAsync();
        await using var connection = await portal.OpenAsync();
        await connection.ExecuteAsync("update portal.tenants set status = 'active', deleted_at = null where status <> 'active'");
        foreach (var (id, (role, status)) in people)
        {
            await connection.ExecuteAsync(
                "update portal.users set role = @role, status = @status where id = @id and (role, status) <> (@role, @status)",
                new { id, role, status });
        }
    }

    /// <summary>Sends a request and reads the answer.</summary>
    public async Task<ApiAnswer> SendAsync(ApiRequest request, bool takesTime = false)
    {
        var jwt = request.As is { } person ? await portal.SessionAsync(person) : null;
        using var message = ApiAnswer.Message(request, jwt);
        return await ApiAnswer.ReadAsync(takesTime
            ? await portal.WhileMovingAsync(portal.Anonymous.SendAsync(message))
            : await portal.Anonymous.SendAsync(message));
    }

    private async Task AddAsync(string handle, string role, string status)
    {
        await using var connection = await portal.OpenAsync();
        await connection.ExecuteAsync("""
            insert into portal.users (id, tenant_id, clerk_user_id, email, name, role, status, created_at, updated_at)
            values (@id, @tenant, @clerk, @email, @handle, @role, @status, @now, @now)
            """,
            new
            {
                id = TestPeople.UserId(handle),
                tenant = TestPeople.Tenant,
                clerk = $"user_{handle}",
                email = $"{handle}@portal.example",
                handle,
                role,
                status,
                now = portal.Clock.GetUtcNow(),
            });
        await portal.Clerk.AddPersonAsync(
            new LocalPerson(handle, $"user_{handle}", $"{handle}@portal.example", handle, "org_harbour", "org_harbour", role));
    }

    private Task<Guid> OnceAsync(string name, Func<Task<Guid>> make) =>
        made.TryGetValue(name, out var known) ? known : made[name] = make();
}
