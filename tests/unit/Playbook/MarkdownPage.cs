using System.Text.RegularExpressions;

namespace Portal.Tests.Unit.Playbook;

/// <summary>What is not so on a page, and where.</summary>
internal sealed record PageFault(string Page, int Line, string What)
{
    public override string ToString() => $"{Page}:{Line}: {What}";
}

/// <param name="Line">The line of the opening fence, from 1.</param>
internal sealed record FencedBlock(string Language, int Line, string Text);

/// <param name="Columns">Headings in lower case.</param>
internal sealed record PageTable(string Section, IReadOnlyList<string> Columns, IReadOnlyList<PageRow> Rows)
{
    public int Column(string heading) => Columns.ToList().IndexOf(heading);
}

internal sealed record PageRow(int Line, IReadOnlyList<string> Cells);

internal sealed record PageHeading(int Line, int Level, string Title);

/// <summary>A Markdown page: front matter, headings, tables, fenced blocks, and the words between them, each with its line.</summary>
internal sealed partial class MarkdownPage
{
    private const string Fence = "```";

    private IReadOnlySet<string>? anchors;

    public MarkdownPage(string path, string text)
    {
        Path = path;
        Text = text.ReplaceLineEndings("\n");
        var lines = Text.Split('\n');
        var first = ReadFrontMatter(lines);
        ReadBody(lines, first);
        Tables = [.. ReadTables()];
    }

    public string Path { get; }

    public string Text { get; }

    /// <summary>Empty where the page begins without one.</summary>
    public Dictionary<string, string> FrontMatter { get; } = new(StringComparer.Ordinal);

    public List<PageHeading> Headings { get; } = [];

    public List<FencedBlock> Blocks { get; } = [];

    /// <summary>Lines outside fenced blocks.</summary>
    public List<(int Number, string Text)> Prose { get; } = [];

    public IReadOnlyList<PageTable> Tables { get; }

    public IEnumerable<string> Sections => Headings.Where(heading => heading.Level == 2).Select(heading => heading.Title);

    public IEnumerable<(int Line, string Text)> Spans =>
        Prose.SelectMany(line => Span().Matches(line.Text).Select(match => (line.Number, match.Groups[1].Value)));

    /// <summary>What a link to a heading of this page may end with, as GitHub makes it.</summary>
    public IReadOnlySet<string> Anchors => anchors ??= Headings.Select(
        heading => NotInAnchor().Replace(heading.Title.ToLowerInvariant(), "").Replace(' ', '-')).ToHashSet();

    public PageFault Fault(int line, string what) => new(Path, line, what);

    public PageTable? Table(string section, string column) =>
        Tables.FirstOrDefault(table => table.Section == section && table.Columns.Contains(column));

    public int LineOf(string section) => Headings.FirstOrDefault(heading => heading.Title == section)?.Line ?? 1;

    private int ReadFrontMatter(string[] lines)
    {
        if (lines[0] != "---")
        {
            return 0;
        }

        for (var at = 1; at < lines.Length; at++)
        {
            if (lines[at] == "---")
            {
                return at + 1;
            }

            var colon = lines[at].IndexOf(':', StringComparison.Ordinal);
            if (colon > 0)
            {
                FrontMatter[lines[at][..colon]] = lines[at][(colon + 1)..].Trim().Trim('"');
            }
        }

        return 0;
    }

    private void ReadBody(string[] lines, int first)
    {
        for (var at = first; at < lines.Length; at++)
        {
            if (lines[at].StartsWith(Fence, StringComparison.Ordinal))
            {
                var end = Array.FindIndex(lines, at + 1, line => line.StartsWith(Fence, StringComparison.Ordinal));
                end = end < 0 ? lines.Length : end;
                Blocks.Add(new(lines[at][Fence.Length..].Trim(), at + 1, string.Join('\n', lines[(at + 1)..end])));
                at = end;
                continue;
            }

            Prose.Add((at + 1, lines[at]));
            if (Heading().Match(lines[at]) is { Success: true } heading)
            {
                Headings.Add(new(at + 1, heading.Groups[1].Length, heading.Groups[2].Value));
            }
        }
    }

    private IEnumerable<PageTable> ReadTables()
    {
        for (var at = 0; at + 1 < Prose.Count; at++)
        {
            if (!IsRow(at) || !Rule().IsMatch(Prose[at + 1].Text) || Prose[at + 1].Number != Prose[at].Number + 1)
            {
                continue;
            }

            var head = at;
            var rows = new List<PageRow>();
            for (at += 2; at < Prose.Count && IsRow(at) && Prose[at].Number == Prose[at - 1].Number + 1; at++)
            {
                rows.Add(new(Prose[at].Number, Cells(Prose[at].Text)));
            }

            yield return new(
                Headings.LastOrDefault(heading => heading.Level == 2 && heading.Line < Prose[head].Number)?.Title ?? "",
                [.. Cells(Prose[head].Text).Select(cell => cell.ToLowerInvariant())], rows);
            at--;
        }
    }

    private bool IsRow(int at) => Prose[at].Text.StartsWith('|');

    private static IReadOnlyList<string> Cells(string line) => [.. line.Trim().Trim('|').Split(" | ").Select(cell => cell.Trim())];

    [GeneratedRegex("`([^`]+)`")]
    private static partial Regex Span();

    [GeneratedRegex(@"^(#{1,6}) (.+?)\s*$")]
    private static partial Regex Heading();

    [GeneratedRegex(@"^\|[ :|-]+\|$")]
    private static partial Regex Rule();

    [GeneratedRegex(@"[^\w\- ]")]
    private static partial Regex NotInAnchor();
}
