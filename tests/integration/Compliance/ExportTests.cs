using System.IO.Compression;
using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Nodes;
using Dapper;
using Microsoft.Extensions.DependencyInjection;
using Portal.Compliance.Exports;
using Portal.Foundation.Audit;
using Portal.LocalVendors;
using Portal.Tests.Support;

namespace Portal.Tests.Integration.Compliance;

/// <summary>A copy of what is kept of somebody: what is in it, who gets it, for how long.</summary>
public sealed class ExportTests(TestPortal portal) : IClassFixture<TestPortal>, IAsyncLifetime
{
    private static int made;

    public Task InitializeAsync() => portal.ResetAsync();

    public Task DisposeAsync() => Task.CompletedTask;

    [Fact]
    public async Task A_person_s_copy_holds_what_they_did_and_what_they_are_and_nobody_else_s()
    {
        var (handle, id) = await PersonAsync();
        var (colleague, colleagueId) = await PersonAsync();
        var project = await portal.NewProjectAsync();
        (await portal.As("admin").SetAsync($"/api/projects/{project}/members/{id}")).Expect(200);
        (await portal.As("agency").PostAsync("/api/tasks", new { projectId = project, title = "Grade", assigneeIds = new[] { id } }))
            .Expect(201);
        var asset = Guid.Parse((await portal.UploadReadyAsync(project, bytes: Mp4Sample.Clip())).Text("assetId"));
        (await portal.As(handle).PostAsync($"/api/assets/{asset}/versions/1/comments", new { body = "Brighter, please" })).Expect(201);
        (await portal.As("agency").PostAsync($"/api/assets/{asset}/versions/1/comments", new { body = "Not mine" })).Expect(201);
        await AddRowsAsync(handle, id, 3);
        await AddRowsAsync(colleague, colleagueId, 5);
        var link = await portal.ShareAsync(asset);
        (await portal.As("agency").PostAsync($"/api/share-links/{link.Id}/revoke")).Expect(200);
        foreach (var person in new[] { handle, "crew1" })
        {
            var guest = portal.GuestOf(link);
            guest.Session = await portal.SessionAsync(person);
            (await guest.OpenAsync()).Expect(403);
        }

        var export = await ReadyAsync(await AskAsync("admin", new { kind = "person", userId = id }));
        var zip = await FetchAsync("admin", export.Id);

        Assert.Equal(export.Text("sha256"), Convert.ToHexStringLower(SHA256.HashData(zip)));
        Assert.Equal(zip.Length, (long)export.Json!["sizeBytes"]!);
        var files = Read(zip);
        Assert.Equal($"{handle}@portal.example", Assert.Single(files["profile"])!["email"]!.ToString());
        Assert.Equal("Brighter, please", Assert.Single(files["comments"])!["body"]!.ToString());
        Assert.Equal(project.ToString(), Assert.Single(files["projects"])!["projectId"]!.ToString());
        Assert.Equal(("Grade", "assignee"), (files["tasks"][0]!["title"]!.ToString(), files["tasks"][0]!["as"]!.ToString()));
        Assert.Contains(files["actions"], action => action!["action"]!.ToString() == "comment_added");
        // At a share link they are a guest, who is known all the same.
        Assert.Equal(
            link.Id.ToString(),
            Assert.Single(files["actions"], action => action!["action"]!.ToString() == "share_link_refused")!["entityId"]!.ToString());
        Assert.Equal(1, (int)export.Json!["records"]!["comments"]!);
        // Of what others have the same of, too: those of their account and of their address.
        Assert.Equal("task_created3", Assert.Single(files["notification-settings"])!["about"]!.ToString());
        Assert.Equal("2026-01-03", Assert.Single(files["digests"])!["day"]!.ToString());
        Assert.Equal("mention3", Assert.Single(files["mails-declined"])!["about"]!.ToString());
        Assert.Single(files["mentions"]);
        Assert.Equal(
            [$"{handle}@portal.example", $"{handle}@private.example"], files["invites"].Select(of => of!["email"]!.ToString()).Order());
        Assert.DoesNotContain("Not mine", files["comments"].ToJsonString(), StringComparison.Ordinal);
        Assert.DoesNotContain("admin@portal.example", string.Join('\n', files.Values.Select(f => f.ToJsonString())), StringComparison.Ordinal);
        // Whoever asked hears of it; the mail opens nothing by itself.
        await portal.DeliverAsync();
        var mail = Assert.Single(await portal.InboxOfAsync("admin"), m => m.Text!.Contains(export.Id.ToString(), StringComparison.Ordinal));
        Assert.DoesNotContain("vercel-blob-signature", mail.Html, StringComparison.Ordinal);
        Assert.Equal(
            ["export_download_requested", "export_ready", "export_requested"],
            await portal.ListAsync("select action from portal.audit_log where entity_id = @id order by action", new { id = export.Id }));
    }

