using System.IO.Compression;
using System.Text;
using System.Text.Json.Nodes;
using Dapper;
using Portal.Tests.Support;
using Portal.Tests.Support.Contract;

namespace Portal.Tests.Integration.Compliance;

/// <summary>A tenant that has something in every table, and its export.</summary>
public sealed class TenantExportWorld : IAsyncLifetime
{
    public TestPortal Portal { get; } = new() { Overrides = SampleWorld.NoLimits };

    public SampleWorld World { get; private set; } = null!;

    public Guid Task { get; private set; }

    /// <summary>Somebody who has no account anywhere else.</summary>
    public Guid Spare { get; private set; }

    public byte[] Zip { get; private set; } = [];

    /// <summary>What the app answers, by path, as the export is made: something of every table.</summary>
    public IReadOnlyDictionary<string, JsonNode> Answers { get; private set; } = new Dictionary<string, JsonNode>();

    private async Task<IReadOnlyList<string>> PathsAsync() =>
    [
        "/api/tenant", "/api/users?limit=100", "/api/projects", "/api/milestones", "/api/milestone-templates", "/api/tasks", "/api/assets",
        "/api/share-links", "/api/invites", "/api/holds", "/api/notifications", "/api/notifications/unread-count", "/api/uploads",
        "/api/vendor-reviews", "/api/erasures", "/api/me", "/api/me/consents", "/api/analytics?grain=hour",
        $"/api/projects/{await World.ProjectAsync()}/members", $"/api/projects/{await World.ProjectAsync()}/progress",
        $"/api/assets/{await World.AssetAsync()}/versions", $"/api/assets/{await World.AssetAsync()}/versions/1/comments",
        $"/api/tasks/{Task}", $"/api/share-links/{await World.LinkAsync()}/opens",
    ];

    public async Task InitializeAsync()
    {
        await Portal.InitializeAsync();
        World = new SampleWorld(Portal);
        (await Portal.As("other-admin").PostAsync("/api/projects", new { name = "Somebody else's" })).Expect(201);
        await FillAsync();
        var answers = new Dictionary<string, JsonNode>();
        foreach (var path in await PathsAsync())
        {
            answers[path] = (await Portal.As("admin").FetchAsync(path)).Expect(200).Json!;
        }

        Answers = answers;
        var export = (await Portal.As("admin").PostAsync("/api/exports", new { kind = "tenant" })).Expect(201).Id;
        await Portal.SettleAsync();
        var address = (await Portal.As("admin").PostAsync($"/api/exports/{export}/download")).Expect(200).Text("url");
        Zip = await Portal.Anonymous.GetByteArrayAsync(new Uri(address));
    }

    public Task DisposeAsync() => Portal.DisposeAsync();

    public IReadOnlyDictionary<string, string> Files() => Read(Zip);

    public static IReadOnlyDictionary<string, string> Read(byte[] zip)
    {
        using var archive = new ZipArchive(new MemoryStream(zip));
        return archive.Entries.ToDictionary(entry => entry.FullName, entry =>
        {
            using var reader = new StreamReader(entry.Open());
            return reader.ReadToEnd();
        });
    }

    public static byte[] Pack(IEnumerable<KeyValuePair<string, string>> files)
    {
        using var bytes = new MemoryStream();
        using (var archive = new ZipArchive(bytes, ZipArchiveMode.Create, leaveOpen: true))
        {
            foreach (var (name, text) in files)
            {
                using var stream = archive.CreateEntry(name).Open();
                stream.Write(Encoding.UTF8.GetBytes(text));
            }
        }

        return bytes.ToArray();
    }

    private async Task FillAsync()
    {
        var (admin, agency) = (Portal.As("admin"), Portal.As("agency"));
        var (project, agent) = (await World.ProjectAsync(), TestPeople.UserId("agency"));
        Spare = await World.NewUserAsync();
        await World.NewMilestoneAsync();
        var template = await World.NewTemplateAsync();
        (await admin.PostAsync($"/api/projects/{project}/apply-template", new { templateId = template, startDate = "2026-12-07" }))
            .Expect(201);
        Task = await World.NewTaskAsync();
        (await agency.SetAsync($"/api/tasks/{Task}/dependencies/{await World.NewTaskAsync()}")).Expect(200);
        (await agency.SetAsync($"/api/tasks/{Task}/assignees/{agent}")).Expect(200);
        (await agency.SetAsync($"/api/tasks/{Task}/watchers/{agent}")).Expect(200);
        (await Portal.MoveTaskAsync(await World.NewTaskAsync(), "in_progress")).Expect(200);
        var comment = await World.NewCommentAsync();
        await World.NewResolvedCommentAsync();
        (await admin.PostAsync(
            $"/api/assets/{await World.AssetAsync()}/versions/1/comments",
            new { body = "Look", parentId = comment, mentions = new[] { agent } })).Expect(201);
        await World.NewGuestCommentAsync();
        await World.LinkAsync();
        var stored = (await Portal.AskUploadAsync(project, source: "blob")).Expect(201);
        await Portal.SendBytesAsync(stored);
        await Portal.UntilAsync(stored.Id, "ready");
        await World.NewUploadAsync();
        await World.NewArchivedAssetAsync();
        await World.NewInviteAsync();
        await World.NewRevokedInviteAsync();
        await World.NewHoldAsync();
        await World.NewVendorReviewAsync();
        await World.NewErasureAsync("requested");
        await World.NewErasureAsync("completed");
        await World.NewExportAsync("ready");
        await World.NewResidencyReportAsync();
        (await agency.ChangeAsync("/api/me", new
        {
            notifications = new[] { new { type = "comment_added", inApp = true, email = false } },
            mutedProjectIds = new[] { await World.NewProjectAsync() },
        })).Expect(200);
        (await admin.WriteAsync(HttpMethod.Put, "/api/me/consents", new
        {
            noticeVersion = "2026-12-01",
            consents = new[] { new { purpose = "viewing_analytics", granted = true } },
        }, null)).Expect(200);
        await Portal.DeliverAsync();
        await Portal.RunTimerAsync("RollupAnalytics");
        await Portal.RunTimerAsync("SealAudit");
        await using var connection = await Portal.OpenAsync();
        await connection.ExecuteAsync("""
            insert into portal.digests (tenant_id, user_id, day, settled_at) values (@Tenant, @agent, '2026-11-01', @now);
            insert into portal.mail_suppressions (tenant_id, address_hash, reason, created_at)
            values (@Tenant, repeat('a', 64), 'bounced', @now);
            insert into portal.upload_attempts (tenant_id, job_id, attempt, mux_upload_id, outcome, ended_at)
            select @Tenant, id, 1, 'upload-before', 'failed', @now from portal.upload_jobs where tenant_id = @Tenant limit 1
            """, new { TestPeople.Tenant, agent, now = Portal.Clock.GetUtcNow() });
    }
}
