using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Portal.Functions.Foundation.Contract;
using Portal.LocalVendors;

namespace Portal.Tests.Support.Contract;

/// <summary>
/// What each function needs for a good request: the one table that a new function must be added to. Everything else about it is read
/// off its attributes. <see cref="Of"/> fails with the name of a function that has no row.
/// </summary>
public static class ApiSamples
{
    private static readonly Dictionary<string, ApiSample> Table = new()
    {
        ["AddComment"] = InProject(
            async w =>
                Version(
                    await w.AssetAsync(),
                    new { body = $"{SampleWorld.Marker} said", frame = 12, frameRate = new { numerator = 25, denominator = 1 } })),
        ["AddProjectMember"] = InProject(async w => Two(await w.NewProjectAsync(), "userId", TestPeople.UserId("crew1"))),
        ["AddTaskDependency"] = InProject(async w => Two(await w.NewTaskAsync(), "otherId", await w.NewTaskAsync())),
        ["ApplyMilestoneTemplate"] = InProject(
            async w => ApiAsk.Id(await w.NewProjectAsync(), new { templateId = await w.NewTemplateAsync(), startDate = "2026-04-01" })),
        ["ArchiveMilestoneTemplate"] = InTenant(async w => ApiAsk.Id(await w.NewTemplateAsync())),
        ["ArchiveProject"] = InProject(async w => ApiAsk.Id(await w.NewProjectAsync())),
        ["AssignTask"] = InProject(async w => Two(await w.NewTaskAsync(), "userId", TestPeople.UserId("agency"))),
        ["AddSharedComment"] = Open(async w => AsGuest(await w.NewGuestAsync(), new { name = "Gwen", body = "Nice" })),
        ["ArchiveAssetVersion"] = InProject(async w => Version(await w.NewAssetAsync())),
        ["AcknowledgeAlert"] = Open(async w => ApiAsk.Id(await w.NewAlertAsync())),
        ["AcknowledgeIncident"] = Open(async w => ApiAsk.Id(await w.NewIncidentAsync())),
        ["AlertWebhook"] = Open(Alert),
        ["PagerDutyWebhook"] = Open(PagerDutyEvent),
        ["BlobWebhook"] = Open(BlobEvent),
        ["CancelUpload"] = InProject(async w => ApiAsk.Id(await w.NewUploadAsync())),
        ["CountUnreadNotifications"] = Open(),
        ["CreateInvite"] = Open(_ => ApiAsk.Of(new { email = $"{SampleNames.Next("guest")}@invited.example", role = "agency" })),
        ["CreateMilestone"] = InProject(async w => ApiAsk.Of(new { projectId = await w.ProjectAsync(), name = SampleWorld.Marker })),
        ["CreateMilestoneTemplate"] = Open(_ => ApiAsk.Of(Template())),
        ["CreateTask"] = InProject(async w => ApiAsk.Of(new { projectId = await w.ProjectAsync(), title = SampleWorld.Marker })),
        ["CreateProject"] = Open(
            _ =>
                ApiAsk.Of(
                    new
                    {
                        name = $"{SampleWorld.Marker} made",
                        memberIds = new[] { TestPeople.UserId("agency") },
                    })) with
        { Reach = Reach.Tenant },
        ["CreateShareLink"] = InProject(async w => ApiAsk.Of(new { assetId = await w.AssetAsync(), label = SampleWorld.Marker })),
        ["CreateTenant"] = Open(async w => ApiAsk.Of(new { name = "A new portal" }) with { As = await w.NewNewcomerAsync() }),
        ["DeleteComment"] = InProject(async w => ApiAsk.Id(await w.NewCommentAsync())),
        ["DeleteMilestone"] = InProject(async w => ApiAsk.Id(await w.NewMilestoneAsync())),
        ["DeleteTask"] = InProject(async w => ApiAsk.Id(await w.NewTaskAsync())),
        ["DuplicateTask"] = InProject(async w => ApiAsk.Id(await w.NewTaskAsync(), new { title = SampleWorld.Marker })),
        ["DeleteSharedComment"] = Open(w => w.NewGuestCommentAsync()),
        ["DownloadShared"] = Open(async w => AsGuest(await w.NewGuestAsync())),
        ["DecideMyConsents"] = Open(_ => ApiAsk.Of(Consents())),
        ["DecideSharedConsents"] = Open(async w => AsGuest(await w.NewGuestAsync(), Consents())),
        ["ReadMyConsents"] = Open(),
        ["ReadPrivacyNotice"] = Open(_ => new ApiAsk { Query = "?jurisdiction=eu" }),
        ["ReadSharedConsents"] = Open(async w => AsGuest(await w.NewGuestAsync())),
        ["EditComment"] = InProject(async w => ApiAsk.Id(await w.NewCommentAsync(), new { body = $"{SampleWorld.Marker} better" })),
        ["EditMilestoneTemplate"] = InTenant(
            async w => ApiAsk.Id(await w.NewTemplateAsync(), new { name = $"{SampleWorld.Marker} edited" })),
        ["CancelErasure"] = InTenant(async w => ApiAsk.Id(await w.NewErasureAsync("requested"))),
        ["EraseMe"] = Open(async w => OfThemselves(await w.NewMemberAsync())),
        ["ExportAudit"] = Open(),
        ["KeepAsset"] = InProject(async w => ApiAsk.Id(await w.AssetAsync())),
        ["LiftHold"] = InTenant(async w => ApiAsk.Id(await w.NewHoldAsync(), new { reason = "Settled" })),
        ["ListErasures"] = Open(),
        ["ListHolds"] = Open(),
        ["ListVendorReviews"] = Open(),
        ["ListVendors"] = Open(),
        ["ReadComplianceOverview"] = Open(),
        ["ReadVendorReview"] = InTenant(async w => ApiAsk.Id(await w.NewVendorReviewAsync())),
        ["RecordVendorReview"] = Open(w => ApiAsk.Of(w.NewReview())),
        ["ListPlaybackAudit"] = Open(),
        ["ReadPlaybackEvidence"] = InTenant(async w => ApiAsk.Id(await w.LinkAsync())),
        ["PlaceHold"] = InTenant(async w => ApiAsk.Of(new
        {
            kind = "person",
            subjectId = await w.NewUserAsync("deactivated"),
            reason = $"{SampleWorld.Marker} dispute",
            reviewOn = w.Portal.Clock.GetUtcNow().AddDays(90).ToString("yyyy-MM-dd", System.Globalization.CultureInfo.InvariantCulture),
        })),
        ["ReadHold"] = InTenant(async w => ApiAsk.Id(await w.NewHoldAsync())),
        ["OpenErasureCertificate"] = Open(async w => new ApiAsk
        {
            Path = new Dictionary<string, string> { ["code"] = await w.NewCertificateCodeAsync() },
        }),
        ["ReadErasure"] = InTenant(async w => ApiAsk.Id(await w.NewErasureAsync("requested"))),
        ["ReadErasureCertificate"] = InTenant(async w => ApiAsk.Id(await w.NewErasureAsync("completed"))),
        ["DownloadExport"] = InTenant(async w => ApiAsk.Id(await w.NewExportAsync("ready"))),
        ["DownloadMyExport"] = Open(async w => await OwnExportAsync(w, "ready")),
        ["ExportMe"] = Open(async w => new ApiAsk { As = await w.NewMemberAsync() }),
        ["ListExports"] = Open(),
        ["ReadExport"] = InTenant(async w => ApiAsk.Id(await w.NewExportAsync("requested"))),
        ["ReadMyExport"] = Open(async w => await OwnExportAsync(w, "requested")),
        ["RequestExport"] = Open(_ => ApiAsk.Of(new { kind = "guest", email = $"{SampleNames.Next("guest")}@client.example" })),
        ["RequestErasure"] = Open(_ => ApiAsk.Of(new { kind = "guest", email = $"{SampleNames.Next("guest")}@client.example" })),
        ["EditSharedComment"] = Open(w => w.NewGuestCommentAsync(new { body = "Better" })),
        ["ExtendShareLink"] = InProject(
            async w => ApiAsk.Id(await w.NewShortLinkAsync(), new { expiresAt = w.Portal.Clock.GetUtcNow().AddDays(5) })),
        ["HardRevokeShareLink"] = InProject(async w => ApiAsk.Id((await w.NewLinkAsync()).Id) with { TakesTime = true }),
        ["DeactivateUser"] = InTenant(async w => ApiAsk.Id(await w.NewUserAsync())),
        ["DeleteTenant"] = Open(async w => new ApiAsk { As = await w.NewTenantAdminAsync() }),
        ["HealthLive"] = Open(),
        ["HealthReady"] = Open(),
        ["ListAssetVersions"] = InProject(async w => ApiAsk.Id(await w.AssetAsync())),
        ["ListComments"] = InProject(async w => Version(await w.SharedAssetAsync())),
        ["ListShareLinkOpens"] = InProject(async w => ApiAsk.Id(await w.LinkAsync())),
        ["ListSharedComments"] = Open(async w => AsGuest(await w.NewGuestAsync())),
        ["ListSharedWithMe"] = Open(),
        ["ListAssets"] = Open(),
        ["ListUploads"] = Open(),
        ["ListAudit"] = Open(),
        ["ListMilestones"] = Open(),
        ["ListMilestoneTemplates"] = Open(),
        ["ListProjectMembers"] = InProject(async w => ApiAsk.Id(await w.ProjectAsync())),
        ["ListTasks"] = Open(),
        ["ListAlerts"] = Open(),
        ["ListIncidents"] = Open(),
        ["ListRestoreTests"] = Open(),
        ["ReadChangeFreeze"] = Open(),
        ["ReadObjectives"] = Open(),
        ["ReadLimits"] = Open(),
        ["ReadProbe"] = Open(),
        ["ReadCosts"] = Open(),
        ["ReadMyCosts"] = Open(),
        ["ReadPlatformCosts"] = Open(),
        ["ExportPlatformCosts"] = Open(),
        ["ReadPlaybackTelemetry"] = Open(),
        ["ReadUploadTelemetry"] = Open(),
        ["ReadStatus"] = Open(),
        ["ReadSwitches"] = Open(),
        ["SetSwitch"] = Open(w => ApiAsk.Of(w.NewSwitch())),
        ["ClearSwitch"] = Open(async w =>
        {
            await w.SetSwitchAsync();
            return ApiAsk.Of(new { target = SampleWorld.Switched, reason = "Tried by a test" });
        }),
        ["ReadAlert"] = Open(async w => ApiAsk.Id(await w.NewAlertAsync())),
        ["OpenIncident"] = Open(w => ApiAsk.Of(w.NewSecurityIncident())),
        ["AssignIncident"] = Open(async w => ApiAsk.Id(await w.NewIncidentAsync(), new { assignee = "user_operator" })),
        ["UnassignIncident"] = Open(async w => ApiAsk.Id(await w.NewIncidentAsync())),
        ["NoteIncident"] = Open(async w => ApiAsk.Id(await w.NewIncidentAsync(), new { text = "Tried by a test" })),
        ["UpdateIncident"] = Open(
            async w => ApiAsk.Id(await w.NewIncidentAsync(), new { severity = "warning", reason = "Tried by a test" })),
        ["ListIncidentTimeline"] = Open(async w => ApiAsk.Id(await w.NotedIncidentAsync())),
        ["DraftIncidentNotice"] = Open(async w => ApiAsk.Id(await w.NewIncidentAsync(), SampleWorld.Notice())),
        ["ListIncidentNotices"] = Open(async w => ApiAsk.Id((await w.NewNoticeAsync()).Incident)),
        ["SendIncidentNotice"] = Open(async w =>
        {
            var (incident, notice) = await w.NewNoticeAsync();
            return Two(incident, "noticeId", notice);
        }),
        ["ReadIncidentNotice"] = InTenant(async w => ApiAsk.Id(await w.SentNoticeAsync())),
        ["ReadPostmortem"] = Open(async w => ApiAsk.Id(await w.NewIncidentAsync())),
        ["ReadIncident"] = Open(async w => ApiAsk.Id(await w.NewIncidentAsync())),
        ["RecordRestoreTest"] = Open(w => ApiAsk.Of(w.NewRestoreTest())),
        ["ReportErrorBudgetBreach"] = Open(
            _ => ApiAsk.Of(new { slo = "availability", window = "1h", burnRate = 14.4, budgetLeft = 0.35 })),
        ["ResolveAlert"] = Open(async w => ApiAsk.Id(await w.NewAlertAsync(), new { reason = "Tried by a test" })),
        ["ResolveIncident"] = Open(async w => ApiAsk.Id(await w.NewIncidentAsync(), new { reason = "Tried by a test" })),
        ["SwitchChangeFreeze"] = Open(async w => ApiAsk.Of(new { on = !await w.IsFrozenAsync(), reason = "Tried by a test" })),
        ["ListInvites"] = Open(),
        ["ListNotifications"] = Open(),
        ["ListChanges"] = Open(),
        ["ListSharedChanges"] = Open(async w => AsGuest(await w.NewGuestAsync())),
        ["ListProjects"] = Open(),
        ["ListShareLinks"] = Open(),
        ["ListUsers"] = Open(),
        ["MarkAllNotificationsRead"] = Open(),
        ["MarkNotificationRead"] = Own(async w => ApiAsk.Id(await w.NewNotificationAsync())),
        ["MarkNotificationUnread"] = Own(async w => ApiAsk.Id(await w.NewNotificationAsync())),
        ["MoveMilestone"] = InProject(async w => ApiAsk.Id(await w.NewMilestoneAsync(), new { status = "in_progress" })),
        ["MoveProject"] = InProject(async w => ApiAsk.Id(await w.NewProjectAsync(), new { status = "on_hold" })),
        ["ChangeTaskStatus"] = InProject(async w => ApiAsk.Id(await w.NewTaskAsync(), new { status = "in_progress" })),
        ["ChangeTaskStatuses"] = InProject(
            async w => ApiAsk.Of(new { ids = new[] { await w.NewTaskAsync(), await w.NewTaskAsync() }, status = "in_progress" })),
        ["MuxWebhook"] = Open(MuxEvent),
        ["ClerkWebhook"] = Open(
            w => SvixEvent(w, w.Portal.Clerk.WebhookSecret, """{"data":{"id":"user_x"},"object":"event","type":"session.created"}""")),
        ["ResendWebhook"] = Open(
            w =>
                SvixEvent(
                    w, w.Portal.Resend.WebhookSecret,
                    """{"created_at":"2026-03-02T09:00:00Z","data":{"email_id":"x"},"type":"email.opened"}""")),
        ["ListWebhooks"] = Open(),
        ["ReadWebhook"] = Open(async w => Webhook(await w.NewDeadWebhookAsync())),
        ["ReplayWebhook"] = Open(async w => Webhook(await w.NewDeadWebhookAsync(), new { reason = "Tried by a test" })),
        ["OpenShareLink"] = Open(async w => ApiAsk.Token((await w.NewLinkAsync()).Text("token"))),
        ["PlayAsset"] = InProject(async w => ApiAsk.Id(await w.AssetAsync())),
        ["PlayAssetVersion"] = InProject(async w => Version(await w.AssetAsync())),
        ["ReadApiDocs"] = Open(),
        ["ReadApiDocument"] = Open(),
        ["ReactivateUser"] = InTenant(async w => ApiAsk.Id(await w.NewUserAsync("deactivated"))),
        ["ReadAsset"] = InProject(async w => ApiAsk.Id(await w.AssetAsync())),
        ["ReadAssetVersion"] = InProject(async w => Version(await w.AssetAsync())),
        ["ReadComment"] = InProject(async w => ApiAsk.Id(await w.NewCommentAsync())),
        ["ReopenComment"] = InProject(async w => ApiAsk.Id(await w.NewResolvedCommentAsync())),
        ["RestoreAsset"] = InProject(async w => ApiAsk.Id(await w.NewArchivedAssetAsync())),
        ["ResolveComment"] = InProject(async w => ApiAsk.Id(await w.NewCommentAsync())),
        ["ReadInvite"] = InTenant(async w => ApiAsk.Id(await w.NewInviteAsync())),
        ["ReadMilestone"] = InProject(async w => ApiAsk.Id(await w.NewMilestoneAsync())),
        ["ReadMilestoneTemplate"] = InTenant(async w => ApiAsk.Id(await w.NewTemplateAsync())),
        ["ReadTask"] = InProject(async w => ApiAsk.Id(await w.NewTaskAsync())),
        ["RemoveProjectMember"] = InProject(async w => Two(await w.NewProjectAsync(), "userId", TestPeople.UserId("crew1"))),
        ["RemoveTaskDependency"] = InProject(async w => Two(await w.NewTaskAsync(), "otherId", await w.NewTaskAsync())),
        ["ReadMe"] = Open(),
        ["ReadProject"] = InProject(async w => ApiAsk.Id(await w.ProjectAsync())),
        ["ReadProjectProgress"] = InProject(async w => ApiAsk.Id(await w.ProjectAsync())),
        ["ListDeliveries"] = Open(),
        ["RetryDelivery"] = Open(async w => ApiAsk.Id(await w.NewFailedDeliveryAsync(), new { reason = "Tried by a test" })),
        ["ShowUnsubscribe"] = Open(async w => ApiAsk.Token(await w.NewUnsubscribeTokenAsync())),
        ["Unsubscribe"] = Open(async w => ApiAsk.Token(await w.NewUnsubscribeTokenAsync())),
        ["ReadShareLink"] = InProject(async w => ApiAsk.Id(await w.LinkAsync())),
        ["ListOrchestrations"] = Open(),
        ["ReadOperationsBoard"] = Open(),
        ["ListTimers"] = Open(),
        ["ListResidencyReports"] = Open(),
        ["ReadAnalytics"] = Open(),
        ["ReadResidencyReport"] = InTenant(async w => ApiAsk.Id(await w.NewResidencyReportAsync())),
        ["ReadResidencyReportHtml"] = InTenant(async w => ApiAsk.Id(await w.NewResidencyReportAsync())),
        ["ReadOrchestration"] = Open(async w => Orchestration(await w.NewOrchestrationAsync())),
        ["ReplayOrchestration"] = Open(
            async w => Orchestration(await w.NewFailedOrchestrationAsync(), new { reason = "Tried by a test" })),
        ["ResumeOrchestration"] = Open(
            async w => Orchestration(await w.NewSuspendedOrchestrationAsync(), new { reason = "Tried by a test" })),
        ["RewindOrchestration"] = Open(
            async w => Orchestration(await w.NewBrokenOrchestrationAsync(), new { reason = "Tried by a test" })),
        ["SuspendOrchestration"] = Open(async w => Orchestration(await w.NewOrchestrationAsync(), new { reason = "Tried by a test" })),
        ["TerminateOrchestration"] = Open(async w => Orchestration(await w.NewOrchestrationAsync(), new { reason = "Tried by a test" })),
        ["ReadTenant"] = Open(),
        ["ReadUser"] = InTenant(async w => ApiAsk.Id(await w.NewUserAsync())),
        ["ReissueInvite"] = InTenant(async w => ApiAsk.Id(await w.NewRevokedInviteAsync(), new { expiresInDays = 3 })),
        ["ReadUpload"] = InProject(async w => ApiAsk.Id(await w.ReadyUploadAsync())),
        ["ReplayUpload"] = Open(async w => ApiAsk.Id(await w.NewFailedUploadAsync(), new { reason = "Tried by a test" })),
        ["RequestUpload"] = InProject(
            async w =>
                ApiAsk.Of(
                    new
                    {
                        projectId = await w.ProjectAsync(),
                        title = SampleWorld.Marker,
                        fileName = $"{SampleWorld.Marker}.mp4",
                        sizeBytes = 1000,
                    }) with
                { TakesTime = true }),
        ["RetryUpload"] = InProject(async w => ApiAsk.Id(await w.NewFailedUploadAsync()) with { TakesTime = true }),
        ["RevokeInvite"] = InTenant(async w => ApiAsk.Id(await w.NewInviteAsync())),
        ["RevokeShareLink"] = InProject(async w => ApiAsk.Id((await w.NewLinkAsync()).Id)),
        ["SendShareLink"] = InProject(async w => ApiAsk.Id((await w.Portal.ShareAsync(
            await w.AssetAsync(), new { label = $"{SampleWorld.Marker} label", guestEmails = new[] { "again@guest.example" } })).Id)),
        ["ScheduleMilestone"] = InProject(async w => ApiAsk.Id(await w.NewMilestoneAsync(), new { dueDate = "2026-05-01" })),
        ["UnassignTask"] = InProject(async w => Two(await w.NewTaskAsync(), "userId", TestPeople.UserId("agency"))),
        ["UnwatchTask"] = InProject(async w => Two(await w.NewTaskAsync(), "userId", TestPeople.UserId("agency"))),
        ["ReportPlayback"] = InProject(async w => Version(await w.AssetAsync(), Started())),
        ["ReportSharedPlayback"] = Open(async w => AsGuest(await w.NewGuestAsync(), Started())),
        ["UnlockShareLink"] = Open(async w => ApiAsk.Token((await w.NewLinkAsync()).Text("token"), new { passphrase = "Any at all" })),
        ["UpdateAsset"] = InProject(
            async w => ApiAsk.Id(await w.AssetAsync(), new { title = $"{SampleWorld.Marker} title", metadata = new { take = "2" } })),
        ["UpdateShareLink"] = InProject(
            async w => ApiAsk.Id((await w.NewLinkAsync()).Id, new { label = $"{SampleWorld.Marker} changed" })),
        ["UpdateMilestone"] = InProject(async w => ApiAsk.Id(await w.NewMilestoneAsync(), new { name = $"{SampleWorld.Marker} changed" })),
        ["UpdateProject"] = InProject(
            async w => ApiAsk.Id(await w.NewProjectAsync(), new { description = $"{SampleWorld.Marker} changed" })),
        ["UpdateTask"] = InProject(async w => ApiAsk.Id(await w.NewTaskAsync(), new { title = $"{SampleWorld.Marker} changed" })),
        ["CreateWebhookEndpoint"] = Open(async w =>
        {
            await w.ForgetEndpointsAsync();
            return ApiAsk.Of(SampleWorld.Endpoint());
        }),
        ["DeleteWebhookEndpoint"] = InTenant(async w => ApiAsk.Id(await w.NewEndpointAsync())),
        ["ListWebhookDeliveries"] = InTenant(async w => ApiAsk.Id(await w.EndpointWithDeliveriesAsync())),
        ["ListWebhookEndpoints"] = Open(),
        ["ReadWebhookEndpoint"] = InTenant(async w => ApiAsk.Id(await w.NewEndpointAsync())),
        ["RedeliverWebhooks"] = InTenant(
            async w => ApiAsk.Id(await w.NewEndpointAsync(), new { since = w.Portal.Clock.GetUtcNow().AddHours(-1) })),
        ["RotateWebhookSecret"] = InTenant(async w => ApiAsk.Id(await w.NewEndpointAsync())),
        ["TestWebhookEndpoint"] = InTenant(async w => ApiAsk.Id(await w.NewEndpointAsync())),
        ["UpdateWebhookEndpoint"] = InTenant(
            async w => ApiAsk.Id(await w.NewEndpointAsync(), new { description = $"{SampleWorld.Marker} changed" })),
        ["VerifyAudit"] = Open(),
        ["WatchTask"] = InProject(async w => Two(await w.NewTaskAsync(), "userId", TestPeople.UserId("agency"))),
        ["UpdateMe"] = Open(_ => ApiAsk.Of(new { name = $"{SampleWorld.Marker} me" })),
        ["UpdateTenant"] = Open(_ => ApiAsk.Of(new { senderName = SampleWorld.Marker })),
        ["UpdateUser"] = InTenant(async w => ApiAsk.Id(await w.NewUserAsync(), new { role = "client" })),
    };

