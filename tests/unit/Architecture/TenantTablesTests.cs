using System.Text.RegularExpressions;

namespace Portal.Tests.Unit.Architecture;

/// <summary>A table that belongs to tenants shows portal_app one tenant at a time, from the migration on that makes it.</summary>
public sealed partial class TenantTablesTests
{
    /// <summary>Tables with a tenant_id that portal_app has no right to at all, each with the reason.</summary>
    private static readonly Dictionary<string, string> OnlyForSystem = new()
    {
        ["incident_notice_tenants"] = "the platform's; a tenant reads what was sent to it through a function",
        ["incidents"] = "on-call's, across tenants; routing opens and resolves those of uploads through two functions",
        ["mux_cleanups"] = "the list of Mux assets to delete is worked off across tenants",
    };

    private static readonly string Migrations = Comment().Replace(
        string.Join('\n', Sources.Files("*.sql", "infra/postgres/migrations").Select(file => file.Text)), "");

    private static readonly List<(string Name, string Columns)> Tables =
        [.. Table().Matches(Migrations).Select(match => (match.Groups[1].Value, match.Groups[2].Value))];

    private static readonly List<string> TenantTables =
        [.. Tables.Where(table => TenantColumn().IsMatch(table.Columns)).Select(table => table.Name)
            .Concat(AddedColumn().Matches(Migrations).Select(match => match.Groups[1].Value)).Append("tenants")];

    public static TheoryData<string> OfTenants => [.. TenantTables];

    [Fact]
    public void The_migrations_are_read_whole()
    {
        Assert.Equal(Regex.Count(Migrations, @"\bcreate (unlogged )?table\b"), Tables.Count);
        Assert.Contains("upload_jobs", TenantTables);
        Assert.DoesNotContain("vendor_rate_limits", TenantTables);
    }

    [Theory]
    [MemberData(nameof(OfTenants))]
    public void Table_of_tenants_is_guarded_by_row_level_security(string table) =>
        Assert.True(
            Regex.IsMatch(Migrations, $@"alter table portal\.{table} enable row level security;"),
            $"portal.{table} has a tenant_id and no row-level security.");

    [Theory]
    [MemberData(nameof(OfTenants))]
    public void Table_of_tenants_shows_the_app_its_own_tenant_only(string table)
    {
        if (OnlyForSystem.ContainsKey(table))
        {
            Assert.DoesNotMatch($@"grant [^;]*\bportal\.{table}\b[^;]* to [^;]*\bportal_app\b", Migrations);
            return;
        }

        var policy = Regex.Match(
            Migrations, $@"create policy own_tenant on portal\.{table} to portal_app\s+using \((.*?)\) with check \((.*?)\);");
        Assert.True(policy.Success, $"portal.{table} has no own_tenant policy for portal_app.");
        var key = table == "tenants" ? "id" : "tenant_id";
        Assert.All(
            [policy.Groups[1].Value, policy.Groups[2].Value], rule => Assert.Equal($"{key} = (select portal.current_tenant())", rule));
    }

    [Theory]
    [MemberData(nameof(OfTenants))]
    public void No_other_policy_widens_what_the_app_sees(string table) =>
        Assert.DoesNotMatch($@"create policy (?!own_tenant\b)\w+ on portal\.{table}\b(?! (for \w+ )?to portal_system\b)", Migrations);

    [GeneratedRegex("--.*$", RegexOptions.Multiline)]
    private static partial Regex Comment();

    [GeneratedRegex(@"create (?:unlogged )?table portal\.(\w+) \((.*?)^\)", RegexOptions.Singleline | RegexOptions.Multiline)]
    private static partial Regex Table();

    [GeneratedRegex(@"^\s+tenant_id\s", RegexOptions.Multiline)]
    private static partial Regex TenantColumn();

    [GeneratedRegex(@"alter table portal\.(\w+)[^;]*\badd column (?:if not exists )?tenant_id\b")]
    private static partial Regex AddedColumn();
}