    [Fact]
    public async Task A_guest_s_copy_is_found_by_address_and_viewers()
    {
        var address = $"guest{++made}@client.example";
        var asset = Guid.Parse((await portal.UploadReadyAsync(await portal.NewProjectAsync(), bytes: Mp4Sample.Clip())).Text("assetId"));
        var link = await portal.ShareAsync(asset, new { guestEmails = new[] { address, $"other.{address}" }, allowComments = true });
        await portal.ShareAsync(asset, new { guestEmails = new[] { $"other.{address}" } });
        var guest = portal.GuestOf(link);
        (await guest.OpenAsync()).Expect(200);
        (await guest.CommentAsync("Lovely", new { name = "Kim" })).Expect(201);
        await portal.DeliverAsync();
        var viewer = await portal.ScalarAsync<Guid>("select viewer_id from portal.comments where guest_name = 'Kim'");

        var files = Read(await FetchAsync("compliance", (await ReadyAsync(await AskAsync(
            "compliance", new { kind = "guest", email = address.ToUpperInvariant(), viewerIds = new[] { viewer } }))).Id));

        var sent = Assert.Single(files["links-sent"])!;
        Assert.Equal((address, link.Id.ToString()), (sent["email"]!.ToString(), sent["shareLinkId"]!.ToString()));
        Assert.Equal("Lovely", Assert.Single(files["comments"])!["body"]!.ToString());
        Assert.Equal(viewer.ToString(), Assert.Single(files["links-opened"])!["id"]!.ToString());
        Assert.Contains(files["actions"], action => action!["action"]!.ToString() == "share_link_opened");
        Assert.NotEmpty(files["mails"]);
        Assert.DoesNotContain("profile", files.Keys);
        var without = Read(await FetchAsync("compliance", (await ReadyAsync(await AskAsync(
            "compliance", new { kind = "guest", email = address }))).Id));
        Assert.Empty(without["comments"]);
    }

    [Theory]
    [InlineData("person")]
    [InlineData("guest")]
    public async Task Every_file_of_a_copy_has_what_is_its_subject_s_and_nothing_of_another_s(string kind)
    {
        var project = await portal.NewProjectAsync();
        var task = (await portal.NewTaskAsync(project, "Watched")).Id;
        var asset = Guid.Parse((await portal.UploadReadyAsync(project, bytes: Mp4Sample.Clip())).Text("assetId"));
        var another = Guid.Parse((await portal.AskUploadAsync(project)).Expect(201).Text("assetId"));
        var subjects = new List<CopiedSubject>();
        foreach (var (of, day) in new[] { (asset, 3), (another, 5) })
        {
            var address = $"copied{++made}@client.example";
            var subject = new CopiedSubject(
                TestPeople.Tenant, kind, kind == "person" ? (await PersonAsync()).Id : null, address,
                portal.Services.GetRequiredService<PersonalHash>().Of(address)!, Guid.NewGuid(), (await portal.ShareAsync(asset)).Id, of,
                project, task, day, portal.Clock.GetUtcNow());
            await portal.DoAsync(CopiedSubject.Rows, subject);
            subjects.Add(subject);
        }

        var wanted = subjects[0];
        var export = await AskAsync("compliance", kind == "person"
            ? new { kind, userId = wanted.User }
            : (object)new { kind, email = wanted.Address, viewerIds = new[] { wanted.Viewer } });
        var files = Read(await FetchAsync("compliance", (await ReadyAsync(export)).Id));

        var theirs = (await portal.ListAsync(CopiedSubject.Theirs, wanted)).ToHashSet();
        Assert.All(theirs.Select(of => of.Split(' ')[0]).Distinct(), name =>
        {
            var told = files[name].Select(row => $"{name} {row![CopiedSubject.KeyOf(name)]}").ToHashSet();
            Assert.NotEmpty(told);
            Assert.Subset(theirs, told);
        });
    }

