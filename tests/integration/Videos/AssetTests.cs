using System.Text.Json.Nodes;
using Portal.Tests.Support;

namespace Portal.Tests.Integration.Videos;

/// <summary>Assets and their versions: finding them, what people write about them, archiving.</summary>
public sealed class AssetTests(TestPortal portal) : IClassFixture<TestPortal>, IAsyncLifetime
{
    private static Guid project;

    public async Task InitializeAsync()
    {
        await portal.ResetAsync();
        if (await portal.ScalarAsync<long>("select count(*) from portal.assets") == 0)
        {
            project = await portal.NewProjectAsync();
        }
    }

    public Task DisposeAsync() => Task.CompletedTask;

    [Fact]
    public async Task Assets_are_found_by_project_status_and_words_in_two_orders()
    {
        var own = await portal.NewProjectAsync("Filters");
        var (b, a, c) = (
            await UploadAsync(own, "Beach 100%_final"), await UploadAsync(own, "autumn beach"), await UploadAsync(own, "Crane"));
        (await portal.As("crew1").PostAsync($"/api/uploads/{c.Id}/cancel")).Expect(200);
        Assert.Equal(["Crane", "autumn beach", "Beach 100%_final"], await TitlesAsync(own, ""));
        Assert.Equal(["autumn beach", "Beach 100%_final", "Crane"], await TitlesAsync(own, "&sort=title"));
        Assert.Equal(["autumn beach", "Beach 100%_final"], await TitlesAsync(own, "&sort=title&q=BEACH"));
        Assert.Equal(["Beach 100%_final"], await TitlesAsync(own, "&q=100%25_"));
        Assert.Equal(["Crane"], await TitlesAsync(own, "&status=cancelled"));
        Assert.Equal(3, (await TitlesAsync(own, "&status=cancelled,pending")).Count);
        (await portal.As("agency").FetchAsync("/api/assets?status=lost")).Expect(400);

        var first = (await portal.As("agency").FetchAsync($"/api/assets?projectId={own}&sort=title&limit=1")).Expect(200);
        await UploadAsync(own, "aardvark");
        var second = (
            await portal.As("agency").FetchAsync(
                $"/api/assets?projectId={own}&sort=title&limit=1&cursor={first.Text("nextCursor")}")).Expect(200);
        Assert.Equal("Beach 100%_final", second.Field("items")[0]!["title"]!.ToString());
        Assert.NotEqual(a.Id, b.Id);
    }

    [Fact]
    public async Task Words_and_metadata_change_by_merge_patch_under_the_version_read()
    {
        var id = Guid.Parse((await UploadAsync(project, "Working title")).Text("assetId"));
        var path = $"/api/assets/{id}";
        var read = (await portal.As("agency").FetchAsync(path)).Expect(200);
        var once = (
            await PatchAsync(
                path, new JsonObject
                {
                    ["description"] = "About",
                    ["metadata"] = new JsonObject { ["client"] = "Harbour", ["take"] = "3" },
                }, read.Tag())).Expect(200);
        Assert.Equal("Working title", once.Text("title"));
        var twice = (
            await PatchAsync(
                path, new JsonObject { ["title"] = "Final title", ["metadata"] = new JsonObject { ["take"] = null, ["reel"] = "B" } },
                once.Tag())).Expect(200);
        Assert.Equal("About", twice.Text("description"));
        Assert.Equal(
            """{"client":"Harbour","reel":"B"}""", new JsonObject(twice.Field("metadata").AsObject().OrderBy(p => p.Key).Select(p => KeyValuePair.Create(p.Key, p.Value?.DeepClone()))).ToJsonString());
        (await PatchAsync(path, new JsonObject { ["title"] = "x" }, once.Tag())).Expect(412);
        (await PatchAsync(path, new JsonObject { ["title"] = "x" }, null)).Expect(428);
        Assert.Equal(0, await portal.ScalarAsync<long>("select count(*) from portal.audit_log t where t::text like '%Final title%'"));
    }

    [Fact]
    public async Task Of_eight_changes_under_one_version_of_an_asset_one_wins()
    {
        var path = $"/api/assets/{(await UploadAsync(project, "Untitled")).Text("assetId")}";
        var read = (await portal.As("agency").FetchAsync(path)).Expect(200);

        // Held until all have read it: each waits with its change for the others.
        var answers = await portal.WhileHeldAsync(
            "select 1 from portal.assets where id = @Id for update", new { read.Id },
            () => Enumerable.Range(1, 8).Select(i => PatchAsync(path, new JsonObject { ["title"] = $"Title {i}" }, read.Tag())));

        var won = Assert.Single(answers, a => a.Code == 200);
        Assert.All(answers.Where(a => a.Code != 200), a => a.Expect(412));
        var now = (await portal.As("agency").FetchAsync(path)).Expect(200);
        Assert.Equal((won.Text("title"), won.Tag()), (now.Text("title"), now.Tag()));
    }

