using System.Text.RegularExpressions;

namespace Portal.Tests.Unit.Architecture;

/// <summary>SQL is text beside its parameters; what is put into the text is constant.</summary>
public sealed partial class SqlRulesTests
{
    /// <summary>Holes that are no constants, each with the reason why they are safe.</summary>
    private static readonly Dictionary<string, string> Allowed = new()
    {
        ["shared/Videos/Uploads/UploadTransitions.cs: update"] = "a private method's parameter; every caller in the file gives a literal",
        ["shared/Videos/Uploads/UploadTransitions.cs: versionFrom"] = "likewise",
    };

    [Fact]
    public void Nothing_but_constants_is_put_into_SQL()
    {
        var files = Sources.CSharp("shared");
        var constants = files.SelectMany(file => Constant().Matches(file.Text).Select(match => match.Groups[1].Value)).ToHashSet();

        var holes = files.SelectMany(file => HolesInSql(file.Text).Select(hole => (Hole: hole, Text: $"{file.Path}: {hole}"))).ToList();
        var wrong = holes.Where(hole => !constants.Contains(hole.Hole.Split('.')[^1]) && !Allowed.ContainsKey(hole.Text)).ToList();

        Assert.Contains(holes, hole => hole.Hole == "ProjectStore.Visible");
        Assert.True(wrong.Count == 0, $"Give values as parameters:\n{string.Join('\n', wrong.Select(hole => hole.Text))}");
        Assert.All(Allowed.Keys, text => Assert.Contains(holes, hole => hole.Text == text));
    }

    [Fact]
    public void Functions_have_a_file_each_and_migrations_make_none()
    {
        // Those up to 0017 made the first versions; the files replace them.
        var making = Sources.Files("*.sql", "infra/postgres/migrations")
            .Where(file => string.CompareOrdinal(Path.GetFileName(file.Path), "0018") >= 0 && MakesFunction().IsMatch(file.Text))
            .Select(file => file.Path);

        Assert.Empty(making);
        Assert.All(
            Sources.Files("*.sql", "infra/postgres/functions"),
            file => Assert.Contains(
                $"create or replace function portal.{Path.GetFileNameWithoutExtension(file.Path)}(", file.Text, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("""db.Run($"select * from portal.users where name = '{name}'")""", "name")]
    [InlineData("""db.Run($"update portal.users set x = 1 where id = {id} and {A.B}")""", "id,A.B")]
    [InlineData("""Log($"User {id} is gone")""", "")]
    [InlineData("""db.Run("select {0} from portal.users")""", "")]
    public void The_search_for_holes_finds_them(string code, string holes) => Assert.Equal(holes, string.Join(',', HolesInSql(code)));

    [Fact]
    public void The_search_for_holes_reads_raw_literals() =>
        Assert.Equal(
            ["order"], HolesInSql("var sql = $\"\"\"\n    select id, \"name\" from portal.users\n     order by {order}\n    \"\"\";"));

    private static IEnumerable<string> HolesInSql(string code) => Interpolated().Matches(code)
        .Select(match => match.Groups["raw"].Success ? match.Groups["raw"].Value : match.Groups["plain"].Value)
        .Where(text => Sql().IsMatch(text))
        .SelectMany(text => Hole().Matches(text))
        .Select(match => match.Groups[1].Value);

    [GeneratedRegex(@"\bcreate (or replace )?function\b", RegexOptions.IgnoreCase)]
    private static partial Regex MakesFunction();

    [GeneratedRegex(@"const string (\w+)")]
    private static partial Regex Constant();

    [GeneratedRegex(""""\$"""(?<raw>.*?)"""|\$"(?!"")(?<plain>(\\.|[^"\\])*)"""", RegexOptions.Singleline)]
    private static partial Regex Interpolated();

    // Statements as they are written here: lower case, tables with their schema, or pieced together from constants.
    [GeneratedRegex(@"\bportal\.\w+|\bselect \{|\breturning\b")]
    private static partial Regex Sql();

    [GeneratedRegex(@"\{([^{}]+)\}")]
    private static partial Regex Hole();
}
