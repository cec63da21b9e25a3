using System.Globalization;
using Dapper;
using Portal.LocalVendors;
using Portal.Tests.Support;

namespace Portal.Tests.Integration.Compliance;

/// <summary>Legal holds: what retention and erasure leave alone, until Compliance lifts them.</summary>
public sealed class HoldTests(TestPortal portal) : IClassFixture<TestPortal>, IAsyncLifetime
{
    private static int made;

    public async Task InitializeAsync()
    {
        await portal.ResetAsync();
        await portal.DoAsync("""
            update portal.holds set lifted_by = placed_by, lifted_at = now(), lift_reason = 'before the test' where lifted_at is null
            """);
    }

    public Task DisposeAsync() => Task.CompletedTask;

    [Theory]
    [InlineData("tenant")]
    [InlineData("project")]
    [InlineData("asset")]
    public async Task A_held_video_outlives_its_retention_and_goes_when_the_hold_is_lifted(string kind)
    {
        var project = await portal.NewProjectAsync();
        var (held, free) = (await VideoAsync(project), await VideoAsync(await portal.NewProjectAsync()));
        var hold = await PlaceAsync(kind, kind switch { "project" => project, "asset" => held, _ => null });
        portal.Clock.Advance(TimeSpan.FromDays(181));
        await PruneAsync();
        Assert.Equal(("ready", kind == "tenant" ? "ready" : "archived"), (await StatusAsync(held), await StatusAsync(free)));

        // Archived by hand, it is not deleted at Mux either.
        (await portal.As("agency").PostAsync($"/api/assets/{held}/versions/1/archive")).Expect(200);
        portal.Clock.Advance(TimeSpan.FromDays(31));
        await PruneAsync();
        Assert.False(await PurgedAsync(held));

        (await portal.As("compliance").PostAsync($"/api/holds/{hold.Id}/lift", new { reason = "Settled" })).Expect(200);
        await PruneAsync();
        Assert.True(await PurgedAsync(held));
    }

    [Fact]
    public async Task The_original_of_a_held_video_outlives_its_upload_and_goes_when_the_hold_is_lifted()
    {
        var upload = (await portal.AskUploadAsync(await portal.NewProjectAsync(), "crew6", "blob")).Expect(201);
        await portal.SendBytesAsync(upload);
        await portal.UntilAsync(upload.Id, "ready");
        var hold = await PlaceAsync("asset", Guid.Parse(upload.Text("assetId")));
        portal.Clock.Advance(TimeSpan.FromDays(366));
        await PruneAsync();
        Assert.True(await ThereAsync());

        (await portal.As("compliance").PostAsync($"/api/holds/{hold.Id}/lift", new { reason = "Settled" })).Expect(200);
        await PruneAsync();
        Assert.False(await ThereAsync());

        Task<bool> ThereAsync() => portal.ScalarAsync<bool>(
            "select exists (select 1 from vendors.blob_objects where pathname = @path)", new { path = $"originals/{upload.Id}" });
    }

    [Fact]
    public async Task Guests_of_a_held_assets_links_stay_and_those_of_another_tenants_hold_do_not()
    {
        var asset = await VideoAsync(await portal.NewProjectAsync());
        var other = await VideoAsync(await portal.NewProjectAsync());
        var (kept, gone) = (await LinkAsync(asset), await LinkAsync(other));
        foreach (var link in new[] { kept, gone })
        {
            (await portal.GuestOf(link).OpenAsync()).Expect(200);
        }

        await PlaceAsync("asset", asset);
        (await portal.As("other-admin").PostAsync("/api/holds", Wanted("tenant", null))).Expect(201);
        portal.Clock.Advance(TimeSpan.FromDays(100));
        await PruneAsync();
        Assert.Equal((1, 0), (await GuestsAsync(kept.Id), await GuestsAsync(gone.Id)));
        Assert.Equal([kept.Id.ToString()], await portal.ListAsync(
            "select share_link_id::text from portal.share_viewers where share_link_id = any(@ids) and ip_hash <> '\\x'",
            new { ids = new[] { kept.Id, gone.Id } }));
    }