    [Fact]
    public async Task Oneself_needs_nobody_and_sees_one_s_own_alone()
    {
        var (handle, id) = await PersonAsync("compliance");
        Assert.Equal(404, (await portal.As(handle).FetchAsync("/api/me/export")).Code);
        // One of them that another asked for is not theirs, nor is one of another that they asked for.
        await ReadyAsync(await AskAsync("admin", new { kind = "person", userId = id }));
        await ReadyAsync(await AskAsync(handle, new { kind = "person", userId = (await PersonAsync()).Id }));
        Assert.Equal(404, (await portal.As(handle).FetchAsync("/api/me/export")).Code);
        Assert.Equal(404, (await portal.As(handle).PostAsync("/api/me/export/download")).Code);
        var asked = (await portal.As(handle).PostAsync("/api/me/export")).Expect(201);
        await portal.SettleAsync();
        Assert.Equal("ready", (await portal.As(handle).FetchAsync("/api/me/export")).Expect(200).Text("status"));
        var url = (await portal.As(handle).PostAsync("/api/me/export/download")).Expect(200).Text("url");
        Assert.Single(Read(await BytesAsync(url))["profile"]);
        // Of two it is the newer.
        portal.Clock.Advance(TimeSpan.FromSeconds(1));
        var newer = (await portal.As(handle).PostAsync("/api/me/export")).Expect(201);
        Assert.Equal(newer.Id, (await portal.As(handle).FetchAsync("/api/me/export")).Expect(200).Id);
        await portal.SettleAsync();

        Assert.Equal(403, (await portal.As((await PersonAsync()).Handle).FetchAsync($"/api/exports/{asked.Id}")).Code);
        Assert.Equal(404, (await portal.As((await PersonAsync()).Handle).FetchAsync("/api/me/export")).Code);
        Assert.Equal(404, (await portal.As("other-admin").FetchAsync($"/api/exports/{asked.Id}")).Code);
        Assert.Equal(404, (await portal.As("other-admin").PostAsync($"/api/exports/{asked.Id}/download")).Code);
        Assert.Equal(200, (await portal.As("compliance").FetchAsync($"/api/exports/{asked.Id}")).Code);
        foreach (var (status, there) in new[] { ("ready", true), ("failed", false) })
        {
            var listed = (await portal.As("compliance").FetchAsync($"/api/exports?status={status}&limit=200")).Expect(200).Column("id");
            Assert.Equal(there, listed.Contains(asked.Text("id")));
        }
    }

    [Fact]
    public async Task An_address_opens_it_for_a_quarter_of_an_hour_and_the_file_goes_after_a_week()
    {
        var export = await ReadyAsync(await AskAsync("admin", new { kind = "person", userId = (await PersonAsync()).Id }));
        var download = (await portal.As("admin").PostAsync($"/api/exports/{export.Id}/download")).Expect(200);
        Assert.Equal(portal.Clock.GetUtcNow().AddMinutes(15), download.Json!["expiresAt"]!.GetValue<DateTimeOffset>());
        portal.Clock.Advance(TimeSpan.FromMinutes(15) - TimeSpan.FromSeconds(1));
        Assert.NotEmpty(await BytesAsync(download.Text("url")));
        portal.Clock.Advance(TimeSpan.FromSeconds(2));
        Assert.Equal(403, (await portal.Anonymous.FetchAsync(download.Text("url"))).Code);

        portal.Clock.Advance(TimeSpan.FromDays(7) - TimeSpan.FromMinutes(15) - TimeSpan.FromSeconds(2));
        await SweepAsync();
        Assert.Equal("ready", await StatusAsync(export.Id));
        portal.Clock.Advance(TimeSpan.FromSeconds(1));
        await SweepAsync();
        var over = (await portal.As("admin").FetchAsync($"/api/exports/{export.Id}")).Expect(200);
        Assert.Equal("expired", over.Text("status"));
        Assert.Empty(await FilesAsync(export.Id));
        Assert.Equal("not-ready", (await portal.As("admin").PostAsync($"/api/exports/{export.Id}/download")).Expect(409).ProblemType);
    }

