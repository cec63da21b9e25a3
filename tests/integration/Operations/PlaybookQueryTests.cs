using System.Text.RegularExpressions;
using Dapper;
using Npgsql;
using Portal.Postgres;
using Portal.Tests.Support;

namespace Portal.Tests.Integration.Operations;

/// <summary>Whoever is on call, or reviews, copies queries out of the playbook: each is one that the database understands.</summary>
public sealed partial class PlaybookQueryTests(TestDatabase database) : IClassFixture<TestDatabase>
{
    private static readonly string Root = Checkout.Require();

    public static TheoryData<string> Pages =>
    [
        .. Directory.EnumerateFiles(Path.Combine(Root, "docs", "playbook"), "*.md", SearchOption.AllDirectories)
            .Where(path => Queries(File.ReadAllText(path)).Any()).Select(path => Path.GetRelativePath(Root, path))
            .Order(StringComparer.Ordinal),
    ];

    [Theory]
    [MemberData(nameof(Pages))]
    public async Task Every_query_of_a_page_can_be_planned(string page)
    {
        var faults = await FaultsAsync(page, await File.ReadAllTextAsync(Path.Combine(Root, page)));
        Assert.True(faults.Count == 0, string.Join('\n', faults));
    }

    [Fact]
    public async Task A_query_that_is_out_of_date_is_named_with_its_line() => Assert.Equal(
        ["a.md:3: column \"nmae\" does not exist"],
        await FaultsAsync("a.md", "# A\n\n```sql\nselect name from portal.tenants where id = '<id>';\nselect nmae from portal.tenants\n```\n"));

    private async Task<List<string>> FaultsAsync(string page, string text)
    {
        await using var connection = new NpgsqlConnection(database.Admin);
        await connection.OpenAsync();
        var faults = new List<string>();
        foreach (var (line, sql) in Queries(text))
        {
            try
            {
                await connection.ExecuteAsync($"explain {sql}");
            }
            catch (PostgresException e)
            {
                faults.Add($"{page}:{line}: {e.MessageText}");
            }
        }

        return faults;
    }

    /// <summary>Statements of blocks of sql, with the line of their block. What stands for something is a made-up id; the local engine's
    /// own schema is not in a portal's database, and functions are replaced by hand.</summary>
    private static IEnumerable<(int Line, string Sql)> Queries(string page)
    {
        var text = page.ReplaceLineEndings("\n");
        return from Match block in Block().Matches(text)
               from statement in Comment().Replace(block.Groups["sql"].Value, "").Split(';')
               let sql = Placeholder().Replace(statement.Trim(), $"'{Guid.Empty}'")
               where Planned().IsMatch(sql) && !sql.Contains("durable.", StringComparison.Ordinal)
                   && !sql.Contains("pg_stat_activity", StringComparison.Ordinal)
               select (text[..block.Index].Count(c => c == '\n') + 1, sql);
    }

    [GeneratedRegex("```sql\n(?<sql>.*?)```", RegexOptions.Singleline)]
    private static partial Regex Block();

    [GeneratedRegex("--[^\n]*")]
    private static partial Regex Comment();

    [GeneratedRegex("'<[^>]+>'|'…'")]
    private static partial Regex Placeholder();

    [GeneratedRegex("^(select|with|update)\\b")]
    private static partial Regex Planned();
}