    [Theory]
    [InlineData("person")]
    [InlineData("tenant")]
    public async Task An_erasure_waits_for_the_hold_says_so_and_begins_when_it_is_lifted(string kind)
    {
        var handle = $"held{++made}";
        var id = await portal.AddMemberAsync(TestPeople.Tenant, "org_harbour", handle, "client");
        var hold = await PlaceAsync(kind, kind == "person" ? id : null);
        var erasure = (await portal.As("admin").PostAsync("/api/erasures", new { kind = "person", userId = id })).Expect(201).Id;
        await portal.SettleAsync();
        var waiting = (await portal.As("admin").FetchAsync($"/api/erasures/{erasure}")).Expect(200);
        Assert.Equal(("held", "a legal hold is in force"), (waiting.Text("status"), waiting.Text("lastError")));
        // One that is held and has not begun is taken back as any other.
        if (kind == "tenant")
        {
            var second = await portal.AddMemberAsync(TestPeople.Tenant, "org_harbour", $"held{++made}", "client");
            var back = (await portal.As("admin").PostAsync("/api/erasures", new { kind = "person", userId = second })).Expect(201).Id;
            await portal.SettleAsync();
            Assert.Equal("held", await ErasureAsync(back));
            (await portal.As("admin").PostAsync($"/api/erasures/{back}/cancel")).Expect(200);
        }

        portal.Clock.Advance(TimeSpan.FromDays(3));
        await SweepAsync();
        Assert.Equal("held", await ErasureAsync(erasure));
        Assert.Equal("active", await portal.ScalarAsync<string>("select status from portal.users where id = @id", new { id }));
        Assert.Equal(0, await portal.ScalarAsync<long>("select count(*) from portal.alerts where kind like 'erasure%'"));

        (await portal.As("compliance").PostAsync($"/api/holds/{hold.Id}/lift", new { reason = "Settled" })).Expect(200);
        await SweepAsync();
        portal.Clock.Advance(TimeSpan.FromMinutes(11));
        await portal.DeliverAsync();
        await SweepAsync();
        portal.Clock.Advance(TimeSpan.FromMinutes(1));
        await portal.SettleAsync();
        Assert.Equal("completed", await ErasureAsync(erasure));
        Assert.Equal("Deleted person", await portal.ScalarAsync<string>("select name from portal.users where id = @id", new { id }));
    }

    [Fact]
    public async Task One_that_is_placed_while_somebody_is_erased_stops_it_before_its_next_step_and_says_what_is_gone()
    {
        var handle = $"held{++made}";
        var id = await portal.AddMemberAsync(TestPeople.Tenant, "org_harbour", handle, "client");
        var erasure = (await portal.As("admin").PostAsync("/api/erasures", new { kind = "person", userId = id })).Expect(201).Id;
        var other = await portal.AddMemberAsync(TestPeople.Tenant, "org_harbour", $"held{++made}", "client");
        var free = (await portal.As("admin").PostAsync("/api/erasures", new { kind = "person", userId = other })).Expect(201).Id;
        await portal.SettleAsync();
        var hold = await PlaceAsync("person", id);
        // One that cannot be over when the other stops.
        var last = await portal.AddMemberAsync(TestPeople.Tenant, "org_harbour", $"held{++made}", "client");
        var late = (await portal.As("admin").PostAsync("/api/erasures", new { kind = "person", userId = last })).Expect(201).Id;
        portal.Clock.Advance(TimeSpan.FromMinutes(11));
        await portal.SettleAsync();
        Assert.Equal(("completed", "running"), (await ErasureAsync(free), await ErasureAsync(late)));
        var held = (await portal.As("admin").FetchAsync($"/api/erasures/{erasure}")).Expect(200);
        Assert.Equal("held", held.Text("status"));
        Assert.Matches(
            "^a legal hold is in force; erased before: what Clerk held, .*users \\(1\\)", held.Text("lastError"));
        Assert.Equal(404, (await portal.As("admin").FetchAsync($"/api/erasures/{erasure}/certificate")).Code);
        portal.Clock.Advance(TimeSpan.FromDays(3));
        await SweepAsync();
        Assert.Equal("held", await ErasureAsync(erasure));
        Assert.Equal(
            "erasure-begun", (await portal.As("admin").PostAsync($"/api/erasures/{erasure}/cancel")).Expect(409).ProblemType);

        (await portal.As("compliance").PostAsync($"/api/holds/{hold.Id}/lift", new { reason = "Settled" })).Expect(200);
        await SweepAsync();
        portal.Clock.Advance(TimeSpan.FromMinutes(11));
        await portal.SettleAsync();
        var certificate = (await portal.As("admin").FetchAsync($"/api/erasures/{erasure}/certificate")).Expect(200).Field("certificate");
        Assert.Equal(1, (int)certificate["data"]!.AsArray().Single(line => line!["table"]!.ToString() == "users")!["rows"]!);
        Assert.Equal("the user was deleted", certificate["processors"]!.AsArray().Single(p => p!["name"]!.ToString() == "Clerk")!["did"]!
            .ToString());
    }