    [Fact]
    public async Task One_is_made_at_a_time_while_the_store_is_away_and_no_file_is_left_behind()
    {
        var (_, id) = await PersonAsync();
        portal.Blob.Faults.FailNextApiCalls(2, ApiFault.Status(503), (method, _) => method == "PUT");
        portal.Blob.Faults.FailNextAfterEffect(1, ApiFault.ConnectionAbort, (method, _) => method == "PUT");
        var export = await AskAsync("admin", new { kind = "person", userId = id });
        await portal.SettleAsync();

        var waiting = (await portal.As("admin").FetchAsync($"/api/exports/{export}")).Expect(200);
        Assert.Equal("running", waiting.Text("status"));
        Assert.Contains("Blob", waiting.Text("lastError"), StringComparison.Ordinal);
        Assert.Equal("not-ready", (await portal.As("admin").PostAsync($"/api/exports/{export}/download")).Expect(409).ProblemType);
        Assert.Equal("export-begun", (await portal.As("admin").PostAsync(
            "/api/exports", new { kind = "person", userId = id })).Expect(409).ProblemType);
        await Eventually.MovingAsync(
            portal.Clock, TimeSpan.FromSeconds(30), async () => await StatusAsync(export) == "ready", "the export to be ready");

        Assert.Single(await FilesAsync(export));
        Assert.Equal(1, await portal.ScalarAsync<long>(
            "select count(*) from portal.events where type = 'export_ready' and aggregate_id = @export", new { export }));
    }

    [Fact]
    public async Task What_the_store_refuses_is_told_to_on_call_and_tried_again_an_hour_later()
    {
        portal.Blob.Faults.FailNextApiCalls(1, ApiFault.Status(403), (method, _) => method == "PUT");
        var export = await AskAsync("admin", new { kind = "person", userId = (await PersonAsync()).Id });
        await portal.SettleAsync();
        Assert.Equal("failed", await StatusAsync(export));
        Assert.Equal([export.ToString()], await portal.ListAsync("select dedup_key from portal.alerts where kind = 'export_failed'"));

        portal.Clock.Advance(TimeSpan.FromHours(1) - TimeSpan.FromSeconds(1));
        await SweepAsync();
        Assert.Equal("failed", await StatusAsync(export));
        portal.Clock.Advance(TimeSpan.FromSeconds(1));
        await SweepAsync();
        Assert.Equal("ready", await StatusAsync(export));
        Assert.Single(await FilesAsync(export));
    }

    [Fact]
    public async Task One_whose_file_cannot_be_deleted_yet_is_not_over_and_goes_with_a_later_sweep()
    {
        var export = await ReadyAsync(await AskAsync("admin", new { kind = "person", userId = (await PersonAsync()).Id }));
        portal.Clock.Advance(TimeSpan.FromDays(7));
        portal.Blob.Faults.FailNextApiCalls(1000, ApiFault.Status(503));
        await SweepAsync();
        Assert.Equal("ready", await StatusAsync(export.Id));
        Assert.Single(await FilesAsync(export.Id));

        portal.Blob.Faults.Clear();
        await SweepAsync();
        Assert.Equal("expired", await StatusAsync(export.Id));
        Assert.Empty(await FilesAsync(export.Id));
    }

    [Fact]
    public async Task One_whose_file_the_store_refuses_to_delete_holds_up_no_other()
    {
        var first = await ReadyAsync(await AskAsync("admin", new { kind = "person", userId = (await PersonAsync()).Id }));
        var second = await ReadyAsync(await AskAsync("admin", new { kind = "person", userId = (await PersonAsync()).Id }));
        portal.Clock.Advance(TimeSpan.FromDays(7));
        portal.Blob.Faults.FailNextApiCalls(
            1, ApiFault.Status(403), (_, path) => path.Contains("/delete", StringComparison.Ordinal));
        await SweepAsync();
        Assert.Equal(1, await OverAsync());
        Assert.Contains("expired", new[] { await StatusAsync(first.Id), await StatusAsync(second.Id) });

        await SweepAsync();
        Assert.Equal(0, await OverAsync());
        Assert.Equal(("expired", "expired"), (await StatusAsync(first.Id), await StatusAsync(second.Id)));
        Assert.Empty(await FilesAsync(first.Id));
        Assert.Empty(await FilesAsync(second.Id));

        // Files of other tests are over by now, too.
        Task<long> OverAsync() => portal.ScalarAsync<long>(
            "select count(*) from portal.exports where status = 'ready' and expires_at <= @now", new { now = portal.Clock.GetUtcNow() });
    }