    /// <exception cref="InvalidOperationException">The function has no sample; the message says where to add it.</exception>
    public static ApiSample Of(ApiOperation operation) => Table.TryGetValue(operation.Name, out var sample)
        ? sample
        : throw new InvalidOperationException(
            $"{operation.Name} ({operation.Verbs[0]} {operation.Path}) has no sample: add a row in tests/support/Contract/ApiSamples.cs.");

    /// <summary>Rows of functions that are gone.</summary>
    public static IReadOnlyList<string> Orphans() => [.. Table.Keys.Except(ApiOperation.All.Select(o => o.Name))];

    private static ApiAsk OfThemselves(string handle) => ApiAsk.Of(new { email = $"{handle}@portal.example" }) with { As = handle };

    private static async Task<ApiAsk> OwnExportAsync(SampleWorld w, string status)
    {
        var handle = await w.NewMemberAsync();
        await w.NewExportAsync(status, await w.Portal.ScalarAsync<Guid>(
            "select id from portal.users where email = @email", new { email = $"{handle}@portal.example" }));
        return new() { As = handle };
    }

    private static ApiSample Open() => new(Reach.Nothing, _ => Task.FromResult(new ApiAsk()));

    private static ApiSample Open(Func<SampleWorld, ApiAsk> make) => new(Reach.Nothing, w => Task.FromResult(make(w)));

