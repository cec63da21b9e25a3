using System.Globalization;
using Dapper;
using Portal.Compliance.Playback;
using Portal.Tests.Support;
using static Portal.Tests.Integration.Compliance.EvidenceCalls;

namespace Portal.Tests.Integration.Compliance;

/// <summary>Rows of the playback audit in the audit log's chain: sealed, exported, archived, and tampered with.</summary>
public sealed class PlaybackSealTests(TestPortal portal) : IClassFixture<TestPortal>, IAsyncLifetime
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
    public async Task Rows_of_both_kinds_are_sealed_in_one_chain_and_an_export_has_them()
    {
        var link = await portal.ShareAsync(asset);
        (await portal.GuestOf(link).OpenAsync()).Expect(200);
        (await portal.As("agency").PostAsync($"/api/assets/{asset}/playback")).Expect(200);
        var (_, unsealed) = await portal.CheckExportAsync();
        Assert.True(unsealed.Unsealed >= 2);
        await portal.SealAllAsync();
        Assert.Equal(await portal.ScalarAsync<long>(
            "select (select count(*) from portal.audit_log where tenant_id = @t) + (select count(*) from portal.playback_audit where "
                + "tenant_id = @t) + (select count(*) from portal.playback_archive where tenant_id = @t and written_in is not null)",
            new { t = TestPeople.Tenant }), await portal.ScalarAsync<long>(
            "select sum(row_count) from portal.audit_seals where tenant_id = @t", new { t = TestPeople.Tenant }));
        Assert.Equal(0L, await portal.ScalarAsync<long>("""
            select count(*) from portal.audit_seals s
             where s.last_at < (select max(p.minted_at) from portal.playback_audit p
                                 where position(uuid_send(p.id) in s.row_ids) > 0 and p.tenant_id = s.tenant_id)
            """));

        var (lines, verdict) = await portal.CheckExportAsync();
        Assert.True(verdict.Holds, verdict.Fault?.Message);
        var played = await portal.ScalarAsync<long>(
            "select (select count(*) from portal.playback_audit where tenant_id = @t) + (select count(*) from portal.playback_archive "
                + "where tenant_id = @t and written_in is not null)", new { t = TestPeople.Tenant });
        Assert.Equal(played, verdict.Playbacks);
        Assert.Equal(played, lines.Count(IsPlayback));
        var inside = (await portal.As("admin").FetchAsync("/api/audit/verification")).Expect(200);
        Assert.Equal(("true", played.ToString(CultureInfo.InvariantCulture)), (inside.Text("holds"), inside.Text("playbacks")));

        // A line of the file that was changed, left out or passed off as the other kind.
        var at = lines.FindIndex(IsPlayback);
        foreach (var (edited, kind) in new[]
                 {
                     ([lines[at].Replace("\"mintedAt\":\"2", "\"mintedAt\":\"3", StringComparison.Ordinal)], "altered"),
                     (Array.Empty<string>(), "removed"),
                     ([lines[at].Replace("\"type\":\"playback\"", "\"type\":\"row\"", StringComparison.Ordinal)], "altered"),
                 })
        {
            Assert.Equal(kind, (await VerdictAsync([.. lines[..at], .. edited, .. lines[(at + 1)..]])).Fault!.Kind);
        }
    }

    [Theory]
    [InlineData("update portal.playback_audit set agent_family = 'Lynx' where id = @id", "altered")]
    [InlineData("update portal.playback_audit set minted_at = minted_at + interval '1 microsecond' where id = @id", "altered")]
    [InlineData("update portal.playback_audit set ip_hash = '\\x0102' where id = @id", "altered")]
    [InlineData("update portal.playback_audit set viewer_id = gen_random_uuid(), row_hash = sha256('mended') where id = @id", "altered")]
    [InlineData("update portal.playback_audit set request_id = 'other' where id = @id", "altered")]
    [InlineData("delete from portal.playback_audit where id = @id", "removed")]
    [InlineData(
        "create trigger mend before update on portal.playback_audit for each row execute function portal.hash_playback_row(); "
            + "update portal.playback_audit set request_id = 'other' where id = @id; drop trigger mend on portal.playback_audit; "
            + "update portal.playback_audit set written_in = @place where id = @id", "altered")]
    [InlineData(
        "update portal.playback_audit set token_expires_at = token_expires_at + interval '1 microsecond' where id = @id", "altered")]
    [InlineData(
        "update portal.playback_audit set asset_version_id = (select max(id::text)::uuid from portal.asset_versions) where id = @id",
        "altered")]
    public async Task A_row_that_was_tampered_with_is_named_and_evidence_says_so(string tampering, string kind)
    {
        if (await portal.ScalarAsync<long>("select count(*) from portal.assets") == 1)
        {
            await portal.UploadReadyAsync(project, "crew1");
        }

        var link = await portal.ShareAsync(asset);
        (await portal.GuestOf(link).OpenAsync()).Expect(200);
        await portal.SealAllAsync();
        var token = Assert.Single(Read(await portal.EvidenceAsync(link.Id)).Tokens);
        await using var connection = await portal.OpenAsync();
        var row = await connection.QuerySingleAsync("select * from portal.playback_audit where id = @id", new { id = token.Id });
        await TamperAsync(tampering, token.Id, (long)row.written_in);
        try
        {
            var (_, verdict) = await portal.CheckExportAsync();
            Assert.Equal((kind, token.Id), (verdict.Fault!.Kind, verdict.Fault.RowId));
            var file = await portal.EvidenceAsync(link.Id);
            var checkedFile = file.Check(new Dictionary<string, byte[]>());
            Assert.Null(checkedFile.Fault);
            Assert.Equal(kind == "removed" ? [] : [token.Id], checkedFile.Altered);
            // Of a row that is gone its viewer's count is left.
            Assert.Equal(kind == "removed" ? 0 : 1, Read(file).TokensListed);
        }
        finally
        {
            await TamperAsync("delete from portal.playback_audit where id = @id", token.Id);
            await connection.ExecuteAsync("""
                alter table portal.playback_audit disable trigger user;
                insert into portal.playback_audit (id, tenant_id, asset_version_id, share_link_id, viewer_id, ip_hash, agent_family,
                   request_id, minted_at, token_expires_at, written_in, row_hash)
                values (@id, @tenant_id, @asset_version_id, @share_link_id, @viewer_id, @ip_hash, @agent_family, @request_id, @minted_at,
                   @token_expires_at, @written_in, @row_hash);
                alter table portal.playback_audit enable trigger user;
                """, (object)row);
        }

        Assert.True((await portal.CheckExportAsync()).Verdict.Holds);
    }

    [Fact]
    public async Task The_hash_of_any_row_comes_out_the_same_without_the_database_and_is_not_the_writers_to_choose()
    {
        var id = Guid.CreateVersion7();
        await portal.DoAsync("""
            insert into portal.playback_audit (id, tenant_id, asset_version_id, user_id, ip_hash, agent_family, request_id, minted_at,
               token_expires_at, written_in, row_hash)
            select @id, tenant_id, id, @user, '\x00ff', E'quote " back \\ tab \t é 日本 😀', E'nl \n bell \x07 <&>', @now,
                   '9999-01-01', -5, '\x00'
              from portal.asset_versions where asset_id = @asset
            """, new
        {
            id,
            asset,
            user = TestPeople.UserId("crew5"),
            now = portal.Clock.GetUtcNow().AddTicks(10 * 123_456),
        });

        Assert.True(await portal.ScalarAsync<bool>(
            "select written_in > 0 and length(row_hash) = 32 from portal.playback_audit where id = @id", new { id }));
        var (lines, verdict) = await portal.CheckExportAsync();
        Assert.True(verdict.Holds, verdict.Fault?.Message);
        Assert.Contains(lines, line => line.Contains(id.ToString(), StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_playback_row_that_commits_late_is_sealed_later()
    {
        var late = Guid.CreateVersion7();
        await using var slow = await portal.OpenAsync();
        await using var transaction = await slow.BeginTransactionAsync();
        await slow.ExecuteAsync("""
            insert into portal.playback_audit (id, tenant_id, asset_version_id, user_id, ip_hash, agent_family, minted_at,
               token_expires_at)
            select @late, tenant_id, id, @user, '\x00', 'Chrome', @now, @now from portal.asset_versions where asset_id = @asset
            """, new { late, asset, user = TestPeople.UserId("crew5"), now = portal.Clock.GetUtcNow() });
        (await portal.As("agency").PostAsync($"/api/assets/{asset}/playback")).Expect(200);
        var soon = await portal.ScalarAsync<Guid>("select id from portal.playback_audit order by written_in desc limit 1");
        await portal.Host.RunTimerAsync("SealAudit");
        Assert.False(await IsSealedAsync(soon));

        await transaction.CommitAsync();
        await portal.SealAllAsync();
        Assert.True(await IsSealedAsync(soon));
        Assert.True(await IsSealedAsync(late));

        Task<bool> IsSealedAsync(Guid id) => portal.ScalarAsync<bool>(
            "select exists (select 1 from portal.audit_seals where position(uuid_send(@id) in row_ids) > 0)", new { id });
    }

    [Theory]
    [InlineData("row_hash", "written_in", true)]
    [InlineData("sha256('another')", "written_in", false)]
    [InlineData("row_hash", "written_in + 1", false)]
    [InlineData("row_hash", "null", false)]
    public async Task A_row_leaves_only_when_the_archive_has_that_very_row(string hash, string place, bool leaves)
    {
        (await portal.As("agency").PostAsync($"/api/assets/{asset}/playback")).Expect(200);
        await using var connection = await portal.OpenAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        var id = await connection.QuerySingleAsync<Guid>("select id from portal.playback_audit order by minted_at desc, id desc limit 1");
        await connection.ExecuteAsync($"""
            insert into portal.playback_archive
            select p.id, p.tenant_id, p.asset_version_id, p.share_link_id, p.viewer_id, p.user_id, p.ip_hash, p.agent_family, p.request_id,
                   p.minted_at, p.token_expires_at, {place}, {hash}
              from portal.playback_audit p where p.id = @id
            """, new { id });
        var refused = await Record.ExceptionAsync(
            () => connection.ExecuteAsync("delete from portal.playback_audit where id = @id", new { id }));
        Assert.Equal(leaves, refused is null);
    }

    [Fact]
    public async Task What_is_not_sealed_stays_and_what_is_moves_to_the_archive_and_still_holds()
    {
        var link = await portal.ShareAsync(asset);
        var guest = portal.GuestOf(link);
        (await guest.OpenAsync()).Expect(200);
        await portal.SealAllAsync();
        portal.Tick();
        (await guest.OpenAsync()).Expect(200);
        Assert.True(await ArchiveAsync() > 0);
        Assert.Equal(0, await ArchiveAsync());
        Assert.Equal((1L, 1L), (await CountAsync("playback_audit", link.Id), await CountAsync("playback_archive", link.Id)));
        Assert.True((await portal.CheckExportAsync()).Verdict.Holds);
        var evidence = Read(await portal.EvidenceAsync(link.Id));
        Assert.Equal([TokenState.Sealed, TokenState.NotYetSealed], evidence.Tokens.Select(t => t.State));
        Assert.Equal((2, 2, 2), (evidence.TokensListed, evidence.Viewers[0].Tokens, evidence.Viewers[0].Minted));

        await portal.SealAllAsync();
        Assert.True(await ArchiveAsync() > 0);
        Assert.True((await portal.CheckExportAsync()).Verdict.Holds);
        Assert.Equal((0L, 2L), (await CountAsync("playback_audit", link.Id), await CountAsync("playback_archive", link.Id)));
        var tokens = Read(await portal.EvidenceAsync(link.Id)).Tokens;
        Assert.All(tokens, token => Assert.Equal(TokenState.Sealed, token.State));
        Assert.True(tokens[0].Seal < tokens[1].Seal);
        await portal.DoAsync("alter table portal.playback_archive disable trigger user");
        await portal.DoAsync("update portal.playback_archive set agent_family = 'Lynx' where id = @id", new { id = tokens[1].Id });
        var fault = (await portal.CheckExportAsync()).Verdict.Fault!;
        Assert.Equal(("altered", tokens[1].Id), (fault.Kind, fault.RowId));
        Assert.Equal(TokenState.Altered, Read(await portal.EvidenceAsync(link.Id)).Tokens[1].State);
        await portal.DoAsync(
            "update portal.playback_archive set agent_family = @was where id = @id",
            new { id = tokens[1].Id, was = tokens[1].AgentFamily });

        // From before there were seals over these rows: evidence has it, and says so; the chain does not.
        await portal.DoAsync("""
            insert into portal.playback_archive (id, tenant_id, asset_version_id, share_link_id, viewer_id, ip_hash, agent_family,
               minted_at, token_expires_at)
            select @id, tenant_id, asset_version_id, share_link_id, viewer_id, ip_hash, agent_family, minted_at - interval '1 day',
                   minted_at
              from portal.playback_archive where id = @like
            """, new { id = Guid.CreateVersion7(), like = tokens[0].Id });
        await portal.DoAsync("alter table portal.playback_archive enable trigger user");
        var file = await portal.EvidenceAsync(link.Id);
        Assert.Equal([TokenState.NeverSealed, TokenState.Sealed, TokenState.Sealed], Read(file).Tokens.Select(t => t.State));
        Assert.Empty(file.Check(new Dictionary<string, byte[]>()).Altered);
        Assert.True((await portal.CheckExportAsync()).Verdict.Holds);

        Task<int> ArchiveAsync() => portal.ScalarAsync<int>(
            "select portal.archive_playback(@tenant, @before, 100000)",
            new { tenant = TestPeople.Tenant, before = portal.Clock.GetUtcNow().AddSeconds(1) });
        Task<long> CountAsync(string table, Guid id) =>
            portal.ScalarAsync<long>($"select count(*) from portal.{table} where share_link_id = @id", new { id });
    }

    [Fact]
    public async Task Nothing_is_archived_of_a_tenant_without_seals() => Assert.Equal(0, await portal.ScalarAsync<int>(
        "select portal.archive_playback(@tenant, @before, 1000)",
        new { tenant = Guid.NewGuid(), before = portal.Clock.GetUtcNow() }));

    private static bool IsPlayback(string line) => line.Contains("\"type\":\"playback\"", StringComparison.Ordinal);

    private Task TamperAsync(string sql, Guid id, long place = 0) => portal.DoAsync(
        $"alter table portal.playback_audit disable trigger user; {sql}; alter table portal.playback_audit enable trigger user",
        new { id, place });
}