    [Fact]
    public async Task Metadata_keeps_its_bounds()
    {
        var id = Guid.Parse((await UploadAsync(project, "Bounds")).Text("assetId"));
        var path = $"/api/assets/{id}";
        var tag = (await portal.As("agency").FetchAsync(path)).Expect(200).Tag();
        foreach (var (metadata, pointer) in new (JsonNode, string)[]
        {
            (new JsonObject { ["a b"] = "x" }, "/metadata/a b"),
            (new JsonObject { ["a"] = 1 }, "/metadata/a"),
            (new JsonObject { ["a"] = new string('x', 501) }, "/metadata/a"),
            (new JsonObject { ["a"] = "" }, "/metadata/a"),
            (new JsonObject(Enumerable.Range(0, 51).Select(i => KeyValuePair.Create($"k{i}", (JsonNode?)"v"))), "/metadata"),
            ("text", "/metadata"),
        })
        {
            Assert.Equal(
                pointer, (
                    await PatchAsync(
                        path, new JsonObject { ["metadata"] = metadata }, tag)).Expect(400).Field("errors")[0]!["pointer"]!.ToString());
        }

        var full = new JsonObject(Enumerable.Range(0, 50).Select(i => KeyValuePair.Create($"k{i}", (JsonNode?)"v")));
        tag = (await PatchAsync(path, new JsonObject { ["metadata"] = full }, tag)).Expect(200).Tag();
        Assert.Equal(
            "/metadata", (
                await PatchAsync(
                    path, new JsonObject { ["metadata"] = new JsonObject { ["more"] = "v" } },
                    tag)).Expect(400).Field("errors")[0]!["pointer"]!.ToString());
    }

    [Fact]
    public async Task A_new_version_is_listed_first_and_announced()
    {
        var first = await portal.UploadReadyAsync(project, "crew2");
        var id = Guid.Parse(first.Text("assetId"));
        (await portal.AskUploadAsync(project, "crew2", assetId: id)).Expect(201);
        Assert.Equal(
            1, await portal.ScalarAsync<long>(
                "select count(*) from portal.events where type = 'asset_version_replaced' and aggregate_id = @id", new { id }));
        var versions = (await portal.As("agency").FetchAsync($"/api/assets/{id}/versions?limit=1")).Expect(200);
        Assert.Equal(2, (int)Assert.Single(versions.Field("items").AsArray())!["number"]!);
        var older = (await portal.As("agency").FetchAsync($"/api/assets/{id}/versions?cursor={versions.Text("nextCursor")}")).Expect(200);
        Assert.Equal("ready", Assert.Single(older.Field("items").AsArray())!["status"]!.ToString());
        Assert.Equal("pending", (await portal.As("agency").FetchAsync($"/api/assets/{id}/versions/2")).Expect(200).Text("status"));
        (await portal.As("agency").FetchAsync($"/api/assets/{id}/versions/3")).Expect(404);
        (await portal.As("other-admin").FetchAsync($"/api/assets/{id}/versions")).Expect(404);
    }

    [Fact]
    public async Task A_version_that_guests_are_looking_at_is_not_archived()
    {
        var id = Guid.Parse((await portal.UploadReadyAsync(project, "crew3")).Text("assetId"));
        var other = Guid.Parse((await UploadAsync(project, "Another video")).Text("assetId"));
        await portal.AddVersionAsync(other, 2);
        var link = await portal.ShareAsync(id);
        Assert.Equal("version-shared", (await ArchiveAsync(id, 1)).Expect(409).ProblemType);
        (await portal.As("agency").PostAsync($"/api/share-links/{link.Id}/revoke")).Expect(200);
        Assert.Equal("archived", (await ArchiveAsync(id, 1)).Expect(200).Text("status"));
        Assert.Equal(
            "asset-not-ready", (await portal.As("agency").PostAsync("/api/share-links", new { assetId = id })).Expect(409).ProblemType);
        (await portal.As("agency").PostAsync($"/api/assets/{id}/playback")).Expect(409);
    }

