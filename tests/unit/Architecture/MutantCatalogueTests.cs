using Portal.Tests.Support;

namespace Portal.Tests.Unit.Architecture;

/// <summary>The catalogue of tests/mutants lives with the code: each change can still be made, and the tests it names are there.</summary>
public sealed class MutantCatalogueTests
{
    private static readonly IReadOnlyList<Mutant> Catalogue = Mutant.All();

    public static TheoryData<string> Files => [.. Catalogue.Select(mutant => mutant.File).Distinct()];

    [Theory]
    [MemberData(nameof(Files))]
    public void Every_mutants_text_stands_in_its_file_exactly_once(string file)
    {
        var content = Sources.Read(file);
        Assert.All(Catalogue.Where(mutant => mutant.File == file), mutant => Assert.NotEqual(content, mutant.Apply(content)));
    }

    [Theory]
    [MemberData(nameof(Files))]
    public void No_change_is_there_twice(string file)
    {
        var content = Sources.Read(file);
        var same = Catalogue.Where(mutant => mutant.File == file).GroupBy(mutant => mutant.Apply(content)).Where(of => of.Count() > 1);
        Assert.Empty(same.Select(of => string.Join(" = ", of.Select(mutant => mutant.Name))));
    }

    [Fact]
    public void The_tests_that_a_mutant_names_are_there()
    {
        var tests = Sources.CSharp("tests").ToLookup(file => file.Path.Split('/')[1], file => file.Text);

        Assert.All(
            from mutant in Catalogue
            from named in mutant.Tests
            select (mutant.Name, named.Project, Parts: named.Name.Split('.')),
            named => Assert.Contains(
                tests[named.Project], text => named.Parts.All(part => text.Contains(part, StringComparison.Ordinal))));
    }

    [Theory]
    [InlineData("rule: r\nfile: f\n---\na\n---\nb\n", "names the tests")]
    [InlineData("rule: r\nfile: f\ntests: unit T\nequivalent: e\n---\na\n---\nb\n", "names the tests")]
    [InlineData("file: f\ntests: unit T\n---\na\n---\nb\n", "rule")]
    [InlineData("rule: r\nfile: f\ntests: e2e T\n---\na\n---\nb\n", "unit")]
    [InlineData("rule: r\nfile: f\ntests: unit T\n---\na\n", "parted")]
    public void A_file_that_is_not_of_the_form_is_refused_by_name(string content, string says)
    {
        var refusal = Assert.Throws<FormatException>(() => Mutant.Read("area/name", content));

        Assert.StartsWith("area/name: ", refusal.Message, StringComparison.Ordinal);
        Assert.Contains(says, refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_text_that_stands_twice_is_refused()
    {
        var mutant = Mutant.Read("area/name", "rule: r\nfile: f\ntests: unit T\n---\na\n---\nb\n");

        Assert.Equal("xbx", mutant.Apply("xax"));
        Assert.Throws<FormatException>(() => mutant.Apply("xaxax"));
        Assert.Throws<FormatException>(() => mutant.Apply("xxx"));
    }
}
