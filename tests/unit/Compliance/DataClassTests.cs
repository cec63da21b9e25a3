using System.Text.RegularExpressions;
using Portal.Compliance;
using Portal.People;
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

    [Theory]
    [InlineData(null, null, 180, 90)]
    [InlineData(89, null, 89, 89)]
    [InlineData(90, null, 90, 90)]
    [InlineData(91, null, 91, 90)]
    [InlineData(60, 61, 60, 60)]
    [InlineData(60, 59, 60, 59)]
    public void Videos_of_inactive_creators_are_said_to_be_kept_no_longer_than_of_active_ones(
        int? active, int? inactive, int with, int without) =>
        Assert.StartsWith(
            $"{with} days with an active creator, {without} without, then archived;",
            DataClasses.All.Single(of => of.Name == "Videos").Kept(
                RetentionSettings.Default with { ActiveVideoDays = active, InactiveVideoDays = inactive }),
            StringComparison.Ordinal);

    [GeneratedRegex(@"^create (?:unlogged )?table portal\.(\w+) \((.*?)^\)", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Table();
}
