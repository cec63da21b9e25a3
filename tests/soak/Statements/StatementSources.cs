using Portal.Postgres;

namespace Portal.Tests.Soak.Statements;

/// <summary>Finds the file that a statement comes from, by its lines: those nearest to a place in it that few files have.</summary>
internal sealed class StatementSources
{
    private const int ShortestLine = 15;

    private readonly List<(string File, HashSet<string> Lines)> files = [.. Files()];

    /// <summary>From the checkout's root; a question mark where no line is found.</summary>
    public string Of(string sql, int place)
    {
        var at = sql.AsSpan(0, place).Count('\n');
        var lines = sql.Split('\n').Index().OrderBy(line => Math.Abs(line.Index - at)).Select(line => line.Item.Trim());
        List<string>? found = null;
        foreach (var line in lines.Where(line => line.Length >= ShortestLine))
        {
            var having = files.Where(file => file.Lines.Contains(line)).Select(file => file.File).ToList();
            var both = found is null ? having : [.. found.Intersect(having)];
            found = both.Count > 0 ? both : found;
            if (found?.Count == 1)
            {
                break;
            }
        }

        return found is [var first, ..] ? first : "?";
    }

    private static IEnumerable<(string File, HashSet<string> Lines)> Files()
    {
        var root = Checkout.Require();
        return new[] { "shared", "functions" }
            .SelectMany(folder => Directory.EnumerateFiles(Path.Combine(root, folder), "*.cs", SearchOption.AllDirectories))
            .Select(file => (Path.GetRelativePath(root, file), File.ReadLines(file).Select(line => line.Trim()).ToHashSet()));
    }
}