    [Fact]
    public async Task One_whose_start_was_lost_is_started_by_the_sweep_and_so_is_one_that_stopped_while_it_was_made()
    {
        var (export, stopped) = (Guid.CreateVersion7(), Guid.CreateVersion7());
        await AddAsync(export, (await PersonAsync()).Id, "requested");
        await AddAsync(stopped, (await PersonAsync()).Id, "running");
        await SweepAsync();
        Assert.Equal(("ready", "ready"), (await StatusAsync(export), await StatusAsync(stopped)));
    }

    [Fact]
    public async Task What_is_left_of_an_earlier_attempt_changes_nothing_and_what_is_discarded_is_not_made()
    {
        var (export, id) = (Guid.CreateVersion7(), (await PersonAsync()).Id);
        await AddAsync(export, id, "running", 2);
        var store = portal.Host.Services.GetRequiredService<ExportStore>();
        var (first, second) = (new ExportRef(TestPeople.Tenant, export, 1), new ExportRef(TestPeople.Tenant, export, 2));
        var file = new ExportedFile(1, new string('a', 64), new Dictionary<string, int>());
        await NothingChangesAsync(first);
        Assert.NotNull(await store.BeginAsync(second, default));
        Assert.True(await store.NotePathnameAsync(second, $"exports/{export}/2", default));

        // Its subject is erased meanwhile: it becomes no copy any more, whatever it had come to.
        await DoAsync("update portal.exports set discard = true, next_at = @now where id = @export");
        Assert.False(await store.NotePathnameAsync(second, "elsewhere", default));
        Assert.False(await store.ReadyAsync(second, file, default));
        foreach (var status in new[] { "requested", "failed" })
        {
            await DoAsync($"update portal.exports set status = '{status}' where id = @export");
            Assert.Null(await store.BeginAsync(second, default));
            Assert.False(await store.NotePathnameAsync(second, "elsewhere", default));
            Assert.False(await store.ReadyAsync(second, file, default));
        }

        await SweepAsync();
        Assert.Equal("expired", await StatusAsync(export));
        await NothingChangesAsync(second);

        async Task NothingChangesAsync(ExportRef attempt)
        {
            var before = await portal.RowsWithAsync(export.ToString());
            Assert.Null(await store.BeginAsync(attempt, default));
            Assert.False(await store.NotePathnameAsync(attempt, "elsewhere", default));
            Assert.False(await store.ReadyAsync(attempt, file, default));
            Assert.False(await store.FailAsync(attempt, "late", default));
            await store.NoteErrorAsync(attempt, "late", default);
            Assert.Equal(before, await portal.RowsWithAsync(export.ToString()));
        }

        Task DoAsync(string sql) => portal.DoAsync(sql, new { export, now = portal.Clock.GetUtcNow() });
    }

    [Fact]
    public async Task Two_at_once_have_a_file_each()
    {
        var (one, other) = ((await PersonAsync()).Id, (await PersonAsync()).Id);
        portal.Blob.Faults.FailNextApiCalls(4, ApiFault.Status(503), (method, _) => method == "PUT");
        var exports = new[]
        {
            await AskAsync("admin", new { kind = "person", userId = one }),
            await AskAsync("admin", new { kind = "person", userId = other }),
        };
        await Eventually.MovingAsync(
            portal.Clock,
            TimeSpan.FromSeconds(30),
            async () => await StatusAsync(exports[0]) == "ready" && await StatusAsync(exports[1]) == "ready",
            "both exports to be ready");
        foreach (var export in exports)
        {
            Assert.Equal(await FilesAsync(export), await portal.ListAsync(
                "select pathname from portal.exports where id = @export", new { export }));
        }
    }

