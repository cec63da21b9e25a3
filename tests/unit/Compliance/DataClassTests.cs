using System.Text.RegularExpressions;
using Portal.Compliance;
using Portal.Tests.Unit.Architecture;

namespace Portal.Tests.Unit.Compliance;

/// <summary>Nothing is kept that no class of data declares.</summary>
public sealed partial class DataClassTests
{
    private static readonly List<string> Tables =
        [.. Table().Matches(Sources.Files("schema.sql", "infra/postgres").Single().Text)
            .Where(table => table.Groups[2].Value.Contains("\n    tenant_id uuid", StringComparison.Ordinal))
            .Select(table => table.Groups[1].Value)];

    private static readonly List<string> Counted = [.. DataClasses.All.SelectMany(of => of.Counts)];

    [Fact]
    public void Every_table_of_tenants_is_declared() => Assert.Empty(DataClasses.Undeclared(Tables.Append("tenants")));

    [Fact]
    public void What_is_declared_is_there_and_declared_once()
    {
        Assert.Equal(Counted.Count + DataClasses.NotCounted.Count, Counted.Concat(DataClasses.NotCounted.Keys).Distinct().Count());
        Assert.Empty(DataClasses.NotCounted.Keys.Except(Tables.Append("tenants")));

        // Two counts are parts of a table.
        Assert.Equal(["asset_versions_archived", "asset_versions_purged"], Counted.Except(Tables).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void A_table_that_is_added_is_undeclared() =>
        Assert.Equal(["loyalty_cards"], DataClasses.Undeclared([.. Tables, "loyalty_cards"]));

    [GeneratedRegex(@"^create (?:unlogged )?table portal\.(\w+) \((.*?)^\)", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Table();
}