    [Fact]
    public async Task A_version_that_another_stands_in_for_is_archived_unless_a_link_is_held_to_it()
    {
        var id = Guid.Parse((await portal.UploadReadyAsync(project, "crew4")).Text("assetId"));
        var first = await portal.ScalarAsync<Guid>("select id from portal.asset_versions where asset_id = @id", new { id });
        var latest = await portal.ShareAsync(id);
        var held = await portal.ShareAsync(id, new { assetVersionId = first });
        await portal.AddVersionAsync(id, 2);
        Assert.Equal("version-shared", (await ArchiveAsync(id, 1)).Expect(409).ProblemType);
        (await portal.As("agency").PostAsync($"/api/share-links/{held.Id}/revoke")).Expect(200);
        Assert.Equal("archived", (await ArchiveAsync(id, 1)).Expect(200).Text("status"));

        // From its end on a link plays nothing, whether or not the timer has run.
        foreach (var (seconds, code) in new[] { (1, 409), (0, 200) })
        {
            await portal.DoAsync(
                "update portal.share_links set expires_at = @at where id = @Id",
                new { latest.Id, at = portal.Clock.GetUtcNow().AddSeconds(seconds) });
            (await ArchiveAsync(id, 2)).Expect(code);
        }
    }

    [Fact]
    public async Task Archiving_eight_at_once_has_one_winner_and_pending_is_refused()
    {
        var upload = await UploadAsync(project, "Never sent");
        var id = Guid.Parse(upload.Text("assetId"));
        Assert.Contains("pending", (await ArchiveAsync(id, 1)).Expect(409).Text("detail"), StringComparison.Ordinal);
        var replayed = await portal.As("operator").PostAsync($"/api/ops/uploads/{upload.Id}/replay", new { reason = "Too early" });
        Assert.Equal("upload-not-replayable", replayed.Expect(409).ProblemType);
        (await portal.As("crew1").PostAsync($"/api/uploads/{upload.Id}/cancel")).Expect(200);
        var answers = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => ArchiveAsync(id, 1)));
        Assert.Single(answers, a => a.Code == 200);
        Assert.All(answers.Where(a => a.Code != 200), a =>
        {
            Assert.Equal("version-not-archivable", a.Expect(409).ProblemType);
            Assert.Contains("archived", a.Text("detail"), StringComparison.Ordinal);
        });
        Assert.Equal(
            1, await portal.ScalarAsync<long>(
                "select count(*) from portal.audit_log where action = 'asset_version_archived' and new_value ->> 'assetId' = @id",
                new { id = id.ToString() }));

        // Endpoints and pages hear of it as of one that retention archives; the cause is that somebody did.
        Assert.Equal(["archived 1 -"], await portal.ListAsync("""
            select concat_ws(' ', payload ->> 'status', payload ->> 'versionNumber', coalesce(payload ->> 'cause', '-'))
              from portal.events where type = 'asset_version_archived' and payload ->> 'assetId' = @id
            """, new { id = id.ToString() }));
    }

    [Fact]
    public async Task An_archived_version_is_not_filled_again_by_a_replay()
    {
        var upload = await UploadAsync(project, "Fails");
        var id = Guid.Parse(upload.Text("assetId"));
        await portal.UntilAsync(upload.Id, "timed_out", TimeSpan.FromHours(1));
        (await ArchiveAsync(id, 1)).Expect(200);
        (await portal.As("operator").PostAsync($"/api/ops/uploads/{upload.Id}/replay", new { reason = "try again" })).Expect(409);
        Assert.Equal("timed_out", await portal.StatusAsync(upload.Id));
    }

    private async Task<Answer> UploadAsync(Guid into, string title) => (await portal.WhileMovingAsync(portal.As("crew1").PostAsync(
        "/api/uploads", new { projectId = into, title, fileName = "cut.mp4", sizeBytes = 1000 }))).Expect(201);

    private Task<Answer> PatchAsync(string path, JsonObject body, string? tag) =>
        portal.As("agency").ChangeAsync(HttpMethod.Patch, path, body, tag);

    private Task<Answer> ArchiveAsync(Guid id, int number) => portal.As("agency").PostAsync($"/api/assets/{id}/versions/{number}/archive");

    private async Task<IReadOnlyList<string>> TitlesAsync(Guid of, string query) =>
        [
            .. (
                await portal.As("agency").FetchAsync(
                    $"/api/assets?projectId={of}{query}")).Expect(200).Field("items").AsArray().Select(i => i!["title"]!.ToString())
        ];
}