    [Fact]
    public async Task Who_is_erased_takes_the_copy_along()
    {
        var (_, id) = await PersonAsync();
        var export = await ReadyAsync(await AskAsync("admin", new { kind = "person", userId = id }));
        var whole = await ReadyAsync(await AskAsync("admin", new { kind = "tenant" }));
        Assert.Single(await FilesAsync(export.Id));
        var erasure = (await portal.As("admin").PostAsync("/api/erasures", new { kind = "person", userId = id })).Expect(201).Id;
        await Eventually.MovingAsync(
            portal.Clock,
            TimeSpan.FromMinutes(1),
            async () =>
            {
                await portal.RunTimerAsync("SyncInvites");
                await SweepAsync();
                return (await portal.As("admin").FetchAsync($"/api/erasures/{erasure}")).Text("status") == "completed";
            },
            "the erasure to be completed");

        Assert.Empty(await FilesAsync(export.Id));
        Assert.Equal("expired", await StatusAsync(export.Id));
        // They were in the copy of everything, too.
        Assert.Empty(await FilesAsync(whole.Id));
        Assert.Equal("expired", await StatusAsync(whole.Id));
        var certificate = (await portal.As("admin").FetchAsync($"/api/erasures/{erasure}/certificate")).Expect(200).Field("certificate");
        Assert.Equal(2, (int)certificate["data"]!.AsArray().Single(line => line!["table"]!.ToString() == "exports")!["rows"]!);
        Assert.Equal(404, (await portal.As("admin").PostAsync("/api/exports", new { kind = "person", userId = id })).Code);
    }

    [Fact]
    public async Task Only_people_and_viewers_of_the_tenant_can_be_named()
    {
        var (_, id) = await PersonAsync();
        Assert.Equal(404, (await portal.As("other-admin").PostAsync("/api/exports", new { kind = "person", userId = id })).Code);
        var stranger = new { kind = "guest", email = "x@client.example", viewerIds = new[] { Guid.CreateVersion7() } };
        Assert.Equal("/viewerIds", (await portal.As("admin").PostAsync("/api/exports", stranger)).Expect(400)
            .Field("errors")[0]!["pointer"]!.ToString());
        Assert.Equal(403, (await portal.As("agency").PostAsync("/api/exports", new { kind = "person", userId = id })).Code);
        Assert.Equal(403, (await portal.As("agency").PostAsync("/api/exports", new { kind = "tenant" })).Code);
        foreach (var wrong in new object[]
        {
            new { kind = "person" }, new { kind = "guest" }, new { kind = "person", userId = id, email = "a@b.example" },
            new { kind = "tenant", userId = id }, new { kind = "tenant", email = "a@b.example" },
            new { kind = "person", userId = id, viewerIds = new[] { id } }, new { kind = "tenant", viewerIds = new[] { id } },
            new { kind = "person", userId = id, viewerIds = Array.Empty<Guid>() },
        })
        {
            (await portal.As("admin").PostAsync("/api/exports", wrong)).Expect(400);
        }

        Assert.Equal(0, await portal.ScalarAsync<long>("select count(*) from portal.exports where subject_id = @id", new { id }));
    }

    /// <summary>Each statement has the columns that the README explains, for both kinds.</summary>
    [Fact]
    public async Task Every_field_is_explained_and_none_is_missing()
    {
        await using var connection = await portal.OpenAsync();
        foreach (var table in ExportedRowsQuery.All)
        {
            foreach (var statement in new[] { table.Person, table.Guest }.OfType<string>())
            {
                await using var reader = await connection.ExecuteReaderAsync(
                    statement.Replace("to_jsonb(r)::text", "r.*", StringComparison.Ordinal), new
                    {
                        tenant = TestPeople.Tenant,
                        Subject = TestPeople.UserId("admin"),
                        Address = "x@client.example",
                        AddressHash = "",
                        Viewers = Array.Empty<Guid>(),
                        Recipient = "",
                        most = 1,
                    });
                var columns = Enumerable.Range(0, reader.FieldCount).Select(reader.GetName);
                Assert.Equal((table.Name, string.Join(' ', table.Fields.Select(f => f.Name))), (table.Name, string.Join(' ', columns)));
            }
        }
    }

    private async Task<Guid> AskAsync(string who, object wanted) =>
        (await portal.As(who).PostAsync("/api/exports", wanted)).Expect(201).Id;

    private async Task<Answer> ReadyAsync(Guid export)
    {
        await portal.SettleAsync();
        var answer = (await portal.As("admin").FetchAsync($"/api/exports/{export}")).Expect(200);
        Assert.Equal("ready", answer.Text("status"));
        return answer;
    }

