using Dapper;
using Microsoft.Extensions.Options;
using Npgsql;
using Portal.Foundation.Audit;
using Portal.Foundation.Db;
using Portal.Foundation.Identity;
using Portal.Foundation.Limits;
using Portal.Foundation.Paging;
using Portal.Projects;
using Portal.Sharing.ShareLinks;
using Portal.Tests.Support;
using Portal.Videos;
using Portal.Videos.Uploads;

namespace Portal.Tests.Integration.Foundation;

/// <summary>
/// Tenants are kept apart twice, and each wall holds alone: row-level security with a store that asks for the victim's rows, and the
/// predicates with a role that row-level security does not bind.
/// </summary>
public sealed class IsolationTests(TestPortal portal) : IClassFixture<TestPortal>, IAsyncLifetime
{
    private static readonly TenantId Victim = new(TestPeople.Tenant);
    private static readonly TenantId Intruder = new(TestPeople.OtherTenant);
    private static readonly Caller Admin = new(
        Intruder, new UserId(TestPeople.UserId("other-admin")), Role.Admin, "user_other-admin", null, "test");
    private Guid project;
    private Answer upload = null!;
    private Answer link = null!;

    public async Task InitializeAsync()
    {
        await portal.ResetAsync();
        project = await portal.NewProjectAsync();
        upload = await portal.UploadReadyAsync(project);
        link = (await portal.As("agency").PostAsync("/api/share-links", new { assetId = upload.Text("assetId") })).Expect(201);
    }

    public Task DisposeAsync() => Task.CompletedTask;

    [Fact]
    public async Task Through_the_front_door_another_tenant_gets_404_for_everything()
    {
        var other = portal.As("other-admin");
        foreach (var path in new[] { $"/api/projects/{project}", $"/api/uploads/{upload.Id}", $"/api/assets/{upload.Text("assetId")}",
            $"/api/share-links/{link.Id}" })
        {
            (await other.FetchAsync(path)).Expect(404);
        }

        foreach (var path in new[] { $"/api/uploads/{upload.Id}/cancel", $"/api/assets/{upload.Text("assetId")}/playback",
            $"/api/share-links/{link.Id}/revoke" })
        {
            (await other.PostAsync(path)).Expect(404);
        }

        (await other.PostAsync("/api/share-links", new { assetId = upload.Text("assetId") })).Expect(404);
        (await other.PostAsync("/api/uploads", new { projectId = project, fileName = "x.mp4", sizeBytes = 1 })).Expect(404);
        foreach (var list in new[] { "/api/projects", "/api/assets", "/api/share-links" })
        {
            Assert.Empty((await other.FetchAsync(list)).Expect(200).Field("items").AsArray());
        }
    }

    [Fact]
    public async Task Row_level_security_alone_shows_and_changes_nothing()
    {
        await using var sources = new PortalDataSources(
            NpgsqlDataSource.Create(portal.Database.App), NpgsqlDataSource.Create(portal.Database.System));
        // Every store is handed the victim's tenant id; only the session knows who is really asking.
        await NothingShowsAsync(new PinnedDb(sources, Intruder), Victim);
    }

    [Fact]
    public async Task Predicates_alone_show_and_change_nothing()
    {
        var bypassing = await portal.BypassAsync();
        await using var sources = new PortalDataSources(NpgsqlDataSource.Create(bypassing), NpgsqlDataSource.Create(bypassing));
        Assert.True(
            await new PortalDb(sources).AskAsync<long>(
                "select count(*) from portal.projects", new { }, default) > 0, "The role must really bypass row-level security.");
        await NothingShowsAsync(new PortalDb(sources), Intruder);
    }

    [Fact]
    public async Task Without_a_tenant_the_application_role_sees_no_row_of_any_table()
    {
        await using var connection = new NpgsqlConnection(portal.Database.App);
        var tables = await connection.QueryAsync<string>("""
            select c.table_name from information_schema.columns c join information_schema.role_table_grants g
              on g.table_schema = c.table_schema and g.table_name = c.table_name and g.grantee = 'portal_app'
              and g.privilege_type = 'SELECT'
             where c.table_schema = 'portal' and c.column_name = 'tenant_id'
            """);
        Assert.Contains("upload_jobs", tables);
        foreach (var table in tables)
        {
            Assert.Equal(0, await connection.ExecuteScalarAsync<long>($"select count(*) from portal.{table}"));
        }
    }

    [Fact]
    public async Task Every_policy_of_the_application_names_its_tenant_for_what_is_read_and_for_what_is_written() =>
        Assert.Empty(await portal.ListAsync("""
            select tablename || ' ' || policyname from pg_policies
             where schemaname = 'portal' and 'portal_app' = any(roles)
               and (coalesce(qual, with_check) not like '%current_tenant%' or coalesce(with_check, qual) not like '%current_tenant%')
            union all
            select c.relname || ' is not held to its policies' from pg_class c join pg_attribute a on a.attrelid = c.oid
             where c.relnamespace = 'portal'::regnamespace and c.relkind = 'r' and a.attname = 'tenant_id' and not c.relrowsecurity
            """));

    [Fact]
    public async Task What_runs_as_the_owner_is_for_the_roles_that_need_it_and_not_for_everybody() =>
        Assert.Empty(await portal.ListAsync("""
            select p.proname from pg_proc p cross join aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) a
             where p.pronamespace = 'portal'::regnamespace and p.prosecdef and a.grantee = 0
            """));

