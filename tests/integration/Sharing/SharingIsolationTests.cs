using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Npgsql;
using Portal.Foundation.Audit;
using Portal.Foundation.Db;
using Portal.Foundation.Faults;
using Portal.Foundation.Identity;
using Portal.Foundation.Limits;
using Portal.Foundation.Paging;
using Portal.Sharing;
using Portal.Sharing.ShareLinks;
using Portal.Tests.Support;
using Portal.Videos;

namespace Portal.Tests.Integration.Sharing;

/// <summary>Sharing and review keep tenants apart twice, each wall alone: row-level security, and the predicates of every
/// statement.</summary>
public sealed class SharingIsolationTests(TestPortal portal) : IClassFixture<TestPortal>, IAsyncLifetime
{
    private static readonly TenantId Victim = new(TestPeople.Tenant);
    private static readonly TenantId Intruder = new(TestPeople.OtherTenant);
    private static readonly Caller Admin = new(
        Intruder, new UserId(TestPeople.UserId("other-admin")), Role.Admin, "user_other-admin", null, "test");
    private static readonly Caller Owner = new(Victim, new UserId(TestPeople.UserId("admin")), Role.Admin, "user_admin", null, "test");
    private static Guid asset;
    private static Answer link = null!;
    private static Answer revoked = null!;
    private static Answer comment = null!;

    public async Task InitializeAsync()
    {
        await portal.ResetAsync();
        if (await portal.ScalarAsync<long>("select count(*) from portal.assets") == 0)
        {
            asset = Guid.Parse((await portal.UploadReadyAsync(await portal.NewProjectAsync())).Text("assetId"));
            link = await portal.ShareAsync(
                asset, new
                {
                    allowComments = true,
                    allowDownload = true,
                    passphrase = "open sesame",
                    guestEmails = new[] { "g@guest.example" },
                });
            revoked = await portal.ShareAsync(asset);
            (await portal.As("agency").PostAsync($"/api/share-links/{revoked.Id}/revoke")).Expect(200);
            var guest = portal.GuestOf(link);
            (await guest.UnlockAsync("open sesame")).Expect(204);
            (await guest.OpenAsync()).Expect(200);
            comment = (
                await portal.As("agency").PostAsync(
                    $"/api/assets/{asset}/versions/1/comments",
                    new { body = "ours", mentions = new[] { TestPeople.UserId("admin") } })).Expect(201);
        }
    }

    public Task DisposeAsync() => Task.CompletedTask;

    [Fact]
    public async Task Through_the_front_door_another_tenant_gets_404_for_everything()
    {
        var other = portal.As("other-admin");
        foreach (var path in new[]
        {
            $"/api/assets/{asset}/versions", $"/api/assets/{asset}/versions/1", $"/api/assets/{asset}/versions/1/comments",
            $"/api/comments/{comment.Id}",
            $"/api/share-links/{link.Id}/opens",
        })
        {
            (await other.FetchAsync(path)).Expect(404);
        }

        foreach (var (path, body) in new (string, object?)[]
        {
            ($"/api/assets/{asset}/versions/1/archive", null), (
                $"/api/assets/{asset}/versions/1/comments", new { body = "x" }), ($"/api/comments/{comment.Id}/resolve", null),
            ($"/api/comments/{comment.Id}/reopen", null), ($"/api/share-links/{link.Id}/hard-revoke", null),
            ($"/api/share-links/{link.Id}/extend", new { expiresAt = portal.Clock.GetUtcNow().AddDays(7) }),
        })
        {
            (await other.PostAsync(path, body)).Expect(404);
        }

        (await other.ChangeAsync(HttpMethod.Patch, $"/api/assets/{asset}", new { title = "x" }, "\"1\"")).Expect(404);
        (await other.ChangeAsync(HttpMethod.Patch, $"/api/share-links/{link.Id}", new { label = "x" }, "\"1\"")).Expect(404);
        (await other.ChangeAsync(HttpMethod.Patch, $"/api/comments/{comment.Id}", new { body = "x" }, "\"1\"")).Expect(404);
        (await other.ChangeAsync(HttpMethod.Delete, $"/api/comments/{comment.Id}", null, "\"1\"")).Expect(404);
    }