    private static ApiSample Open(Func<SampleWorld, Task<ApiAsk>> make) => new(Reach.Nothing, make);

    private static ApiSample InTenant(Func<SampleWorld, Task<ApiAsk>> make) => new(Reach.Tenant, make);

    private static ApiSample Own(Func<SampleWorld, Task<ApiAsk>> make) => new(Reach.Person, make);

    private static ApiSample InProject(Func<SampleWorld, Task<ApiAsk>> make) => new(Reach.Project, make);

    public static object Template() => new
    {
        name = $"{SampleWorld.Marker} template",
        items = new[] { new { name = SampleWorld.Marker, startDay = 0, dueDay = 5,
            tasks = new[] { new { title = SampleWorld.Marker, dueDay = 2 } } } },
    };

    public static object Started() => new { playbackSessionId = Guid.NewGuid(), type = "started", startupMs = 420 };

    public static object Consents() => new
    {
        noticeVersion = "2026-12-01",
        consents = new[] { new { purpose = "viewing_analytics", granted = true } },
    };

    private static ApiAsk Orchestration(string id, object? body = null) =>
        new() { Path = new Dictionary<string, string> { ["id"] = id }, Body = body };

    private static ApiAsk Two(Guid id, string other, Guid value) =>
        new() { Path = new Dictionary<string, string> { ["id"] = id.ToString(), [other] = value.ToString() } };

