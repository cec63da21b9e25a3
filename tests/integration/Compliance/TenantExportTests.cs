using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Dapper;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using Portal.Compliance.Exports.Tenants;
using Portal.Foundation.Db;
using Portal.LocalVendors;
using Portal.People;
using Portal.Tests.Support;

namespace Portal.Tests.Integration.Compliance;

/// <summary>A copy of everything a tenant has, and what a copy must be like to be restored. That it brings everything back:
/// <see cref="TenantErasureTests"/>.</summary>
public sealed class TenantExportTests(TenantExportWorld world) : IClassFixture<TenantExportWorld>, IAsyncLifetime
{
    private readonly TestPortal portal = world.Portal;

    public Task InitializeAsync() => portal.ResetAsync();

    public Task DisposeAsync() => Task.CompletedTask;

    [Fact]
    public async Task Everything_of_the_tenant_is_in_it_and_nothing_of_another()
    {
        var files = world.Files();
        Assert.Empty(TenantTables.All.Where(table => files[table.File].Length == 0).Select(table => table.Name));
        var counts = JsonSerializer.Deserialize<JsonObject>(files["export.json"])!["records"]!;
        Assert.All(TenantTables.All, table => Assert.Equal(Lines(files[table.File]).Length, (int)counts[table.Name]!));
        Assert.Equal(
            await portal.ScalarAsync<long>("select count(*) from portal.comments where tenant_id = @Tenant", new { TestPeople.Tenant }),
            (int)counts["comments"]!);
        Assert.All(files, file => Assert.DoesNotContain("Somebody else's", file.Value, StringComparison.Ordinal));
        Assert.All(files, file => Assert.DoesNotContain(TestPeople.OtherTenant.ToString(), file.Value, StringComparison.Ordinal));
        foreach (var secret in new[] { "token_hash", "passphrase", "clerk_user_id", "user_admin", "ip_hash\":", "viewer_hash" })
        {
            Assert.All(
                files.Where(f => f.Key.EndsWith(".ndjson", StringComparison.Ordinal) && f.Key != "audit.ndjson"),
                file => Assert.DoesNotContain(secret, file.Value, StringComparison.Ordinal));
        }

        Assert.All(
            TenantTables.All.SelectMany(table => table.Fields),
            field => Assert.Contains($"  {field.Name}: {field.Meaning}", files["README.txt"], StringComparison.Ordinal));
    }

    /// <summary>Whatever is added to the database is in a file, or is left out with a reason.</summary>
    [Fact]
    public async Task No_table_and_no_column_is_forgotten()
    {
        var columns = (await portal.ListAsync("""
            select c.table_name || '.' || c.column_name from information_schema.columns c
              join information_schema.tables t using (table_schema, table_name)
             where c.table_schema = 'portal' and t.table_type = 'BASE TABLE' and c.is_generated = 'NEVER'
               and (c.table_name = 'tenants' or exists (select from information_schema.columns k
                     where k.table_schema = 'portal' and k.table_name = c.table_name and k.column_name = 'tenant_id'))
            """)).Where(column => !column.EndsWith(".tenant_id", StringComparison.Ordinal)).ToList();
        var left = TenantTables.InAuditLog.Concat(TenantTables.LeftOut.Keys).ToHashSet();
        Assert.Empty(left.Except(columns.Select(column => column.Split('.')[0])));
        Assert.Equal(
            columns.Where(column => !left.Contains(column.Split('.')[0])).Order(StringComparer.Ordinal),
            TenantTables.All.SelectMany(t => t.Fields.Select(f => f.Name).Concat(t.OmittedColumns).Select(name => $"{t.Name}.{name}"))
                .Order(StringComparer.Ordinal));
        Assert.All(TenantTables.All, t => Assert.Empty(t.Restored.Keys.Except(t.Fields.Select(f => f.Name).Concat(t.OmittedColumns))));
    }

    [Fact]
    public async Task Who_has_no_account_after_it_is_known_by_a_verified_address_once()
    {
        await using var other = await TenantRestores.EmptyPortalAsync(portal.Clock.GetUtcNow());
        await TenantRestores.ImportAsync(other.Database, world.Zip, "org_new");
        var email = await other.ScalarAsync<string>("select email from portal.users where id = @Spare", new { world.Tenant.Spare });
        await other.Clerk.AddPersonAsync(new("anew", "user_anew", email.ToUpperInvariant(), "anew", "org_new", "org_new", "org:admin"));
        await other.AddAtClerkAsync("nobody", "org_new");

        Assert.Equal("not-enrolled", (await other.As("nobody").FetchAsync("/api/me")).Expect(403).ProblemType);
        Assert.Equal(world.Tenant.Spare, (await other.As("anew").FetchAsync("/api/me")).Expect(200).Id);
        Assert.Equal(1, await other.AuditedAsync(world.Tenant.Spare, "user_linked"));
        var (db, users) = (other.Services.GetRequiredService<PortalDb>(), other.Services.GetRequiredService<UserStore>());
        Assert.Null(await db.InTenantAsync(
            new(TestPeople.Tenant), tx => users.LinkAsync(tx, new(TestPeople.Tenant), "user_twin", [email]), default));
    }