    [Fact]
    public async Task Row_level_security_alone_shows_and_changes_nothing()
    {
        await using var sources = new PortalDataSources(
            NpgsqlDataSource.Create(portal.Database.App), NpgsqlDataSource.Create(portal.Database.System));
        await NothingHappensAsync(new PinnedDb(sources, Intruder), Victim, Owner);
    }

    [Fact]
    public async Task Predicates_alone_show_and_change_nothing()
    {
        var bypassing = await portal.BypassAsync();
        await using var sources = new PortalDataSources(NpgsqlDataSource.Create(bypassing), NpgsqlDataSource.Create(bypassing));
        Assert.True(
            await new PortalDb(sources).AskAsync<long>(
                "select count(*) from portal.comments", new { }, default) > 0, "The role must really bypass row-level security.");
        await NothingHappensAsync(new PortalDb(sources), Intruder, Admin);
    }

    /// <summary>Every store is handed what it would need to reach the victim's rows, and reaches none.</summary>
    private async Task NothingHappensAsync(PortalDb db, TenantId tenant, Caller caller)
    {
        var audit = new AuditWriter(portal.Clock);
        var page = new Page(50, null);
        var (assets, changes) = (new AssetStore(db), new AssetChangeStore(audit, portal.Clock));
        var links = new ShareLinkStore(db, audit, portal.Clock);
        var moves = new ShareLinkTransitions(
            links, audit, new PersonalHash(
                Options.Create(new PrivacyOptions { HashKey = portal.Settings["Privacy:HashKey"]! })), portal.Clock);
        var comments = new CommentStore(db, audit, portal.Clock);
        var tasks = new MuxTaskStore(db, portal.Clock);
        var access = new ShareAccessStore(db, portal.Services.GetRequiredService<RateLimitStore>(), portal.Clock);
        await using var ownSources = new PortalDataSources(
            NpgsqlDataSource.Create(portal.Database.App), NpgsqlDataSource.Create(portal.Database.System));
        var ours = new PortalDb(ownSources);
        var seenAsset = (await new AssetStore(ours).FindAsync(Victim, Owner, new AssetId(asset), default))!;
        var seenLink = (await new ShareLinkStore(ours, audit, portal.Clock).FindAsync(Victim, Owner, new ShareLinkId(link.Id), default))!;
        var seenRevoked = (
            await new ShareLinkStore(ours, audit, portal.Clock).FindAsync(Victim, Owner, new ShareLinkId(revoked.Id), default))!;
        var seenComment = (
            await new CommentStore(ours, audit, portal.Clock).FindAsync(Victim, Owner, new CommentId(comment.Id), default))!;
        var version = seenAsset.Newest;
        // As if the file to download had not been asked for: of a version it is asked for once.
        await portal.DoAsync(
            "delete from portal.mux_tasks where kind = 'rendition'; update portal.asset_versions set download_name = null");
        var before = await FingerprintAsync();

        Assert.Empty(await assets.ListVersionsAsync(tenant, caller, seenAsset.Id, page, default));
        Assert.Empty(await assets.ListAsync(tenant, caller, new AssetFilter(), byTitle: true, page, default));
        Assert.Null(await assets.FindVersionAsync(tenant, caller, seenAsset.Id, 1, default));
        Assert.Empty(await links.ListOpensAsync(tenant, caller, seenLink.Id, page, default));
        Assert.Empty(await links.ListAddressedAsync(tenant, caller, page, default));
        Assert.Equal(0, await assets.CountVersionsAsync(tenant, caller, seenAsset.Id, default));
        Assert.Equal(0, await links.CountOpensAsync(tenant, caller, seenLink.Id, default));
        Assert.Equal(0, await links.CountAddressedAsync(tenant, caller, default));
        Assert.Null(await comments.FindAsync(tenant, caller, seenComment.Id, default));
        Assert.Empty(await comments.ListAsync(tenant, caller, version.Id, new CommentFilter(), CommentOrder.Frame, page, default));
        Assert.Equal(0, await comments.CountAsync(tenant, caller, version.Id, new CommentFilter(), default));
        Assert.Equal(0, await comments.CountForGuestAsync(tenant, version.Id, new CommentFilter(), default));
        Assert.Empty(
            await comments.ListForGuestAsync(
                tenant, version.Id, new CommentFilter(Link: seenLink.Id), CommentOrder.Oldest, page, default));

        await InAsync(async tx => Assert.Null(await comments.FindForGuestAsync(tx, tenant, seenLink.Id, version.Id, seenComment.Id)));
        await InAsync(
            async tx =>
                Assert.False(await changes.ChangeAsync(tx, tenant, caller, seenAsset, "x", "x", new Dictionary<string, string>())));
        await InAsync(
            async tx =>
                Assert.IsType<Refusal.Conflict>(
                    await changes.ArchiveAsync(tx, tenant, caller, version with { Status = "failed" })));
        var settings = new ShareLinkSettings(true, true, false, null, "off", "x", []);
        await RefusedAsync(tx => moves.UpdateAsync(tx, tenant, caller, seenLink, seenLink.Version, settings, new PassphraseChange(null)));
        var later = portal.Clock.GetUtcNow().AddDays(30);
        await RefusedAsync(tx => moves.ExtendAsync(tx, tenant, Actor.From(caller), seenLink, later));
        await InAsync(async tx => Assert.False(await moves.KeepAliveAsync(tx, tenant, Actor.System("probe"), seenLink.Id, later)));
        await RefusedAsync(tx => moves.RevokeAsync(tx, tenant, caller, seenLink));
        await RefusedAsync(tx => moves.HardRevokeAsync(tx, tenant, caller, seenRevoked));
        await InAsync(async tx => Assert.Null(await comments.HoldThreadAsync(tx, tenant, seenComment.Id)));
        await InAsync(
            async tx =>
                Assert.Equal(
                    0, await comments.CountReadersAsync(tx, tenant, seenComment.Id, [TestPeople.UserId("admin")])));
        await InAsync(async tx => Assert.Null(await comments.EditAsync(tx, tenant, CommentAuthor.Member(caller), seenComment, "x", [])));
        await InAsync(async tx => Assert.False(await comments.DeleteAsync(tx, tenant, Actor.From(caller), seenComment, byAuthor: true)));
        await InAsync(async tx => Assert.Null(await comments.ResolveAsync(tx, tenant, caller, seenComment, resolved: true)));
        await InAsync(async tx => Assert.Equal(0, await tasks.WantRenditionAsync(tx, tenant, version.Id)));
        var guest = new GuestLink(
            "open", null, null, tenant, seenLink.Id, seenAsset.ProjectId, seenAsset.Id, version.Id, 1, Guid.NewGuid(), false, null,
            portal.Clock.GetUtcNow().AddDays(1), null, "t", true, true, "p", null, null, null, null);
        await InAsync(
            async tx =>
                Assert.False(await access.KeepMintAsync(tx, tenant, guest, new([1], "other", "test"), portal.Clock.GetUtcNow())));
        Assert.Equal(before, await FingerprintAsync());

        Task RefusedAsync(Func<Tx, Task<Result<ShareLink>>> work) => InAsync(async tx => Assert.NotNull((await work(tx)).Refusal));

        async Task InAsync(Func<Tx, Task> work) => await db.InTenantAsync(tenant, async tx =>
        {
            await work(tx);
            return true;
        }, default);
    }

    private Task<string> FingerprintAsync() => portal.ScalarAsync<string>("""
        select md5(coalesce((select string_agg(t::text, '' order by id) from portal.assets t),
           '') || coalesce((select string_agg(t::text, '' order by id) from portal.asset_versions t), '')
            || coalesce((select string_agg(t::text, '' order by id) from portal.share_links t),
            '') || coalesce((select string_agg(t::text, '' order by id) from portal.comments t), '')
            || coalesce((select string_agg(t::text, '' order by email) from portal.share_link_guests t), '') || (select count(*)
            from portal.comment_mentions)
            || (select count(*) from portal.share_unlocks) || (select count(*) from portal.mux_tasks) || (select count(*)
            from portal.playback_audit)
            || (select count(*) from portal.audit_log) || (select count(*) from portal.events))
        """);

    private sealed class PinnedDb(PortalDataSources sources, TenantId session) : PortalDb(sources)
    {
        protected override TenantId SessionTenant(TenantId tenant) => session;
    }
}