    /// <summary>The first version of an asset.</summary>
    private static ApiAsk Version(Guid asset, object? body = null) =>
        new() { Path = new Dictionary<string, string> { ["id"] = asset.ToString(), ["number"] = "1" }, Body = body };

    private static ApiAsk AsGuest((string Token, IReadOnlyDictionary<string, string> Cookie) guest, object? body = null) =>
        ApiAsk.Token(guest.Token, body) with { Headers = guest.Cookie };

    private static ApiAsk MuxEvent(SampleWorld world)
    {
        var body = $$$"""{"id":"evt-{{{Guid.NewGuid()}}}","type":"video.asset.updated","data":{"id":"asset-x"}}""";
        return Signed("Mux-Signature", MuxWebhookSender.Sign(world.Portal.Mux.WebhookSecret, world.Portal.Clock.GetUtcNow(), body), body);
    }

    private static ApiAsk Alert(SampleWorld world)
    {
        var body = $$$"""{"id":"alert-{{{Guid.NewGuid()}}}","type":"error_budget_breach","slo":"playback_success","window":"1h","burnRate":14.4,"budgetLeft":0.3}""";
        return Signed("Alerts-Signature", MuxWebhookSender.Sign(TestSettings.AlertsSecret, world.Portal.Clock.GetUtcNow(), body), body);
    }

