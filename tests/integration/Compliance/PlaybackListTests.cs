using System.Net;
using System.Text;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using Portal.Compliance;
using Portal.Compliance.Playback;
using Portal.Foundation.Db;
using Portal.Foundation.Identity;
using Portal.Foundation.Paging;
using Portal.Tests.Support;
using static Portal.Tests.Integration.Compliance.EvidenceCalls;

namespace Portal.Tests.Integration.Compliance;

/// <summary>Who was given playback of what: the list, who may read it, and what it shows of whom.</summary>
public sealed class PlaybackListTests(TestPortal portal) : IClassFixture<TestPortal>, IAsyncLifetime
{
    private static int made;
    private Guid asset;

    public async Task InitializeAsync()
    {
        await portal.ResetAsync();
        (asset, _) = await portal.SharedVideoAsync();
    }

    public Task DisposeAsync() => Task.CompletedTask;

    [Fact]
    public async Task The_list_is_newest_first_and_filtered_by_link_asset_viewer_and_person()
    {
        var (one, two) = (await portal.ShareAsync(asset, new { allowComments = true }), await portal.ShareAsync(asset));
        var guest = portal.GuestOf(one);
        (await guest.OpenAsync()).Expect(200);
        portal.Tick();
        (await guest.OpenAsync()).Expect(200);
        (await guest.CommentAsync("Lovely", new { name = "Gwen of the list" })).Expect(201);
        portal.Tick();
        var member = portal.ElsewhereOf(two, 2);
        member.Session = await portal.SessionAsync("crew4");
        (await member.OpenAsync()).Expect(200);
        portal.Tick();
        (await portal.As("crew4").PostAsync($"/api/assets/{asset}/playback")).Expect(200);
        // Before all of that, and of another video: another's, and one of theirs.
        var another = Guid.Parse((await portal.UploadReadyAsync(await portal.NewProjectAsync(), "crew4")).Text("assetId"));
        await portal.DoAsync("""
            insert into portal.playback_audit (id, tenant_id, asset_version_id, user_id, ip_hash, agent_family, minted_at,
                token_expires_at)
            select gen_random_uuid(), @Tenant, v.id, u.id, p.ip_hash, '', p.minted_at - interval '1 day', p.token_expires_at
              from portal.asset_versions v, unnest(@users) u (id),
                   (select * from portal.playback_audit where share_link_id = @Id order by minted_at limit 1) p
             where v.asset_id = @another
            """, new { TestPeople.Tenant, another, one.Id, users = new[] { TestPeople.UserId("crew4"), TestPeople.UserId("crew5") } });

        var ofOne = await portal.PlaybackAsync($"?linkId={one.Id}");
        Assert.Equal(2, ofOne.Count);
        Assert.All(ofOne, row => Assert.Equal(
            ("Gwen of the list", null, asset.ToString(), "1"),
            (row["guestName"]!.ToString(), row["userId"]?.ToString(), row["assetId"]!.ToString(), row["versionNumber"]!.ToString())));
        Assert.True(Time(ofOne[0], "mintedAt") > Time(ofOne[1], "mintedAt"));
        Assert.True(Time(ofOne[0], "tokenExpiresAt") > Time(ofOne[0], "mintedAt"));
        Assert.Equal(ofOne.Select(Id), (await portal.PlaybackAsync($"?viewerId={ofOne[0]["viewerId"]}")).Select(Id));
        // The address is not shown, not even its hash.
        Assert.DoesNotContain(ofOne[0].AsObject(), field => field.Key.StartsWith("ip", StringComparison.OrdinalIgnoreCase));

        // As a member, and as a guest who was signed in.
        var byPerson = await portal.PlaybackAsync($"?userId={TestPeople.UserId("crew4")}");
        Assert.Equal([null, two.Id.ToString(), null], byPerson.Select(row => row["shareLinkId"]?.ToString()));
        Assert.Equal(
            [Id(byPerson[2])],
            (await portal.PlaybackAsync($"?userId={TestPeople.UserId("crew4")}&assetId={another}")).Select(Id));
        Assert.Equal(2, (await portal.PlaybackAsync($"?assetId={another}")).Count);
        // Page by page they are the same, whatever is asked for.
        foreach (var query in new[]
                 {
                     $"?userId={TestPeople.UserId("crew4")}", $"?linkId={one.Id}", $"?linkId={one.Id}&order=asc",
                     $"?viewerId={ofOne[0]["viewerId"]}", $"?assetId={another}", $"?assetId={asset}", "?order=desc",
                 })
        {
            var whole = (await portal.PlaybackAsync(query)).Select(Id).ToList();
            Assert.Equal(whole, whole.Distinct());
            Assert.Equal(whole, await portal.As("compliance").WalkAsync($"/api/playback-audit{query}", "id", 1));
        }

        byPerson = [.. byPerson.Take(2)];
        Assert.All(byPerson, row => Assert.Equal("crew4", row["userName"]!.ToString()));
        Assert.Equal([Id(byPerson[0])], (await portal.PlaybackAsync($"?userId={TestPeople.UserId("crew4")}&limit=1")).Select(Id));
        Assert.Equal([Id(byPerson[1])], (await portal.PlaybackAsync($"?userId={TestPeople.UserId("crew4")}&linkId={two.Id}")).Select(Id));
        Assert.Equal(
            byPerson.Select(Id), (await portal.PlaybackAsync($"?userId={TestPeople.UserId("crew4")}&assetId={asset}")).Select(Id));

        var ofAsset = (await portal.PlaybackAsync($"?assetId={asset}")).Select(Id).ToList();
        Assert.Equal([.. byPerson.Select(Id), .. ofOne.Select(Id)], ofAsset.Take(4));
        Assert.Equal((await portal.PlaybackAsync("")).Select(Id).Take(4), ofAsset.Take(4));
        Assert.Empty(await portal.PlaybackAsync($"?assetId={Guid.NewGuid()}"));
        Assert.Empty(await portal.PlaybackAsync($"?linkId={one.Id}&assetId={Guid.NewGuid()}"));
        Assert.Empty(await portal.PlaybackAsync($"?linkId={one.Id}&userId={TestPeople.UserId("crew4")}"));
        Assert.Empty(await portal.PlaybackAsync($"?userId={TestPeople.UserId("crew4")}&assetId={Guid.NewGuid()}"));
        Assert.Empty(await portal.PlaybackAsync($"?viewerId={ofOne[0]["viewerId"]}&linkId={two.Id}"));
    }

