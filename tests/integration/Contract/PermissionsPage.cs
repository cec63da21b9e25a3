using Portal.Postgres;

namespace Portal.Tests.Integration.Contract;

/// <summary>A row of docs/permissions.md: the function and who may call it, by the columns' headings.</summary>
public sealed record PermissionsRow(string Function, string Request, IReadOnlyDictionary<string, bool> Allowed)
{
    /// <summary>A page for browsers, or a file at a well-known address: not of the API.</summary>
    public bool IsPage => !Request.Contains("`/api/", StringComparison.Ordinal);
}

/// <summary>Reads the table of docs/permissions.md.</summary>
public static class PermissionsPage
{
    private const int FirstColumn = 3;

    public static IReadOnlyList<PermissionsRow> Read()
    {
        var lines = File.ReadAllLines(Path.Combine(Checkout.Require(), "docs", "permissions.md"));
        var headings = Cells(lines.Single(l => l.StartsWith("| function |", StringComparison.Ordinal)));
        return
        [
            .. lines.Where(
                l =>
                    l.StartsWith("| `", StringComparison.Ordinal)).Select(Cells).Where(cells =>
                        cells.Length == headings.Length).Select(cells => new PermissionsRow(
                cells[0].Trim('`'),
                cells[1],
                headings.Zip(cells).Skip(FirstColumn).ToDictionary(c => c.First, c => c.Second switch
                {
                    "yes" => true,
                    "–" => false,
                    var other =>
                        throw new InvalidOperationException($"docs/permissions.md says '{other}' of {cells[0]}; a cell is yes or –."),
                }))),
        ];
    }

    private static string[] Cells(string line) => [.. line.Trim().Trim('|').Split('|').Select(c => c.Trim())];
}
