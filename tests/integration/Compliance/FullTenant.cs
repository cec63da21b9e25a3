using System.Text.Json.Nodes;
using Portal.Tests.Support;
using Portal.Tests.Support.Contract;

namespace Portal.Tests.Integration.Compliance;

/// <summary>The tests' first tenant with something in every table, files and videos.</summary>
public sealed class FullTenant(TestPortal portal)
{
    public SampleWorld World { get; } = new(portal);

    public Guid Task { get; private set; }

    /// <summary>Somebody who has no account anywhere else.</summary>
    public Guid Spare { get; private set; }

    /// <summary>A legal hold that is in force.</summary>
    public Guid Hold { get; private set; }

    /// <summary>Words by which nobody else is known.</summary>
    public static IReadOnlyList<string> Words { get; } =
    [
        "harbour", SampleWorld.Marker, "agency@portal.example", "crew1@portal.example", "user_crew1", "gwen@harbour-client.example",
        "privacy@harbour.example", "Gwen",
    ];

    public async Task FillAsync()
    {
        var (admin, agency, agent) = (portal.As("admin"), portal.As("agency"), TestPeople.UserId("agency"));
        await admin.ChangeAsync("/api/tenant", new { residencyContact = "privacy@harbour.example", senderName = "Harbour team" });
        Spare = await World.NewUserAsync();
        await PlanAsync(admin, agency, agent);
        await TalkAsync(admin, agent);
        var stored = (await portal.AskUploadAsync(await World.ProjectAsync(), source: "blob")).Expect(201);
        await portal.SendBytesAsync(stored);
        await portal.UntilAsync(stored.Id, "ready");
        await World.NewUploadAsync();
        await World.NewArchivedAssetAsync();
        await World.NewInviteAsync();
        await World.NewRevokedInviteAsync();
        Hold = await World.NewHoldAsync();
        await World.NewVendorReviewAsync();
        await World.EndpointWithDeliveriesAsync();
        await World.NewErasureAsync("requested");
        await World.NewErasureAsync("completed");
        await World.NewExportAsync("ready");
        await World.NewResidencyReportAsync();
        await World.NewNotificationAsync();
        (await agency.ChangeAsync("/api/me", new
        {
            notifications = new[] { new { type = "comment_added", inApp = true, email = false } },
            mutedProjectIds = new[] { await World.NewProjectAsync() },
        })).Expect(200);
        (await admin.WriteAsync(HttpMethod.Put, "/api/me/consents", ApiSamples.Consents(), null)).Expect(200);
        await portal.Clerk.EmitUserAsync("user.updated", "agency");
        await portal.DeliverAsync();
        await portal.RunTimerAsync("RollupAnalytics");
        await portal.RunTimerAsync("SealAudit");
        await using var connection = await portal.OpenAsync();
        await RareRows.AddAsync(connection, TestPeople.Tenant, agent, portal.Clock.GetUtcNow());
    }

    /// <summary>What the app answers, by path: something of every table.</summary>
    public async Task<IReadOnlyDictionary<string, JsonNode>> AnswersAsync()
    {
        await portal.ResetAsync();
        var answers = new Dictionary<string, JsonNode>();
        foreach (var path in await PathsAsync())
        {
            answers[path] = (await portal.As("admin").FetchAsync(path)).Expect(200).Json!;
        }

        return answers;
    }

    /// <summary>Its export, as the admin downloads it.</summary>
    public async Task<byte[]> ExportAsync()
    {
        var export = (await portal.As("admin").PostAsync("/api/exports", new { kind = "tenant" })).Expect(201).Id;
        await portal.SettleAsync();
        var address = (await portal.As("admin").PostAsync($"/api/exports/{export}/download")).Expect(200).Text("url");
        return await portal.Anonymous.GetByteArrayAsync(new Uri(address));
    }

    private async Task<IReadOnlyList<string>> PathsAsync() =>
    [
        "/api/tenant", "/api/users?limit=100", "/api/projects", "/api/milestones", "/api/milestone-templates", "/api/tasks", "/api/assets",
        "/api/share-links", "/api/invites", "/api/holds", "/api/notifications", "/api/notifications/unread-count", "/api/uploads",
        "/api/vendor-reviews", "/api/erasures", "/api/me", "/api/me/consents", "/api/analytics?grain=hour",
        $"/api/projects/{await World.ProjectAsync()}/members", $"/api/projects/{await World.ProjectAsync()}/progress",
        $"/api/assets/{await World.AssetAsync()}/versions", $"/api/assets/{await World.AssetAsync()}/versions/1/comments",
        $"/api/tasks/{Task}", $"/api/share-links/{await World.LinkAsync()}/opens",
    ];

    private async Task PlanAsync(HttpClient admin, HttpClient agency, Guid agent)
    {
        await World.NewMilestoneAsync();
        (await admin.PostAsync(
            $"/api/projects/{await World.ProjectAsync()}/apply-template",
            new { templateId = await World.NewTemplateAsync(), startDate = "2026-12-07" }, "full-tenant")).Expect(201);
        Task = await World.NewTaskAsync();
        foreach (var under in new[] { $"dependencies/{await World.NewTaskAsync()}", $"assignees/{agent}", $"watchers/{agent}" })
        {
            (await agency.SetAsync($"/api/tasks/{Task}/{under}")).Expect(200);
        }

        (await portal.MoveTaskAsync(await World.NewTaskAsync(), "in_progress")).Expect(200);
    }

    /// <summary>A thread, and guests of links.</summary>
    private async Task TalkAsync(HttpClient admin, Guid agent)
    {
        var comment = await World.NewCommentAsync();
        await World.NewResolvedCommentAsync();
        (await admin.PostAsync(
            $"/api/assets/{await World.AssetAsync()}/versions/1/comments",
            new { body = $"{SampleWorld.Marker} reply", parentId = comment, mentions = new[] { agent } })).Expect(201);
        await World.NewGuestCommentAsync();
        await World.LinkAsync();
        (await admin.PostAsync(
            $"/api/assets/{await World.AssetAsync()}/versions/1/playback-events", ApiSamples.Started())).Expect(204);
        await portal.ShareAsync(await World.AssetAsync(), new { guestEmails = new[] { "gwen@harbour-client.example" } });
    }
}