    [Fact]
    public async Task Two_holds_on_one_person_must_both_be_lifted()
    {
        var id = await portal.AddMemberAsync(TestPeople.Tenant, "org_harbour", $"held{++made}", "client");
        var (onPerson, onTenant) = (await PlaceAsync("person", id), await PlaceAsync("tenant", null));
        var erasure = (await portal.As("admin").PostAsync("/api/erasures", new { kind = "person", userId = id })).Expect(201).Id;
        await portal.SettleAsync();
        (await portal.As("compliance").PostAsync($"/api/holds/{onPerson.Id}/lift", new { reason = "Settled" })).Expect(200);
        await SweepAsync();
        Assert.Equal("held", await ErasureAsync(erasure));
        (await portal.As("compliance").PostAsync($"/api/holds/{onTenant.Id}/lift", new { reason = "Settled" })).Expect(200);
        await SweepAsync();
        Assert.Equal("running", await ErasureAsync(erasure));
    }

    /// <summary>What the function answers of each thing while one hold is in force, and of nothing at all.</summary>
    [Theory]
    [InlineData("project", "project, asset")]
    [InlineData("asset", "asset")]
    [InlineData("person", "person")]
    [InlineData("tenant", "project, asset, person, other project, other asset, other person, nothing")]
    public async Task It_covers_what_it_is_on_and_of_a_project_its_assets(string kind, string covered)
    {
        var (project, other) = (await portal.NewProjectAsync(), await portal.NewProjectAsync());
        var (asset, otherAsset) = (await VideoAsync(project), await VideoAsync(other));
        var (person, otherPerson) = (TestPeople.UserId("crew1"), TestPeople.UserId("crew2"));
        var hold = await PlaceAsync(kind, kind switch { "project" => project, "asset" => asset, "person" => person, _ => null });
        Assert.Equal(covered, await CoveredAsync(TestPeople.Tenant));
        Assert.Equal("", await CoveredAsync(TestPeople.OtherTenant));
        (await portal.As("compliance").PostAsync($"/api/holds/{hold.Id}/lift", new { reason = "Settled" })).Expect(200);
        Assert.Equal("", await CoveredAsync(TestPeople.Tenant));

        Task<string> CoveredAsync(Guid tenant) => portal.ScalarAsync<string>("""
            select coalesce(string_agg(t.name, ', ' order by t.place), '')
              from (values (1, 'project', @project, null, null), (2, 'asset', null, @asset, null), (3, 'person', null, null, @person),
                           (4, 'other project', @other, null, null), (5, 'other asset', null, @otherAsset, null),
                           (6, 'other person', null, null, @otherPerson), (7, 'nothing', null::uuid, null::uuid, null::uuid))
                   t (place, name, project, asset, person)
             where portal.is_held(@tenant, t.project, t.asset, t.person)
            """, new { tenant, project, asset, person, other, otherAsset, otherPerson });
    }

    [Fact]
    public async Task One_is_in_force_on_a_thing_and_lifted_once_with_audit_and_names()
    {
        var project = await portal.NewProjectAsync("Disputed");
        var hold = await PlaceAsync("project", project);
        Assert.Equal(("Disputed", "admin"), (hold.Text("subjectName"), hold.Text("placedByName")));
        Assert.Equal("held", (await portal.As("admin").PostAsync("/api/holds", Wanted("project", project))).Expect(409).ProblemType);
        Assert.Equal(403, (await portal.As("admin").PostAsync($"/api/holds/{hold.Id}/lift", new { reason = "No" })).Code);
        Assert.Equal(404, (await portal.As("admin").PostAsync("/api/holds", Wanted("project", Guid.NewGuid()))).Code);
        Assert.Equal(404, (await portal.As("other-admin").FetchAsync($"/api/holds/{hold.Id}")).Code);
        var lifted = (await portal.As("compliance").PostAsync($"/api/holds/{hold.Id}/lift", new { reason = "Settled" })).Expect(200);
        Assert.Equal(("Settled", "compliance"), (lifted.Text("liftReason"), lifted.Text("liftedByName")));
        Assert.Equal("not-in-force", (await portal.As("compliance").PostAsync(
            $"/api/holds/{hold.Id}/lift", new { reason = "Again" })).Expect(409).ProblemType);
        Assert.Equal(["hold_lifted", "hold_placed"], await portal.ListAsync(
            "select action from portal.audit_log where entity_id = @id order by action", new { id = hold.Id }));
        Assert.Equal(0, await portal.ScalarAsync<long>(
            "select count(*) from portal.audit_log t where entity_id = @id and t::text like '%Settled%'", new { id = hold.Id }));
        var there = (await portal.As("compliance").FetchAsync("/api/holds?inForce=false&limit=200")).Expect(200).Column("id");
        Assert.Contains(hold.Text("id"), there);
        Assert.DoesNotContain(
            hold.Text("id"), (await portal.As("compliance").FetchAsync("/api/holds?inForce=true&limit=200")).Expect(200).Column("id"));
        (await portal.As("admin").PostAsync("/api/holds", Wanted("project", project))).Expect(201);
    }

