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
        ["shared/Compliance/Exports/Tenants/TenantImportStore.cs: table.Name"] = "of TenantTables, which is constant",
        ["shared/Compliance/Exports/Tenants/TenantImportStore.cs: into"] = "likewise",
        ["shared/Compliance/Exports/Tenants/TenantImportStore.cs: values"] = "likewise",
        ["shared/Compliance/Exports/Tenants/TenantRowsQuery.cs: columns"] = "likewise",
        ["shared/Compliance/Exports/Tenants/TenantRowsQuery.cs: table.Name"] = "likewise",
        ["shared/Compliance/Exports/Tenants/TenantRowsQuery.cs: table.Order"] = "likewise",
        ["shared/Compliance/Exports/Tenants/TenantRowsQuery.cs: owner"] = "one of two literals",
    };

    /// <summary>Types of another name that hold SQL, each with the reason.</summary>
    private static readonly Dictionary<string, string> MayToo = new()
    {
        ["PortalDb"] = "the one gateway: it tells a transaction its tenant",
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
    public void Only_stores_queries_and_transitions_hold_SQL()
    {
        var holders = Sources.CSharp("shared", "functions").SelectMany(file => SqlHolders(file.Text)).ToHashSet();
        var others = holders.Where(type => !MayHoldSql().IsMatch(type)).ToList();
        var wrong = others.Except(MayToo.Keys).ToList();

        Assert.Contains("TaskStore", holders);
        Assert.Contains("AudienceQuery", holders);
        Assert.True(wrong.Count == 0, $"Move their SQL to a type of that kind: {string.Join(", ", wrong)}");
        Assert.Empty(MayToo.Keys.Except(others));
    }

    /// <summary>As the list of an <c>in</c>, Postgres may choose the batch again for every row it looks at, past those it has locked: more
    /// than the limit is taken, and hundreds take seconds. An array, or a common table expression, is worked out once.</summary>
    [Fact]
    public void A_batch_to_work_on_is_chosen_once()
    {
        var files = Sources.CSharp("shared", "functions").Concat(Sources.Files("*.sql", "infra/postgres/functions")).ToList();
        Assert.Contains(files, file => file.Text.Contains("skip locked", StringComparison.Ordinal));
        Assert.DoesNotContain(files, file => LockedInList().IsMatch(file.Text));
        Assert.Matches(LockedInList(), "where id in (\n select id from portal.x where a in ('b') limit @limit for update skip locked)");
        Assert.DoesNotMatch(LockedInList(), "where id = any (array(select id from portal.x limit @limit for update skip locked))");
    }

    [Theory]
    [InlineData("""class Seal { string s = "select pg_advisory_xact_lock(1)"; }""", "Seal")]
    [InlineData("""class A; class Rebuild { string s = "delete from portal.users where true"; }""", "Rebuild")]
    [InlineData("""class Mail { string s = $"{Each} (select u.id from portal.users u)"; }""", "Mail")]
    [InlineData("""class Undo { string s = "savepoint work"; }""", "Undo")]
    [InlineData("""class Words { string s = "select a file, then update the title from the menu"; }""", "")]
    [InlineData("""class Comments { /* from portal.users */ string s = "https://portal.example"; }""", "")]
    public void The_search_for_SQL_finds_who_holds_it(string code, string holder) =>
        Assert.Equal(holder, string.Join(',', SqlHolders(code).Distinct()));

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

    /// <summary>The type of the file (the last one that begins before it) around each literal that is SQL.</summary>
    private static IEnumerable<string> SqlHolders(string code)
    {
        var types = TypeName().Matches(code);
        return Literal().Matches(code).Where(literal => Statement().IsMatch(literal.Value))
            .Select(literal => types.Last(type => type.Index < literal.Index).Groups["name"].Value);
    }

    [GeneratedRegex(@"\bin\s*\(\s*select\b(?:(?!\breturning\b|;|"""""").)*?\bskip locked\b", RegexOptions.Singleline)]
    private static partial Regex LockedInList();

    [GeneratedRegex("(Store|Query|Transitions)$")]
    private static partial Regex MayHoldSql();

    // Those that begin a line without an indent; in one line, for the tests of this search, those after a semicolon too.
    [GeneratedRegex(@"(?:^|; )(?:\w+ )*(?:class|record|struct|interface) (?:struct )?(?<name>\w+)", RegexOptions.Multiline)]
    private static partial Regex TypeName();

    [GeneratedRegex(""""\"""(?:.*?)"""|"(?:\\.|[^"\\\n])*"""", RegexOptions.Singleline)]
    private static partial Regex Literal();

    // Lower case, as it is written here: a table with its schema after the word that names one, or a function of Postgres alone.
    [GeneratedRegex(
        @"\b(from|join|into|update|table|truncate) portal\.\w|^""(rollback to )?savepoint "
        + @"|^[$""\s]*select (set_config|pg_|\* from portal\.|portal\.|case\b|exists\b|count\()")]
    private static partial Regex Statement();

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
