using Npgsql;
using Portal.Foundation.Db;
using Portal.Local;
using Portal.Tests.Support;

namespace Portal.Tests.EndToEnd;

/// <summary><c>webhooks capture</c> and <c>webhooks replay</c>: what a portal was told, told again, in any order.</summary>
public sealed class WebhookReplayTests(TestPortal portal) : IClassFixture<TestPortal>, IAsyncLifetime
{
    private readonly TemporaryFolder folder = new();

    public Task InitializeAsync() => portal.ResetAsync();

    public Task DisposeAsync()
    {
        folder.Dispose();
        return Task.CompletedTask;
    }

    [Theory]
    [InlineData(nameof(ReplayMode.InOrder), true)]
    [InlineData(nameof(ReplayMode.Shuffle), true)]
    [InlineData(nameof(ReplayMode.Duplicate), true)]
    [InlineData(nameof(ReplayMode.Gaps), false)]
    public async Task A_captured_upload_ends_ready_however_its_events_are_sent_and_gaps_are_told(string mode, bool all)
    {
        // What Mux says of an upload, captured and then forgotten, as if none of it had come.
        await portal.ScalarAsync<string?>("delete from portal.webhook_inbox");
        var project = await portal.NewProjectAsync();
        var upload = await portal.UploadReadyAsync(project);
        await portal.SettleAsync();
        var file = folder.File("events.ndjson", "");
        var said = new StringWriter();
        await using var data = NpgsqlDataSource.Create(portal.Database.Admin);
        Assert.Equal(0, await WebhooksVerb.CaptureAsync(data, file, said, default));
        var captured = WebhooksVerb.Read(await File.ReadAllTextAsync(file));
        Assert.NotEmpty(captured);
        await portal.ScalarAsync<string?>("""
            delete from portal.webhook_inbox;
            update portal.asset_versions set status = 'processing'
               where id = (select asset_version_id from portal.upload_jobs where id = @id);
            update portal.upload_jobs set status = 'processing' where id = @id;
            """, new { id = upload.Id });

        Assert.True(await Replay(data, said).RunAsync("file", captured, Enum.Parse<ReplayMode>(mode), seed: 7, default), said.ToString());
        var kept = await portal.ScalarAsync<long>("select count(*) from portal.webhook_inbox");
        Assert.Equal(all, kept == captured.Select(c => c.Body).Distinct().Count());
        Assert.Contains($"{captured.Count} captured events", said.ToString(), StringComparison.Ordinal);
        Assert.Contains("Inbox:", said.ToString(), StringComparison.Ordinal);
        if (all)
        {
            Assert.Contains($"upload job {upload.Id}: processing → ready", said.ToString(), StringComparison.Ordinal);
            Assert.DoesNotContain("retrying", said.ToString(), StringComparison.Ordinal);
        }

        Assert.Equal(
            kept, await portal.ScalarAsync<long>(
                "select (new_value ->> 'added')::bigint from portal.audit_log where action = 'webhooks_replayed' order by occurred_at "
                    + "desc, id desc limit 1"));
    }

    [Fact]
    public async Task Events_of_Clerk_and_Resend_are_signed_anew_and_a_second_time_nothing_changes()
    {
        await portal.AddMemberAsync(TestPeople.Tenant, "org_harbour", "rita", "client");
        var captured = WebhooksVerb.Read("""
            {"provider":"clerk","headers":{"Svix-Id":"msg_rita"},"body":{"data":{"id":"user_rita","deleted":true},"type":"user.deleted"}}

            {"provider":"resend","body":"{\"data\":{\"email_id\":\"x\"},\"type\":\"email.opened\"}"}
            """);
        await using var data = NpgsqlDataSource.Create(portal.Database.Admin);
        var first = new StringWriter();
        Assert.True(await Replay(data, first).RunAsync("file", captured, ReplayMode.InOrder, 1, default), first.ToString());
        Assert.Contains($"user {TestPeople.UserId("rita")}: active → deactivated", first.ToString(), StringComparison.Ordinal);
        var second = new StringWriter();
        Assert.True(await Replay(data, second).RunAsync("file", captured, ReplayMode.Duplicate, 1, default), second.ToString());
        Assert.Contains("Changed: 0.", second.ToString(), StringComparison.Ordinal);
        Assert.Equal(1, await portal.ScalarAsync<long>("select count(*) from portal.webhook_inbox where event_id = 'msg_rita'"));
    }

    [Fact]
    public async Task What_the_app_refuses_is_told_and_makes_it_fail()
    {
        await using var data = NpgsqlDataSource.Create(portal.Database.Admin);
        var said = new StringWriter();
        Assert.False(
            await Replay(data, said).RunAsync(
                "file", WebhooksVerb.Read("""{"provider":"mux","body":"no event"}"""), ReplayMode.InOrder, 1, default));
        Assert.Contains("refused with 400", said.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("hello")]
    [InlineData("""{"provider":"fax","body":{}}""")]
    [InlineData("""{"provider":"mux"}""")]
    public void A_line_that_is_no_event_is_named(string line) =>
        Assert.Contains(
            "Line 2", Assert.Throws<UsageException>(
                () => WebhooksVerb.Read("{\"provider\":\"mux\",\"body\":{}}\n" + line)).Message, StringComparison.Ordinal);

    [Fact]
    public async Task The_launcher_says_when_there_is_no_such_file()
    {
        var (code, _, errors) = await LauncherProcess.RunAsync("webhooks", "replay", "/no/such/file.ndjson");
        Assert.Equal(1, code);
        Assert.Contains("/no/such/file.ndjson", errors, StringComparison.Ordinal);
    }

    private WebhookReplay Replay(NpgsqlDataSource data, TextWriter said) => new(
        portal.Anonymous, data, new PortalDb(
            new PortalDataSources(NpgsqlDataSource.Create(portal.Database.App), NpgsqlDataSource.Create(portal.Database.System))),
        new(portal.Mux.WebhookSecret, portal.Clerk.WebhookSecret, portal.Resend.WebhookSecret), portal.Clock, said);
}
