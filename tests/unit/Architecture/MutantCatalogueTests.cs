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
    public void Those_that_are_tried_at_once_have_no_area_file_or_test_class_in_common()
    {
        Mutant Of(string name, string file, string tests) => Mutant.Read(name, $"rule: r\nfile: {file}\ntests: {tests}\n---\na\n---\nb\n");
        Mutant[] all =
        [
            Of("a/1", "1", "unit ATests"), Of("a/2", "2", "unit OtherTests.T"), Of("b/3", "1", "unit BTests"),
            Of("c/4", "4", "unit ATests.T"), Of("d/5", "5", "unit DTests"), Of("e/6", "6", "unit ETests"),
        ];

        Assert.Equal(
            ["a/1 d/5", "a/2 b/3", "c/4 e/6"],
            MutantGroups.Of(all, most: 2, _ => false).Select(group => string.Join(' ', group.Select(mutant => mutant.Name))));
        Assert.Equal(
            ["a/1 d/5", "a/2 e/6", "b/3 c/4"],
            MutantGroups.Of(all, most: 2, mutant => mutant.File is "1" or "4" or "5").Select(
                group => string.Join(' ', group.Select(mutant => mutant.Name))));
        Assert.Equal(Catalogue.ToHashSet(), MutantGroups.Of(Catalogue, most: 6, _ => false).SelectMany(group => group).ToHashSet());
        Assert.All(MutantGroups.Of(Catalogue, most: 1, _ => false), group => Assert.Single(group));
    }

    [Theory]
    [InlineData("public const int Days = 90;", true)]
    [InlineData("private const int Days = 90;", false)]
    [InlineData("public int Days => 90;", false)]
    public void A_constant_is_one_that_others_may_be_compiled_with(string line, bool expected)
    {
        var mutant = Mutant.Read("area/name", "rule: r\nfile: f\ntests: unit T\n---\n90\n---\n91\n");

        Assert.Equal(expected, mutant.ChangesConstant($"public const int Other = 2;\n{line}\n"));
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
