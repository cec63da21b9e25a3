using Portal.Postgres;

namespace Portal.Tests.Support;

/// <summary>
/// A small, careless-looking change to the product that breaks one rule, and the tests that are to notice it: one text file of
/// <c>tests/mutants/&lt;area&gt;/&lt;name&gt;.txt</c> (tests/mutants/README.md).
/// </summary>
/// <param name="Name">The file's path without its ending: <c>sharing/link-lives-half-a-day</c>.</param>
/// <param name="Rule">The rule that it breaks, in one sentence.</param>
/// <param name="File">What it changes, from the checkout's root.</param>
/// <param name="Tests">Which tests are to notice.</param>
/// <param name="Equivalent">Why no test can notice; null: one must.</param>
public sealed record Mutant(
    string Name, string Rule, string File, IReadOnlyList<MutantTests> Tests, string? Equivalent, string Text, string Replacement)
{
    private const string Separator = "\n---\n";

    /// <summary>The first folder of its name: a room, or <c>engine</c>.</summary>
    public string Area => Name[..Name.IndexOf('/', StringComparison.Ordinal)];

    /// <summary>All of the checkout's, by name.</summary>
    /// <exception cref="FormatException">A file is not as tests/mutants/README.md says.</exception>
    public static IReadOnlyList<Mutant> All()
    {
        var folder = Path.Combine(Checkout.Require(), "tests", "mutants");
        return
        [
            .. Directory.EnumerateFiles(folder, "*.txt", SearchOption.AllDirectories)
                .Select(file => Read(
                    Path.ChangeExtension(Path.GetRelativePath(folder, file), null).Replace('\\', '/'), System.IO.File.ReadAllText(file)))
                .OrderBy(mutant => mutant.Name, StringComparer.Ordinal),
        ];
    }

    /// <summary>Reads one file.</summary>
    /// <exception cref="FormatException">It is not of the form.</exception>
    public static Mutant Read(string name, string content)
    {
        if (content.ReplaceLineEndings("\n").Split(Separator) is not [var head, var text, var replacement])
        {
            throw new FormatException($"{name}: a head, the text and its replacement are parted by two lines of three dashes.");
        }

        var lines = head.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => line.Split(": ", 2)).ToList();
        string? Of(string key) => lines.Where(line => line[0] == key).Select(line => line[^1].Trim()).SingleOrDefault();
        string Required(string key) => Of(key) ?? throw new FormatException($"{name}: the line \"{key}: …\" is missing.");
        var tests = lines.Where(line => line[0] == "tests").Select(line => MutantTests.Read(name, line[^1].Trim())).ToList();
        var equivalent = Of("equivalent");
        return (tests.Count == 0) == (equivalent is null)
            ? throw new FormatException($"{name}: it names the tests that notice, or says why it is equivalent; not both, not neither.")
            : new(name, Required("rule"), Required("file"), tests, equivalent, text, replacement.TrimEnd('\n'));
    }

    /// <summary>The file's content with the change made.</summary>
    /// <exception cref="FormatException">The text is not there exactly once: the code has moved on, the mutant must follow.</exception>
    public string Apply(string content)
    {
        var text = Text.Trim('\n');
        var at = content.IndexOf(text, StringComparison.Ordinal);
        if (at < 0 || content.IndexOf(text, at + 1, StringComparison.Ordinal) >= 0)
        {
            throw new FormatException($"{Name}: its text is {(at < 0 ? "not" : "more than once")} in {File}.");
        }

        return string.Concat(content.AsSpan(0, at), Replacement, content.AsSpan(at + text.Length));
    }

    /// <summary>Whether it changes a constant that other assemblies may have been compiled with.</summary>
    /// <param name="content">The file's.</param>
    /// <exception cref="FormatException">As for <see cref="Apply"/>.</exception>
    public bool ChangesConstant(string content) => content.Split('\n').Except(Apply(content).Split('\n'))
        .Any(line => line.Contains(" const ", StringComparison.Ordinal) && !line.Contains("private ", StringComparison.Ordinal));
}

/// <summary>Tests by project and name: <c>integration ShareLinkTests.A_link_is_revoked</c>.</summary>
/// <param name="Project"><c>unit</c> or <c>integration</c>.</param>
/// <param name="Name">Part of their full name.</param>
public sealed record MutantTests(string Project, string Name)
{
    /// <summary>The name up to a test's own.</summary>
    public string Class => Name.Split('.')[0];

    internal static MutantTests Read(string mutant, string text) =>
        text.Split(' ', 2) is [("unit" or "integration") and var project, var name]
        ? new(project, name)
        : throw new FormatException($"{mutant}: tests are \"unit\" or \"integration\", then part of their names; it says \"{text}\".");
}