    [Theory]
    [InlineData(0, 400)]
    [InlineData(1, 201)]
    [InlineData(366, 201)]
    [InlineData(367, 400)]
    public async Task It_is_to_be_looked_at_again_within_a_year(int days, int answer) =>
        (await portal.As("admin").PostAsync("/api/holds", Wanted("project", await portal.NewProjectAsync(), days))).Expect(answer);

    [Fact]
    public async Task What_it_is_on_goes_with_its_kind()
    {
        (await portal.As("admin").PostAsync("/api/holds", Wanted("tenant", TestPeople.Tenant))).Expect(400);
        (await portal.As("admin").PostAsync("/api/holds", Wanted("asset", null))).Expect(400);
        (await portal.As("admin").PostAsync("/api/holds", Wanted("guest", Guid.NewGuid()))).Expect(400);
    }

    [Fact]
    public async Task One_that_is_placed_after_an_attempt_failed_keeps_the_next_from_beginning()
    {
        var id = await portal.AddMemberAsync(TestPeople.Tenant, "org_harbour", $"held{++made}", "client");
        portal.Clerk.Faults.FailNextApiCalls(
            1, ApiFault.Status(422, """{"errors":[{"code":"no","message":"no"}]}"""), (method, _) => method == "DELETE");
        var erasure = (await portal.As("admin").PostAsync("/api/erasures", new { kind = "person", userId = id })).Expect(201).Id;
        await portal.SettleAsync();
        Assert.Equal("failed", await ErasureAsync(erasure));
        await PlaceAsync("person", id);
        portal.Clock.Advance(TimeSpan.FromHours(1));
        await SweepAsync();
        Assert.Equal("held", await ErasureAsync(erasure));
    }

    private object Wanted(string kind, Guid? subject, int days = 30) => new
    {
        kind,
        subjectId = subject,
        reason = "A dispute with the client",
        reviewOn = portal.Clock.GetUtcNow().AddDays(days).ToString("yyyy-MM-dd", CultureInfo.InvariantCulture),
    };

    private async Task<Answer> PlaceAsync(string kind, Guid? subject) =>
        (await portal.As("admin").PostAsync("/api/holds", Wanted(kind, subject))).Expect(201);

    private async Task<Guid> VideoAsync(Guid project) =>
        Guid.Parse((await portal.UploadReadyAsync(project, $"crew{(made++ % TestPeople.Crew) + 1}")).Text("assetId"));

    private Task<Answer> LinkAsync(Guid asset) => portal.ShareAsync(asset, new { guestEmails = new[] { "guest@client.example" } });

    private async Task PruneAsync()
    {
        await portal.RunTimerAsync("ExpireShareLinks");
        await using (var connection = await portal.OpenAsync())
        {
            // Their people were told in time.
            await connection.ExecuteAsync(
                "update portal.asset_versions set expiry_warned_at = created_at where expiry_warned_at is null");
        }

        await portal.RunTimerAsync("PruneRetention");
    }

    private async Task SweepAsync()
    {
        await portal.RunTimerAsync("SweepErasures");
        await portal.SettleAsync();
    }

    private async Task<string> ErasureAsync(Guid id) => (await portal.As("admin").FetchAsync($"/api/erasures/{id}")).Text("status");

    private Task<long> GuestsAsync(Guid link) => portal.ScalarAsync<long>(
        "select count(*) from portal.share_link_guests where share_link_id = @link", new { link });

    private Task<string> StatusAsync(Guid asset) =>
        portal.ScalarAsync<string>("select status from portal.asset_versions where asset_id = @asset", new { asset });

    private Task<bool> PurgedAsync(Guid asset) => portal.ScalarAsync<bool>(
        "select purged_at is not null from portal.asset_versions where asset_id = @asset", new { asset });
}