    private static ApiAsk PagerDutyEvent(SampleWorld world)
    {
        var body = JsonSerializer.Serialize(new
        {
            @event = new { id = Guid.NewGuid(), event_type = "pagey.ping", occurred_at = world.Portal.Clock.GetUtcNow(), data = new { } },
        });
        return Signed("X-PagerDuty-Signature", LocalPagerDuty.Sign(world.Portal.PagerDuty.WebhookSecret, body), body);
    }

    private static ApiAsk BlobEvent(SampleWorld world)
    {
        const string Body = """{"type":"blob.upload-completed","payload":{"blob":{"pathname":"uploads/none/x.mp4","url":"https://blob.example/x.mp4"}}}""";
        var key = Encoding.UTF8.GetBytes(world.Portal.Blob.ReadWriteToken);
        return Signed("x-vercel-signature", Convert.ToHexStringLower(HMACSHA256.HashData(key, Encoding.UTF8.GetBytes(Body))), Body);
    }

    private static ApiAsk SvixEvent(SampleWorld world, string secret, string body) => new()
    {
        Body = body,
        Headers = SvixSigner.Headers(
            secret, $"msg_{Guid.NewGuid():N}", world.Portal.Clock.GetUtcNow(), Encoding.UTF8.GetBytes(body)).ToDictionary(
                h => h.Name, h => h.Value),
    };

    private static ApiAsk Webhook(string eventId, object? body = null) =>
        new() { Path = new Dictionary<string, string> { ["provider"] = "mux", ["eventId"] = eventId }, Body = body };

    private static ApiAsk Signed(string header, string signature, string body) =>
        new() { Body = body, Headers = new Dictionary<string, string> { [header] = signature } };
}
