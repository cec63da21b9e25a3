using System.Text.RegularExpressions;
using System.Xml.Linq;

namespace Portal.Tests.Unit.Architecture;

/// <summary>What the documents name is there, and what must be documented is.</summary>
public sealed partial class DocumentationTests
{
    private static readonly IReadOnlyList<SourceFile> Documents =
        [.. Sources.Files("*.md", "docs"), new SourceFile("README.md", Sources.Read("README.md"))];

    public static TheoryData<string> Pages => [.. Documents.Select(page => page.Path)];

    public static TheoryData<string> Settings => [.. Sources.Settings.Order()];

    public static TheoryData<string> PinnedPackages =>
        [
            .. XDocument.Parse(Sources.Read("Directory.Packages.props")).Descendants("PackageVersion").Select(
                package => package.Attribute("Include")!.Value)
        ];

    [Theory]
    [MemberData(nameof(Pages))]
    public void Every_path_that_a_page_names_is_there(string page)
    {
        var gone = PathsIn(page, Sources.Read(page)).Where(path => !Sources.Has(path)).Distinct().ToList();
        Assert.True(gone.Count == 0, $"{page} names what is not there:\n{string.Join('\n', gone)}");
    }

    [Fact]
    public void The_pages_that_must_name_paths_do()
    {
        string[] pages = ["docs/flows/upload-to-ready.md", "docs/flows/share-link-opened.md", "docs/states.md", "docs/permissions.md"];
        Assert.All(pages, page => Assert.NotEmpty(PathsIn(page, Sources.Read(page))));
    }

    [Fact]
    public void The_search_for_paths_finds_code_spans_and_links() => Assert.Equal(
        ["functions/A.cs", "docs/states.md", "infra/x.sql"],
        PathsIn(
            "docs/flows/a.md",
            "`functions/A.cs` and [states](../states.md#jobs), [out](https://x.example), `shared/…/x`, `infra/x.sql`."));

    [Theory]
    [MemberData(nameof(Settings))]
    public void Every_setting_is_in_the_readme(string setting) =>
        Assert.Contains($"`{setting}", Sources.Read("README.md"), StringComparison.Ordinal);

    [Theory]
    [MemberData(nameof(PinnedPackages))]
    public void Every_package_says_what_it_is_for(string package) =>
        Assert.Contains($"| {package} |", Sources.Read("docs/dependencies.md"), StringComparison.Ordinal);

    /// <summary>Paths in code spans count from the root, those of links from the page. Patterns (with a star or an ellipsis) are no
    /// paths.</summary>
    private static IEnumerable<string> PathsIn(string page, string text) => Spoken().Matches(text)
        .Select(match => match.Groups["span"].Success ? match.Groups["span"].Value : Sources.FromPage(page, match.Groups["link"].Value));

    [GeneratedRegex(@"`(?<span>(functions|shared|infra|tests|docs|\.ci)/[\w./-]*)`|\]\((?<link>[\w.][\w./-]*)(#[\w-]*)?\)")]
    private static partial Regex Spoken();
}
