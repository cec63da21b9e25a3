using System.IO.Compression;
using System.Net;
using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;
using Portal.Compliance;
using Portal.Compliance.Playback;
using Portal.Foundation.Limits;
using Portal.LocalVendors;
using Portal.Tests.Support;
using static Portal.Tests.Integration.Compliance.EvidenceCalls;

namespace Portal.Tests.Integration.Compliance;

/// <summary>The file that proves elsewhere who was given playback through a share link, and how it ended.</summary>
public sealed class PlaybackEvidenceTests(TestPortal portal) : IClassFixture<TestPortal>, IAsyncLifetime
{
    private Guid asset;
    private Guid project;

    public async Task InitializeAsync()
    {
        await portal.ResetAsync();
        (asset, project) = await portal.SharedVideoAsync();
    }

    public Task DisposeAsync() => Task.CompletedTask;

    [Fact]
    public async Task Evidence_says_what_was_played_by_whom_and_no_byte_of_it_can_be_changed()
    {
        var link = await portal.ShareAsync(asset, new { label = "For the board" });
        var guest = portal.GuestOf(link);
        (await guest.OpenAsync()).Expect(200);
        portal.Tick();
        var member = portal.ElsewhereOf(link, 3);
        member.Session = await portal.SessionAsync("crew3");
        (await member.OpenAsync()).Expect(200);
        await portal.SealAllAsync();

        var (file, response) = await portal.DownloadEvidenceAsync("compliance", link.Id);
        Assert.Equal("application/zip", response.Content.Headers.ContentType!.MediaType);
        Assert.StartsWith(
            $"attachment; filename=\"evidence-{link.Id}-", $"{response.Content.Headers.ContentDisposition}", StringComparison.Ordinal);
        var evidence = Read(file);
        Assert.Equal(
            (TestPeople.Tenant, TestPeople.UserId("compliance"), "For the board", "agency", "active", 2),
            (evidence.TenantId, evidence.MadeById, evidence.Link.Label, evidence.Link.CreatedByName, evidence.Link.Status,
                evidence.Link.Opens));
        Assert.Equal((asset, "Cut one", 1, 2), (evidence.Asset.Id, evidence.Asset.Title, evidence.Versions.Single().Number,
            evidence.Versions[0].Tokens));
        Assert.Null(evidence.Revocation);
        Assert.Equal([null, "crew3"], evidence.Viewers.Select(v => v.UserName));
        Assert.Equal(evidence.Viewers.Select(v => (Guid?)v.Id), evidence.Tokens.Select(t => t.ViewerId));
        Assert.All(evidence.Tokens, t => Assert.Equal((TokenState.Sealed, link.Id), (t.State, t.ShareLinkId)));
        Assert.Equal(evidence.Tokens.Max(t => t.TokenExpiresAt), evidence.LastTokenExpiresAt);
        Assert.Equal((2, 0L), (evidence.TokensListed, evidence.TokensLeftOut));

        // The same content is the same bytes; and the log knows which they were.
        Assert.Equal(file.Document, (await portal.EvidenceAsync(link.Id)).Document);
        Assert.Equal(2, await portal.AuditedAsync(link.Id, "playback_evidence_made"));
        Assert.Equal(file.Sha256, await portal.ScalarAsync<string>(
            "select new_value ->> 'sha256' from portal.audit_log where entity_id = @id and action = 'playback_evidence_made' limit 1",
            new { id = link.Id }));
        Assert.Equal(HttpStatusCode.OK, (await portal.HeadAsync("admin", $"/api/share-links/{link.Id}/evidence")).StatusCode);
        Assert.Equal(2, await portal.AuditedAsync(link.Id, "playback_evidence_made"));

        var keys = portal.Services.GetRequiredService<AuditKeys>();
        Assert.Null(file.Check(keys.Public).Fault);
        for (var at = 0; at < file.Document.Length; at++)
        {
            var other = file.Document.ToArray();
            other[at] ^= 1;
            Assert.NotNull((file with { Document = other }).Check(keys.Public).Fault);
        }

        var another = new Dictionary<string, byte[]> { ["a9"] = keys.Public[keys.CurrentKey] };
        Assert.StartsWith("NOT CHECKED", file.Check(another).Fault, StringComparison.Ordinal);
        // What the readme says of each field: none is left out.
        var readme = EntryOf(await response.Content.ReadAsByteArrayAsync(), EvidenceFile.ReadmeName);
        foreach (var field in FieldsOf(JsonNode.Parse(file.Document)!).Distinct())
        {
            Assert.Contains(field, readme, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_hard_revoke_shows_when_it_was_asked_for_when_Mux_had_done_it_and_what_lay_between()
    {
        var own = Guid.Parse((await portal.UploadReadyAsync(project, "crew2")).Text("assetId"));
        var (link, other) = (await portal.ShareAsync(own), await portal.ShareAsync(own));
        (await portal.GuestOf(link).OpenAsync()).Expect(200);
        (await portal.ElsewhereOf(other, 4).OpenAsync()).Expect(200);
        (await portal.As("agency").PostAsync($"/api/share-links/{link.Id}/revoke")).Expect(200);
        var soft = Read(await portal.EvidenceAsync(link.Id)).Revocation!;
        Assert.Equal(
            (portal.Clock.GetUtcNow(), "agency", null, RevokedAtMux.NotAsked, null, 0),
            (soft.RevokedAt, soft.RevokedByName, soft.HardRevokedAt, soft.AtMux, soft.LatencySeconds, soft.Removals.Count));

        portal.Tick(10);
        portal.Mux.Faults.FailNextApiCalls(1, ApiFault.Status(503), (method, _) => method == "DELETE");
        (await portal.As("agency").PostAsync($"/api/share-links/{link.Id}/hard-revoke")).Expect(200);
        // What Mux was asked for at the very moment for another video, and other work of this one's, is nothing of this revoke's.
        await portal.DoAsync("""
            insert into portal.mux_tasks
            select (jsonb_populate_record(t, n.other || jsonb_build_object(
                    'id', gen_random_uuid(), 'done_at', t.created_at + interval '1 hour', 'outcome', 'done'))).*
              from portal.mux_tasks t join portal.asset_versions v on v.id = t.asset_version_id,
                   (select jsonb_build_object('kind', 'rendition', 'old_playback_id', null) as other
                    union all select jsonb_build_object('asset_version_id', w.id, 'old_playback_id', 'elsewhere')
                      from portal.asset_versions w where w.asset_id = @asset) n
             where v.asset_id = @own
            """, new { own, asset });
        var waiting = Read(await portal.EvidenceAsync(link.Id)).Revocation!;
        Assert.Equal(
            (RevokedAtMux.Waiting, null, null, soft.RevokedAt.AddSeconds(10)),
            (waiting.AtMux, waiting.EffectiveAt, waiting.LatencySeconds, waiting.HardRevokedAt));
        Assert.Null(Assert.Single(waiting.Removals).ConfirmedAt);

        // The other link's revoke finds the old playback id still on its way out, and one more to go.
        portal.Tick();
        (await portal.As("agency").PostAsync($"/api/share-links/{other.Id}/hard-revoke")).Expect(200);
        Assert.Equal(2, Read(await portal.EvidenceAsync(other.Id)).Revocation!.Removals.Count);
        Assert.Single(Read(await portal.EvidenceAsync(link.Id)).Revocation!.Removals);

        for (var round = 0; round < 4; round++)
        {
            portal.Clock.Advance(TimeSpan.FromMinutes(1));
            await portal.Host.RunTimerAsync("ProcessMuxTasks");
        }

        var done = Read(await portal.EvidenceAsync(link.Id)).Revocation!;
        var removal = Assert.Single(done.Removals);
        Assert.Equal((RevokedAtMux.Effective, "done"), (done.AtMux, removal.Outcome));
        Assert.Equal((removal.ConfirmedAt, removal.LatencySeconds), (done.EffectiveAt, done.LatencySeconds));
        Assert.InRange(done.LatencySeconds!.Value, 60, 300);
        Assert.Equal(done.HardRevokedAt!.Value.AddSeconds(done.LatencySeconds.Value), done.EffectiveAt);
        Assert.Equal(
            await portal.ScalarAsync<DateTime>("""
                select t.done_at from portal.mux_tasks t join portal.asset_versions v on v.id = t.asset_version_id
                 where v.asset_id = @own and t.created_at = @at and t.kind = 'replace_playback_id'
                """, new { own, at = done.HardRevokedAt.Value }), done.EffectiveAt!.Value.UtcDateTime);
        var both = Read(await portal.EvidenceAsync(other.Id)).Revocation!;
        Assert.Equal(RevokedAtMux.Effective, both.AtMux);
        Assert.Equal(2, both.Removals.Select(r => r.ConfirmedAt).Distinct().Count());
        Assert.Equal(both.Removals.Max(r => r.ConfirmedAt), both.EffectiveAt);

        await portal.DoAsync("""
            update portal.mux_tasks t set outcome = 'refused' from portal.asset_versions v
             where v.id = t.asset_version_id and v.asset_id = @own and t.created_at = @at
            """, new { own, at = done.HardRevokedAt.Value });
        var refused = Read(await portal.EvidenceAsync(link.Id)).Revocation!;
        Assert.Equal((RevokedAtMux.Refused, null, null), (refused.AtMux, refused.EffectiveAt, refused.LatencySeconds));
        Assert.Null(refused.Removals[0].ConfirmedAt);
    }

    [Fact]
    public async Task A_hard_revoke_of_what_nothing_plays_any_more_has_nothing_to_end()
    {
        var own = Guid.Parse((await portal.UploadReadyAsync(project, "crew3")).Text("assetId"));
        var link = await portal.ShareAsync(own);
        (await portal.GuestOf(link).OpenAsync()).Expect(200);
        portal.Clock.Advance(TimeSpan.FromDays(1));
        (await portal.As("agency").PostAsync($"/api/share-links/{link.Id}/revoke")).Expect(200);
        (await portal.As("admin").PostAsync($"/api/assets/{own}/versions/1/archive")).Expect(200);
        (await portal.As("agency").PostAsync($"/api/share-links/{link.Id}/hard-revoke")).Expect(200);
        var revocation = Read(await portal.EvidenceAsync(link.Id)).Revocation!;
        Assert.Equal((RevokedAtMux.NothingToEnd, null), (revocation.AtMux, revocation.EffectiveAt));
    }

    [Fact]
    public async Task Ten_thousand_tokens_are_listed_and_of_more_it_says_how_many()
    {
        var link = await portal.ShareAsync(asset);
        (await portal.GuestOf(link).OpenAsync()).Expect(200);
        await AddAsync(9_999);
        var whole = Read(await portal.EvidenceAsync(link.Id));
        Assert.Equal((10_000, 0L, 10_000), (whole.TokensListed, whole.TokensLeftOut, whole.Tokens.Count));
        await AddAsync(1);
        var cut = Read(await portal.EvidenceAsync(link.Id));
        Assert.Equal((10_000, 1L, 10_000), (cut.TokensListed, cut.TokensLeftOut, cut.Tokens.Count));
        // The rest, as the readme says.
        var rest = Read(await portal.EvidenceAsync(link.Id, $"?from={Text(cut.Tokens[^1].MintedAt)}"));
        Assert.Equal((2, 0L), (rest.TokensListed, rest.TokensLeftOut));
        Assert.Equal(cut.Tokens[^1].Id, rest.Tokens[0].Id);

        async Task AddAsync(int count)
        {
            await portal.DoAsync("""
                insert into portal.playback_audit (id, tenant_id, asset_version_id, share_link_id, viewer_id, ip_hash, agent_family,
                   minted_at, token_expires_at)
                select gen_random_uuid(), p.tenant_id, p.asset_version_id, p.share_link_id, p.viewer_id, p.ip_hash, p.agent_family,
                       (select max(minted_at) from portal.playback_audit where share_link_id = @id) + make_interval(secs => n),
                       p.token_expires_at
                  from (select * from portal.playback_audit where share_link_id = @id order by minted_at limit 1) p,
                       generate_series(1, @count) n
                """, new { id = link.Id, count });
        }
    }

    [Fact]
    public async Task Evidence_counts_with_exports_against_one_limit()
    {
        var link = await portal.ShareAsync(asset);
        var limits = portal.Services.GetRequiredService<RateLimitStore>().Limits;
        var usual = limits.AuditReadsPerMinute;
        limits.AuditReadsPerMinute = 2;
        try
        {
            (await portal.As("admin").FetchAsync("/api/audit/export")).Expect(200);
            (await portal.As("admin").FetchAsync($"/api/share-links/{link.Id}/evidence")).Expect(200);
            (await portal.As("compliance").FetchAsync($"/api/share-links/{link.Id}/evidence")).Expect(429);
            Assert.Equal(1, await portal.AuditedAsync(link.Id, "playback_evidence_made"));
            (await portal.As("compliance").FetchAsync($"/api/playback-audit?linkId={link.Id}")).Expect(200);
        }
        finally
        {
            limits.AuditReadsPerMinute = usual;
        }
    }

    private static string EntryOf(byte[] zip, string name)
    {
        using var archive = new ZipArchive(new MemoryStream(zip));
        using var reader = new StreamReader(archive.GetEntry(name)!.Open());
        return reader.ReadToEnd();
    }

    private static IEnumerable<string> FieldsOf(JsonNode node) => node switch
    {
        JsonObject of => of.SelectMany(field => field.Value is null ? [field.Key] : FieldsOf(field.Value).Prepend(field.Key)),
        JsonArray many => many.SelectMany(each => each is null ? [] : FieldsOf(each)),
        _ => [],
    };
}