    [Fact]
    public async Task A_range_begins_with_its_first_moment_and_ends_before_its_last()
    {
        var link = await portal.ShareAsync(asset);
        var guest = portal.GuestOf(link);
        for (var i = 0; i < 3; i++)
        {
            (await guest.OpenAsync()).Expect(200);
            portal.Tick();
        }

        var rows = await portal.PlaybackAsync($"?linkId={link.Id}&order=asc");
        var (first, second, third) = (Time(rows[0], "mintedAt"), Time(rows[1], "mintedAt"), Time(rows[2], "mintedAt"));
        foreach (var (from, to, seen) in new[]
                 {
                     (first, third, rows.Take(2)),
                     (first.AddTicks(10), third.AddTicks(10), rows.Skip(1)),
                     (second, third, rows.Skip(1).Take(1)),
                     (second.AddTicks(10), third, []),
                 })
        {
            var range = $"from={Text(from)}&to={Text(to)}";
            Assert.Equal(seen.Select(Id), (await portal.PlaybackAsync($"?linkId={link.Id}&order=asc&{range}")).Select(Id));
            var evidence = Read(await portal.EvidenceAsync(link.Id, $"?{range}"));
            Assert.Equal(seen.Select(Id), evidence.Tokens.Select(t => t.Id.ToString()));
            Assert.Equal((0L, Time(rows[2], "tokenExpiresAt")), (evidence.TokensLeftOut, evidence.LastTokenExpiresAt));
        }

        (await portal.As("admin").FetchAsync($"/api/playback-audit?from={Text(first)}&to={Text(first)}")).Expect(400);
        (await portal.As("admin").FetchAsync($"/api/share-links/{link.Id}/evidence?from={Text(first)}&to={Text(first)}")).Expect(400);
    }

    [Fact]
    public async Task Only_admin_and_compliance_read_it_and_another_tenants_link_is_not_there()
    {
        var link = await portal.ShareAsync(asset);
        (await portal.GuestOf(link).OpenAsync()).Expect(200);
        var path = $"/api/share-links/{link.Id}/evidence";
        foreach (var role in new[] { "agency", "client" })
        {
            (await portal.As(role).FetchAsync(path)).Expect(403);
            (await portal.As(role).FetchAsync("/api/playback-audit")).Expect(403);
        }

        (await portal.As("other-admin").FetchAsync(path)).Expect(404);
        Assert.Equal(HttpStatusCode.NotFound, (await portal.HeadAsync("other-admin", path)).StatusCode);
        Assert.Empty((await portal.As("other-admin").FetchAsync("/api/playback-audit")).Expect(200).Field("items").AsArray());
        Assert.Empty((await portal.As("other-admin").FetchAsync($"/api/playback-audit?assetId={asset}")).Field("items").AsArray());
        // Who was refused, and who asked for another's, left a row.
        Assert.Equal(3L, await portal.ScalarAsync<long>("""
            select count(*) from portal.audit_log where action = 'read_denied' and new_value ->> 'function' = 'ReadPlaybackEvidence'
               and entity_id = @id and actor_id = any (@denied)
            """, new { id = link.Id, denied = new[] { "agency", "other-admin" }.Select(who => $"{TestPeople.UserId(who)}").ToArray() }));
        Assert.Equal(0, await portal.AuditedAsync(link.Id, "playback_evidence_made"));
    }

