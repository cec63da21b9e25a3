using System.Text.RegularExpressions;

namespace Portal.Tests.Unit.Architecture;

/// <summary>A line of code ends before column 140, SQL in it too. Markup and JSON in literals break where their rules let them.</summary>
public sealed partial class LineTests
{
    private const int Last = 139;

    [Fact]
    public void A_line_of_code_ends_before_column_140()
    {
        var found = Sources.CSharp("functions", "shared", "infra", "tests")
            .Concat(Sources.Files("*.sql", "infra/postgres/functions")).SelectMany(Long).ToList();
        Assert.True(found.Count == 0, $"Longer than {Last}:\n{string.Join('\n', found)}");
    }

    [Theory]
    [InlineData("shared/A.cs", "select a, b from c where ", 139, false)]
    [InlineData("shared/A.cs", "select a, b from c where ", 140, true)]
    [InlineData("shared/A.cs", "/// <see cref=\"A\"/> is ", 140, true)]
    [InlineData("shared/A.cs", "<a class=\"b\">c</a>", 140, false)]
    [InlineData("shared/A.cs", "var a = \"", 140, true)]
    [InlineData("tests/a/A.cs", "var a = \"", 140, false)]
    public void The_search_finds_what_it_should(string path, string start, int length, bool found) =>
        Assert.Equal(found, Long(new SourceFile(path, start.PadRight(length, 'x'))).Any());

    private static IEnumerable<string> Long(SourceFile file) =>
        from line in file.Text.Split('\n').Select((text, index) => (Text: text, Number: index + 1))
        where line.Text.Length > Last && !IsData(file, line.Text)
        select $"{file.Path}:{line.Number} ({line.Text.Length})";

    private static bool IsData(SourceFile file, string line) =>
        !line.TrimStart().StartsWith("//", StringComparison.Ordinal)
        && (Markup().IsMatch(line) || (file.IsIn("tests") && LongLiteral().IsMatch(line)));

    [GeneratedRegex("""</|\w="|\w=\\"|":["{\[0-9tfn]|\w: [^;]*; """)]
    private static partial Regex Markup();

    [GeneratedRegex("""
        "[^"]{60,}|"{3}.{60,}|^\s*const
        """)]
    private static partial Regex LongLiteral();
}