    private async Task<byte[]> FetchAsync(string who, Guid export) =>
        await BytesAsync((await portal.As(who).PostAsync($"/api/exports/{export}/download")).Expect(200).Text("url"));

    private async Task<byte[]> BytesAsync(string url)
    {
        using var response = await portal.Anonymous.GetAsync(new Uri(url));
        Assert.Equal(200, (int)response.StatusCode);
        return await response.Content.ReadAsByteArrayAsync();
    }

    private async Task<string> StatusAsync(Guid export) =>
        await portal.ScalarAsync<string>("select status from portal.exports where id = @export", new { export });

    private Task<IReadOnlyList<string>> FilesAsync(Guid export) => portal.ListAsync(
        "select pathname from vendors.blob_objects where pathname like 'exports/%' || @export || '/%'", new { export = export.ToString() });

    private async Task SweepAsync()
    {
        await portal.RunTimerAsync("SweepExports");
        await portal.SettleAsync();
    }

    /// <summary>The arrays by file; README and export.json are there, and count alike.</summary>
    private static Dictionary<string, JsonArray> Read(byte[] zip)
    {
        using var archive = new ZipArchive(new MemoryStream(zip));
        var files = archive.Entries.Where(e => e.FullName is not "README.txt" and not "export.json").ToDictionary(
            e => Path.GetFileNameWithoutExtension(e.FullName), e => JsonSerializer.Deserialize<JsonArray>(e.Open())!);
        var about = JsonSerializer.Deserialize<JsonObject>(archive.GetEntry("export.json")!.Open())!;
        Assert.Equal("portal-export/1", about["format"]!.ToString());
        Assert.All(files, file => Assert.Equal(file.Value.Count, (int)about["records"]![file.Key]!));
        using var readme = new StreamReader(archive.GetEntry("README.txt")!.Open());
        var text = readme.ReadToEnd();
        Assert.All(files.Keys, name => Assert.Contains($"{name}.json", text, StringComparison.Ordinal));
        return files;
    }

    private async Task<(string Handle, Guid Id)> PersonAsync(string role = "agency")
    {
        var handle = $"copy{++made}x";
        return (handle, await portal.AddMemberAsync(TestPeople.Tenant, "org_harbour", handle, role));
    }

    private async Task AddAsync(Guid export, Guid id, string status, int attempt = 1)
    {
        await portal.DoAsync("""
            insert into portal.exports (id, tenant_id, kind, subject_id, status, attempt, requested_by, requested_at, next_at)
            values (@export, @tenant, 'person', @id, @status, @attempt, @id, @now, @now)
            """, new { export, tenant = TestPeople.Tenant, id, status, attempt, now = portal.Clock.GetUtcNow() });
    }

    /// <summary>What somebody has one of, and everybody may: by their id, or by their address.</summary>
    private async Task AddRowsAsync(string handle, Guid id, int day)
    {
        await portal.DoAsync("""
            insert into portal.notification_preferences (tenant_id, user_id, event_type, in_app, email)
            values (@tenant, @id, 'task_created' || @day, false, false);
            insert into portal.digests (tenant_id, user_id, day, settled_at) values (@tenant, @id, make_date(2026, 1, @day), @now);
            insert into portal.mail_suppressions (tenant_id, address_hash, event_type, reason, created_at)
            values (@tenant, @hash, 'mention' || @day, 'unsubscribed', @now);
            insert into portal.comment_mentions (tenant_id, comment_id, user_id)
            select @tenant, c.id, @id from portal.comments c where c.tenant_id = @tenant order by c.seq desc limit 1;
            insert into portal.invites (id, tenant_id, email, role, status, clerk_state, expires_at, clerk_next_at, invited_by,
                accepted_by, accepted_at, created_at, updated_at)
            values (gen_random_uuid(), @tenant, @handle || '@private.example', 'agency', 'accepted', 'accepted', @now, @now, @id,
                    @id, @now, @now, @now),
                (gen_random_uuid(), @tenant, @handle || '@portal.example', 'agency', 'revoked', 'none', @now, @now, @id,
                    null, null, @now, @now)
            """, new
        {
            tenant = TestPeople.Tenant,
            id,
            handle,
            day,
            hash = portal.Services.GetRequiredService<PersonalHash>().Of($"{handle}@portal.example"),
            now = portal.Clock.GetUtcNow(),
        });
    }
}