    [Fact]
    public async Task An_erased_guest_shows_neither_address_nor_name()
    {
        var address = $"proved{++made}@client.example";
        var link = await portal.ShareAsync(asset, new { allowComments = true, guestEmails = new[] { address } });
        await portal.ShareAsync(asset, new { guestEmails = new[] { $"other.{address}" } });
        await portal.DeliverAsync();
        var guest = portal.GuestOf(link);
        (await guest.OpenAsync()).Expect(200);
        (await guest.CommentAsync("First", new { name = "Young Gwen" })).Expect(201);
        portal.Tick();
        (await guest.CommentAsync("Lovely", new { name = "Gone Gwen" })).Expect(201);
        var before = Read(await portal.EvidenceAsync(link.Id));
        Assert.Equal([address], before.Link.AddressedTo);
        var viewer = Assert.Single(before.Viewers);
        // By the name that they gave last.
        Assert.Equal("Gone Gwen", viewer.GuestName);
        Assert.Equal("Gone Gwen", Assert.Single(await portal.PlaybackAsync($"?linkId={link.Id}"))["guestName"]!.ToString());

        var erasure = (await portal.As("compliance").PostAsync(
            "/api/erasures", new { kind = "guest", email = address, viewerIds = new[] { viewer.Id } })).Expect(201).Id;
        for (var round = 0; round < 40 && await ErasureAsync() != "completed"; round++)
        {
            await portal.RunTimerAsync("SweepErasures");
            await portal.SettleAsync();
            await portal.DeliverAsync();
            portal.Clock.Advance(TimeSpan.FromMinutes(1));
        }

        Assert.Equal("completed", await ErasureAsync());
        var row = Assert.Single(await portal.PlaybackAsync($"?linkId={link.Id}"));
        Assert.Equal((viewer.Id.ToString(), null), (row["viewerId"]!.ToString(), row["guestName"]?.ToString()));
        var file = await portal.EvidenceAsync(link.Id);
        var after = Read(file);
        Assert.Empty(after.Link.AddressedTo);
        Assert.Equal((null, ""), (Assert.Single(after.Viewers).GuestName, after.Viewers[0].AgentFamily));
        Assert.DoesNotContain("Gone Gwen", Encoding.UTF8.GetString(file.Document), StringComparison.Ordinal);
        // That somebody was given playback stays, as it was sealed.
        await portal.SealAllAsync();
        Assert.Equal(TokenState.Sealed, Assert.Single(Read(await portal.EvidenceAsync(link.Id)).Tokens).State);

        async Task<string> ErasureAsync() => (await portal.As("admin").FetchAsync($"/api/erasures/{erasure}")).Expect(200).Text("status");
    }

    [Fact]
    public async Task Predicates_alone_keep_the_playback_audit_from_another_tenant()
    {
        var link = await portal.ShareAsync(asset);
        (await portal.GuestOf(link).OpenAsync()).Expect(200);
        await portal.SealAllAsync();
        var bypassing = await portal.BypassAsync();
        await using var sources = new PortalDataSources(NpgsqlDataSource.Create(bypassing), NpgsqlDataSource.Create(bypassing));
        var db = new PortalDb(sources);
        var store = new PlaybackStore(db);
        var evidence = ActivatorUtilities.CreateInstance<MakeEvidence>(portal.Services, db);
        foreach (var (tenant, user, mine) in new[]
                 {
                     (TestPeople.Tenant, "admin", true), (TestPeople.OtherTenant, "other-admin", false),
                 })
        {
            var of = new TenantId(tenant);
            foreach (var filter in new[]
                     {
                         new PlaybackFilter(), new(LinkId: link.Id), new(AssetId: asset),
                         new(ViewerId: await portal.ScalarAsync<Guid>(
                             "select id from portal.share_viewers where share_link_id = @id", new { id = link.Id })),
                     })
            {
                Assert.Equal(mine, (await store.ListAsync(of, filter, new Page(50, null), default)).Count > 0);
            }

            Assert.Equal(mine, (await store.ReadChainAsync(of, ChainPlace.Beginning, 50, default)).Count > 0);
            var caller = new Caller(of, new UserId(TestPeople.UserId(user)), Role.Admin, $"user_{user}", null, "test");
            Assert.Equal(mine, await evidence.IsLinkAsync(of, link.Id, default));
            Assert.Equal(mine, await evidence.RunAsync(caller, link.Id, null, null, default) is not null);
        }
    }
}
