using Dapper;
using Npgsql;
using Portal.Tests.Support;

namespace Portal.Tests.EndToEnd;

/// <summary>The demo, from an empty database to the end of the main job, and with files that are no videos.</summary>
[TakesLong]
public sealed class DemoTests : IAsyncLifetime
{
    private TestDatabase database = null!;

    public async Task InitializeAsync() => database = await PostgresFixture.EmptyAsync();

    public async Task DisposeAsync() => await database.DisposeAsync();

    [Fact]
    public async Task The_demo_does_the_main_job_and_leaves_with_0()
    {
        var (code, output, errors) = await LauncherProcess.RunAsync("demo", "--exit", "--port", "0", "--database", database.Admin);

        Assert.True(code == 0, output + errors);
        Assert.Empty(errors);
        string[] told =
        [
            "✓ Postgres", "✓ Migrations", "✓ Demo data", "✓ Mux", "✓ Clerk", "✓ Resend", "✓ App", "✓ Sign in",
            "✓ Webhook endpoint", "✓ Create project",
            "✓ Request upload",
            "chunk 1: 262,144 of 792,124 bytes", "chunk 2: ", "chunk 3: ", "✓ Send the bytes", "→ ready", "✓ Settle",
            "✓ Share link", "✓ Guest opens it     200", "✓ Playback           200, 8.0 s", "✓ Its bytes          200, 2 segments",
            "✓ Without its token  403", "✓ Revoke",
            "✓ Guest opens it     403 /problems/share-link-unavailable", "✓ Webhooks", "✓ Another link       http://localhost:",
            "How the orchestration UploadPipeline went: Completed",
            "Completed: ready", "Every step succeeded", "Watch it here: http://localhost:", "/s/", "Stopped in",
        ];
        AssertInOrder(told, output);
        // The row and the list of webhooks are looked at one after the other: either may be seen first.
        Assert.Contains("video.asset.ready: signature good", output, StringComparison.Ordinal);
        Assert.DoesNotContain('\u001b', output);
        Assert.Equal("ready", await ReadAsync("select string_agg(status, ' ') from portal.upload_jobs"));
        Assert.Equal(
            "revoked 1, active 0",
            await ReadAsync("select string_agg(status || ' ' || opens, ', ' order by created_at) from portal.share_links"));
        Assert.Equal("processed", await ReadAsync("select string_agg(distinct status, ' ') from portal.webhook_inbox"));

        var (rebuilt, said, _) = await LauncherProcess.RunAsync("events", "rebuild", "--database", database.Admin);
        Assert.True(rebuilt == 0 && said.Contains("events say.", StringComparison.Ordinal), said);
        await ExecuteAsync(
            "update portal.unread_counts set unread = unread + 1; insert into portal.project_progress select tenant_id, id, 3, 1 from "
                + "portal.projects limit 1");
        (rebuilt, said, _) = await LauncherProcess.RunAsync("events", "rebuild", "--database", database.Admin);
        Assert.True(rebuilt == 1 && said.Contains("was (3, 1), and is (0, 0) by its events", StringComparison.Ordinal), said);
    }

    [Fact]
    public async Task Files_that_are_no_videos_end_failed_with_the_reason_of_Mux()
    {
        using var folder = new TemporaryFolder();
        var text = folder.File("notes.mp4", "This is no video.");
        var empty = folder.File("empty.mp4", "");

        // At once, on one database, as two people would.
        var both = await Task.WhenAll(
            LauncherProcess.RunAsync("demo", text, "--exit", "--port", "0", "--database", database.Admin),
            LauncherProcess.RunAsync("demo", empty, "--exit", "--port", "0", "--database", database.Admin));

        AssertFailed(both[0], "Mux: The input file is not a video or audio file that can be decoded.");
        AssertFailed(both[1], "Mux: The uploaded file is empty.");
        Assert.Equal("failed failed", await ReadAsync("select string_agg(status, ' ') from portal.upload_jobs"));
        Assert.Equal("0", await ReadAsync("select count(*)::text from portal.share_links"));
    }

    [Fact]
    public async Task Fresh_says_what_it_drops_from_a_given_database_and_drops_only_that()
    {
        await ExecuteAsync("create table public.mine (id int); create schema other; create table other.mine (id int)");
        Assert.Equal(0, (await LauncherProcess.RunAsync("token", "admin", "--database", database.Admin)).Code);
        var before = await ReadAsync("select value from local.secrets limit 1") ?? "none";

        await using var launcher = LauncherProcess.Start("serve", "--fresh", "--port", "0", "--database", database.Admin);
        await launcher.UpAsync();

        Assert.Contains(
            $"Dropping from {database.Name}: schemas portal, durable, runtime, vendors, local; table public.schema_migrations",
            launcher.Output, StringComparison.Ordinal);
        Assert.NotEqual(before, await ReadAsync("select value from local.secrets limit 1"));
        Assert.Equal(
            "public other", await ReadAsync(
                "select string_agg(schemaname, ' ' order by schemaname desc) from pg_tables where tablename = 'mine'"));

        // Not under the feet of the one that runs.
        var (code, _, errors) = await LauncherProcess.RunAsync("serve", "--fresh", "--port", "0", "--database", database.Admin);
        Assert.True(code == 1 && errors.Contains("in use by another launcher", StringComparison.Ordinal), errors);
    }

    [Fact]
    public async Task A_database_of_somebody_else_s_portal_is_left_alone()
    {
        await using var theirs = await PostgresFixture.CloneAsync();
        await using var connection = new NpgsqlConnection(theirs.Admin);
        await connection.ExecuteAsync(
            "insert into portal.tenants (id, clerk_org_id, name, created_at, updated_at) values (gen_random_uuid(), 'org_real', 'Real "
                + "people', now(), now())");

        var serve = await LauncherProcess.RunAsync("serve", "--port", "0", "--database", theirs.Admin);
        var fresh = await LauncherProcess.RunAsync("serve", "--fresh", "--port", "0", "--database", theirs.Admin);

        Assert.All(
            [serve, fresh], run =>
                Assert.True(run.Code == 1 && run.Errors.Contains("did not make", StringComparison.Ordinal), run.Output + run.Errors));
        Assert.Equal(
            "Real people", await connection.ExecuteScalarAsync<string>(
                "select string_agg(name, ' ') from portal.tenants where clerk_org_id <> 'platform'"));
    }

    private static void AssertFailed((int Code, string Output, string Errors) run, string reason)
    {
        Assert.True(run.Code == 1, run.Output + run.Errors);
        AssertInOrder(["✓ Send the bytes", "→ failed", "✗ Not playable", reason, "Completed: failed", "Stopped in"], run.Output);
        Assert.DoesNotContain("Every step succeeded", run.Output, StringComparison.Ordinal);
    }

    private static void AssertInOrder(IEnumerable<string> wanted, string output)
    {
        var at = 0;
        foreach (var text in wanted)
        {
            var found = output.IndexOf(text, at, StringComparison.Ordinal);
            Assert.True(found >= 0, $"Not said, or not in this order: {text}\n{output}");
            at = found + text.Length;
        }
    }

    private async Task<string?> ReadAsync(string sql)
    {
        await using var connection = new NpgsqlConnection(database.Admin);
        return await connection.ExecuteScalarAsync<string?>(sql);
    }

    private async Task ExecuteAsync(string sql)
    {
        await using var connection = new NpgsqlConnection(database.Admin);
        await connection.ExecuteAsync(sql);
    }
}
