using Dapper;
using Npgsql;
using Portal.Tests.Support;

namespace Portal.Tests.EndToEnd;

/// <summary><c>import</c>: a tenant's export, a database of this version, and nothing else.</summary>
public sealed class ImportVerbTests(TestPortal portal) : IClassFixture<TestPortal>, IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task A_tenant_is_restored_once_and_told_table_by_table()
    {
        var project = await portal.NewProjectAsync("Brought along");
        var export = (await portal.As("admin").PostAsync("/api/exports", new { kind = "tenant" })).Expect(201).Id;
        await portal.SettleAsync();
        var url = (await portal.As("admin").PostAsync($"/api/exports/{export}/download")).Expect(200).Text("url");
        var file = Path.Combine(folder.Path, "tenant.zip");
        await File.WriteAllBytesAsync(file, await portal.Anonymous.GetByteArrayAsync(new Uri(url)));
        await using var database = await PostgresFixture.CloneAsync();

        var (code, output, errors) = await LauncherProcess.RunAsync(
            "import", file, "--database", database.Admin, "--organization", "org_elsewhere");
        Assert.True(code == 0, errors);
        Assert.StartsWith($"Restored tenant {TestPeople.Tenant} as it was at ", output, StringComparison.Ordinal);
        Assert.Contains("  projects: 1\n", output, StringComparison.Ordinal);
        Assert.Contains("  residency_reports: 0 (not restored)", output, StringComparison.Ordinal);
        await using var connection = new NpgsqlConnection(database.Admin);
        Assert.Equal(("org_elsewhere", "Brought along", false), await connection.QuerySingleAsync<(string, string, bool)>("""
            select t.clerk_org_id, p.name, to_regnamespace('local') is not null
              from portal.tenants t join portal.projects p on p.tenant_id = t.id where p.id = @project
            """, new { project }));

        (code, _, errors) = await LauncherProcess.RunAsync("import", file, "--database", database.Admin);
        Assert.Equal((1, true), (code, errors.Contains("there is a portal of this organization already", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task What_is_no_export_or_no_portal_is_told()
    {
        Assert.Equal(1, (await LauncherProcess.RunAsync("import", "/no/such/export.zip")).Code);
        var file = folder.File("x.zip", "PK and no more");
        var (code, output, errors) = await LauncherProcess.RunAsync("import", file);
        Assert.Equal((1, ""), (code, output));
        Assert.StartsWith($"Nothing was restored of {file}: ", errors, StringComparison.Ordinal);
        Assert.Equal(2, (await LauncherProcess.RunAsync("import")).Code);
    }
}