    [Fact]
    public async Task Media_open_for_a_week_for_whoever_has_the_addresses()
    {
        var media = Lines(world.Files()["media.ndjson"]).Select(line => JsonNode.Parse(line)!).ToList();
        var stored = Assert.Single(media, m => m["original"] is not null);
        var made = JsonNode.Parse(world.Files()["export.json"])!["madeAt"]!.GetValue<DateTimeOffset>();
        Assert.Equal(made.AddDays(7), stored["expires_at"]!.GetValue<DateTimeOffset>());
        string[] addresses = [stored["original"]!.ToString(), stored["playback"]!.ToString()];
        Assert.Contains(media, m => m["download"]?.ToString().Contains("/highest.mp4?token=", StringComparison.Ordinal) == true);
        portal.Clock.Advance(stored["expires_at"]!.GetValue<DateTimeOffset>() - portal.Clock.GetUtcNow() - TimeSpan.FromSeconds(2));
        Assert.Equal([200, 200], await CodesAsync());
        portal.Clock.Advance(TimeSpan.FromSeconds(3));
        Assert.Equal([403, 403], await CodesAsync());

        async Task<IReadOnlyList<int>> CodesAsync()
        {
            var codes = new List<int>();
            foreach (var address in addresses)
            {
                using var answer = await portal.Anonymous.GetAsync(new Uri(address));
                codes.Add((int)answer.StatusCode);
            }

            return codes;
        }
    }

    /// <summary>An archived video may still lie at Mux for a month, and its original with us for as long as anybody may want it.</summary>
    [Fact]
    public async Task A_video_that_is_not_ready_has_its_original_in_it_and_no_address_at_Mux()
    {
        var version = await portal.ScalarAsync<Guid>(
            "select asset_version_id from portal.upload_jobs where blob_url is not null and status = 'ready' order by id limit 1");
        await SetAsync("archived");
        try
        {
            var files = TenantExportWorld.Read(await world.Tenant.ExportAsync());
            var media = Lines(files["media.ndjson"]).Select(line => JsonNode.Parse(line)!).Single(
                line => line["asset_version_id"]!.ToString() == version.ToString());
            Assert.NotNull(media["original"]);
            Assert.Equal((null, null), (media["playback"]?.ToString(), media["download"]?.ToString()));
        }
        finally
        {
            await SetAsync("ready");
        }

        async Task SetAsync(string status)
        {
            await portal.DoAsync("""
                update portal.asset_versions set status = @status, archived_at = case @status when 'archived' then now() end
                 where id = @version
                """, new { version, status });
        }
    }

    [Fact]
    public async Task One_is_made_at_a_time()
    {
        portal.Blob.Faults.FailNextApiCalls(1, ApiFault.Status(503), (method, _) => method == "PUT");
        (await portal.As("compliance").PostAsync("/api/exports", new { kind = "tenant" })).Expect(201);
        await portal.SettleAsync();
        Assert.Equal(
            "export-begun", (await portal.As("admin").PostAsync("/api/exports", new { kind = "tenant" })).Expect(409).ProblemType);
        (await portal.As("other-admin").PostAsync("/api/exports", new { kind = "tenant" })).Expect(201);
    }