    [Fact]
    public async Task The_tenant_of_a_transaction_ends_with_it()
    {
        // As behind a pooler of transactions: one connection, which nobody resets.
        var pooled = new NpgsqlConnectionStringBuilder(portal.Database.App) { NoResetOnClose = true, MaxPoolSize = 1 }.ConnectionString;
        await using var sources = new PortalDataSources(
            NpgsqlDataSource.Create(pooled), NpgsqlDataSource.Create(portal.Database.System));
        var db = new PortalDb(sources);
        const string Count = "select count(*) from portal.projects";
        Assert.True(await db.InTenantAsync(Victim, tx => tx.GetAsync<long>(Count), default) > 0);
        Assert.Equal(0, await db.AskAsync<long>(Count, new { }, default));
        Assert.True(await db.ReadOneAsync<long>(Victim, Count, new { }, default) > 0);
        Assert.Equal(0, await db.AskAsync<long>(Count, new { }, default));
    }

    [Fact]
    public async Task What_throws_in_a_transaction_leaves_nothing()
    {
        await using var sources = RealSources();
        await Assert.ThrowsAsync<InvalidDataException>(() => new PortalDb(sources).InTenantAsync<int>(Victim, async tx =>
        {
            await tx.ExecuteAsync("update portal.projects set name = 'Half done' where id = @project", new { project });
            throw new InvalidDataException();
        }, default));
        Assert.Equal(0, await portal.ScalarAsync<long>("select count(*) from portal.projects where name = 'Half done'"));
    }

    [Fact]
    public async Task The_application_roles_own_nothing_and_bypass_nothing()
    {
        await using var connection = await portal.OpenAsync();
        Assert.Equal(0, await connection.ExecuteScalarAsync<long>(
            "select count(*) from pg_roles where rolname in ('portal_app', 'portal_system') and (rolsuper or rolbypassrls or rolcreatedb "
                + "or rolcreaterole)"));
        Assert.Equal(0, await connection.ExecuteScalarAsync<long>(
            "select count(*) from pg_class where relowner in (select oid from pg_roles where rolname in ('portal_app', 'portal_system'))"));
        foreach (var role in new[] { portal.Database.App, portal.Database.System })
        {
            await using var app = new NpgsqlConnection(role);
            foreach (var forbidden in new[] { "update portal.audit_log set action = 'x'", "delete from portal.audit_log",
                "delete from portal.events", "truncate portal.events", "create table portal.mine (id int)" })
            {
                var refused = await Assert.ThrowsAsync<PostgresException>(() => app.ExecuteAsync(forbidden));
                Assert.Equal(PostgresErrorCodes.InsufficientPrivilege, refused.SqlState);
            }
        }
    }

    private async Task NothingShowsAsync(PortalDb db, TenantId tenant)
    {
        var audit = new AuditWriter(portal.Clock);
        var page = new Page(50, null);
        var projects = new ProjectStore(db, audit, portal.Clock);
        var assets = new AssetStore(db);
        var uploads = new UploadStore(db);
        var links = new ShareLinkStore(db, audit, portal.Clock);
        var moves = new ShareLinkTransitions(
            links, audit, new PersonalHash(
                Options.Create(new PrivacyOptions { HashKey = portal.Settings["Privacy:HashKey"]! })), portal.Clock);
        var assetId = new AssetId(Guid.Parse(upload.Text("assetId")));
        var linkId = new ShareLinkId(link.Id);

        Assert.Null(await projects.FindAsync(tenant, Admin, new ProjectId(project), default));
        Assert.Empty(await new ProjectListQuery(db).ReadAsync(tenant, Admin, new(), ProjectListQuery.Newest, page, default));
        Assert.Null(await assets.FindAsync(tenant, Admin, assetId, default));
        Assert.Empty(await assets.ListAsync(tenant, Admin, new AssetFilter(), byTitle: false, page, default));
        Assert.Null(await assets.FindReadyAsync(tenant, assetId, null, default));
        Assert.Null(await uploads.FindAsync(tenant, Admin, new UploadJobId(upload.Id), default));
        Assert.Empty(await uploads.ListAsync(tenant, Admin, new UploadFilter(), page, default));
        Assert.Equal(0, await uploads.CountAsync(tenant, Admin, new UploadFilter(), default));
        Assert.Null(await db.InTenantAsync(tenant, tx => uploads.ReadAsync(tx, tenant, new UploadJobId(upload.Id)), default));
        Assert.Null(await db.InTenantAsync(tenant, tx => uploads.NextVersionAsync(tx, tenant, new ProjectId(project), assetId), default));
        Assert.Null(await links.FindAsync(tenant, Admin, linkId, default));
        Assert.Empty(await links.ListAsync(tenant, Admin, null, page, default));
        Assert.Equal(0, await links.CountAsync(tenant, Admin, null, default));

        var real = new ShareLinkStore(new PortalDb(RealSources()), audit, portal.Clock);
        var seen = await real.FindAsync(Victim, Admin with { Tenant = Victim }, linkId, default);
        Assert.NotNull((await db.InTenantAsync(tenant, tx => moves.RevokeAsync(tx, tenant, Admin, seen!), default)).Refusal);
        Assert.Equal(
            "active", await portal.ScalarAsync<string>("select status from portal.share_links where id = @id", new { id = link.Id }));
    }

    private PortalDataSources RealSources() =>
        new(NpgsqlDataSource.Create(portal.Database.App), NpgsqlDataSource.Create(portal.Database.System));

    private sealed class PinnedDb(PortalDataSources sources, TenantId session) : PortalDb(sources)
    {
        protected override TenantId SessionTenant(TenantId tenant) => session;
    }
}
