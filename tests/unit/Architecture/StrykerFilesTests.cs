namespace Portal.Tests.Unit.Architecture;

/// <summary>tests/stryker/files.txt names files and test classes that are there: Stryker itself runs too long for anybody to notice
/// soon.</summary>
public sealed class StrykerFilesTests
{
    [Fact]
    public void Every_file_is_there_once_and_so_are_the_classes_that_are_to_notice()
    {
        var lines = Sources.Read("tests/stryker/files.txt").Split('\n')
            .Where(line => line.Length > 0 && !line.StartsWith('#')).Select(line => line.Split(' ')).ToList();
        var code = Sources.CSharp("shared").Concat(Sources.CSharp("functions")).Select(file => file.Path).ToHashSet();
        var tests = Sources.CSharp("tests").ToLookup(file => file.Path.Split('/')[1], file => file.Text);

        Assert.NotEmpty(lines);
        Assert.Empty(lines.Select(line => line[0]).Except(code));
        Assert.Empty(lines.GroupBy(line => line[0]).Where(of => of.Count() > 1).Select(of => of.Key));
        Assert.All(lines, line => Assert.True(line.Length > 1, $"{line[0]} names no test class."));
        Assert.All(lines.SelectMany(line => line.Skip(1)).Select(test => test.Split(':')), test => Assert.Contains(
            tests[test[0]], text => text.Contains($"class {test[1]}", StringComparison.Ordinal)));
    }

    [Fact]
    public void Every_file_has_its_row_among_the_figures()
    {
        var figures = Sources.Read("docs/mutation-figures.md");
        var files = Sources.Read("tests/stryker/files.txt").Split('\n')
            .Where(line => line.Length > 0 && !line.StartsWith('#')).Select(line => line.Split(' ')[0]);
        Assert.All(files, file => Assert.Contains($"| `{file}` |", figures, StringComparison.Ordinal));
    }
}