    [Fact]
    public async Task What_was_restored_is_not_restored_again()
    {
        await using var database = await PostgresFixture.CloneAsync();
        await TenantRestores.ImportAsync(database, world.Zip);
        Assert.Contains("there is a portal of this organization already", await RefusalAsync(database, world.Zip), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("another format", "it is not of the format portal-tenant/1")]
    [InlineData("another kind", "it is not of the format portal-tenant/1")]
    [InlineData("more is said of it", "export.json is not what")]
    [InlineData("cut off", "entral")]
    [InlineData("a file less", "it does not hold the files of a tenant's export")]
    [InlineData("a file more", "it does not hold the files of a tenant's export")]
    [InlineData("a file twice", "it does not hold the files of a tenant's export")]
    [InlineData("a line less", "its files do not hold as many lines")]
    [InlineData("half a line", "comments.ndjson ends in the middle of a line")]
    [InlineData("a field more", "line 1 of tasks.ndjson is not a record with its fields and no others")]
    [InlineData("a field less", "line 1 of tasks.ndjson is not a record with its fields and no others")]
    [InlineData("a field twice", "line 1 of tasks.ndjson is not a record with its fields and no others")]
    [InlineData("no record", "line 1 of tasks.ndjson is not a record with its fields and no others")]
    [InlineData("no id", "tasks.ndjson holds what does not belong there")]
    [InlineData("no text", "tasks.ndjson holds what does not belong there")]
    [InlineData("the project of another tenant", "tasks.ndjson holds what does not belong there")]
    [InlineData("an id of another tenant", "projects.ndjson holds what does not belong there")]
    [InlineData("two organizations", "tenants.ndjson does not hold one organization")]
    [InlineData("no time zone", "line 1 of tenants.ndjson is not a record")]
    [InlineData("an altered log", "audit.ndjson is not the whole audit log as it was sealed")]
    [InlineData("another log", "audit.ndjson is not the whole audit log as it was sealed")]
    [InlineData("a long line", "media.ndjson unpacks to more than an export holds")]
    [InlineData("a bomb", "media.ndjson unpacks to more than an export holds")]
    public async Task A_file_that_is_not_as_it_was_made_restores_nothing(string how, string why)
    {
        await using var database = await PostgresFixture.CloneAsync();
        await using var connection = new NpgsqlConnection(database.Admin);
        var theirs = Guid.CreateVersion7();
        await connection.ExecuteAsync("""
            insert into portal.tenants (id, clerk_org_id, name, created_at, updated_at)
            values (@OtherTenant, 'org_other', 'Other', now(), now());
            insert into portal.users (id, tenant_id, clerk_user_id, email, name, role, created_at, updated_at)
            values (@theirs, @OtherTenant, 'user_x', 'x@other.example', 'x', 'admin', now(), now());
            insert into portal.projects (id, tenant_id, name, created_by, created_at, updated_at)
            values (@theirs, @OtherTenant, 'Theirs', @theirs, now(), now())
            """, new { TestPeople.OtherTenant, theirs });

        Assert.Contains(why, await RefusalAsync(database, Broken(how, theirs)), StringComparison.Ordinal);

        Assert.Equal((1, 1, 0), await connection.QuerySingleAsync<(long, long, long)>("""
            select (select count(*) from portal.tenants where clerk_org_id <> 'platform'), (select count(*) from portal.projects),
                   (select count(*) from portal.events)
            """));
    }

    private byte[] Broken(string how, Guid theirs)
    {
        var files = new Dictionary<string, string>(world.Files());
        switch (how)
        {
            case "cut off":
                return world.Zip[..(world.Zip.Length / 2)];
            case "a file twice":
                return TenantExportWorld.Pack([.. files, files.First(f => f.Key == "users.ndjson")]);
            case "a file less":
                files.Remove("users.ndjson");
                break;
            case "a file more":
                files["../users.ndjson"] = "";
                break;
            case "another format":
                Replace("export.json", "portal-tenant/1", "portal-tenant/2");
                break;
            case "another kind":
                Replace("export.json", "\"tenant\"", "\"person\"");
                break;
            case "more is said of it":
                Replace("export.json", "\"kind\"", "\"trusted\": true, \"kind\"");
                break;
            case "a line less":
                files["notifications.ndjson"] = string.Join('\n', [.. Lines(files["notifications.ndjson"])[1..], ""]);
                break;
            case "half a line":
                files["comments.ndjson"] = files["comments.ndjson"].TrimEnd('\n')[..^9];
                break;
            case "a field more":
                Replace("tasks.ndjson", "{", "{\"tenant_id\": null, ");
                break;
            case "a field less":
                Row("tasks.ndjson", row => row.Remove("due_on"));
                break;
            case "a field twice":
                Row("tasks.ndjson", row => row.Remove("due_on"));
                Replace("tasks.ndjson", "{", "{\"id\": null, ");
                break;
            case "no record":
                Replace("tasks.ndjson", "{", "[{");
                break;
            case "no id":
                Row("tasks.ndjson", row => row["id"] = "1' or '1'='1");
                break;
            case "no text":
                Row("tasks.ndjson", row => row["title"] = "a\0b");
                break;
            case "the project of another tenant":
                Row("tasks.ndjson", row => row["project_id"] = theirs);
                break;
            case "an id of another tenant":
                Row("projects.ndjson", row => row["id"] = theirs);
                break;
            case "two organizations":
                files["tenants.ndjson"] += files["tenants.ndjson"];
                break;
            case "no time zone":
                Row("tenants.ndjson", row => row["time_zone"] = "Mars/Olympus");
                break;
            case "an altered log":
                Replace("audit.ndjson", "project_created", "project_deleted");
                break;
            case "another log":
                Replace("export.json", TestPeople.Tenant.ToString(), TestPeople.UserId("admin").ToString());
                break;
            case "a long line":
                files["media.ndjson"] += new string('x', TenantFile.MostLineBytes + 1) + '\n';
                break;
            case "a bomb":
                files["media.ndjson"] += string.Concat(Enumerable.Repeat(new string('x', 1 << 20) + '\n', 64));
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(how), how, null);
        }

        return TenantExportWorld.Pack(files);

        void Replace(string name, string what, string by)
        {
            Assert.Contains(what, files[name], StringComparison.Ordinal);
            files[name] = new Regex(Regex.Escape(what)).Replace(files[name], by, 1);
        }

        void Row(string name, Action<JsonObject> change)
        {
            var lines = Lines(files[name]);
            var row = JsonNode.Parse(lines[0])!.AsObject();
            change(row);
            files[name] = string.Join('\n', [row.ToJsonString(), .. lines[1..]]) + '\n';
        }
    }

    private static async Task<string> RefusalAsync(TestDatabase database, byte[] zip) =>
        (await Assert.ThrowsAsync<InvalidDataException>(() => TenantRestores.ImportAsync(database, zip))).Message;

    private static string[] Lines(string text) => text.Split('\n', StringSplitOptions.RemoveEmptyEntries);
}
