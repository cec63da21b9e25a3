using System.Text.RegularExpressions;
using Portal.Tests.Support.Statements;

namespace Portal.Tests.Soak.Statements;

/// <summary>A change that no test has told apart from the original.</summary>
/// <param name="Before">Some of what stands before what is replaced.</param>
/// <param name="After">And behind it.</param>
public sealed record StatementFinding(string File, string Kind, string Before, string Replaced, string After, string Replacement);

/// <summary>What is left of all changes after a run.</summary>
public sealed partial class StatementFindings
{
    private const int Shown = 80;

    private readonly StatementSources sources = new();

    public StatementFindings(IReadOnlyList<StatementLine> lines)
    {
        var met = lines.Where(line => line.Change is null).Distinct().ToList();
        var over = lines.Where(line => line.Change is not null).ToLookup(line => (line.Function, line.Sql));
        var all = met.SelectMany(statement => ChangesOf(statement).Index().Select(change => (
            Statement: statement, Change: change.Item, Place: PlaceOf(statement, change.Item),
            Line: over[(statement.Function, statement.Sql)].FirstOrDefault(line => line.Change == change.Index)))).ToList();

        // A list is a statement for each of its orders: who tells its conditions apart in one of them has told them apart.
        var told = all.Where(one => one.Line is { Invalid: false }).Select(one => one.Place).ToHashSet();
        Statements = met.Count;
        Told = told.Count;
        Left =
        [
            .. all.Where(one => one.Line is null && !told.Contains(one.Place)).DistinctBy(one => one.Place)
                .Select(one => Finding(one.Statement, one.Change)).Where(finding => !IsOfTenant().IsMatch(finding.Replaced)),
        ];
    }

    public int Statements { get; }

    public int Told { get; }

    public IReadOnlyList<StatementFinding> Left { get; }

    private static IReadOnlyList<SqlChange> ChangesOf(StatementLine statement) =>
        statement.Function is { } function ? ChangedFunctions.Of(function) : SqlChange.Of(statement.Text);

    private static (string? Function, string Kind, string Replaced, string Before) PlaceOf(StatementLine statement, SqlChange change)
    {
        var text = statement.Text;
        return (statement.Function, change.Kind, OneLine(text[change.Start..change.End]), Tail(text[..change.Start], Shown / 2));
    }

    private StatementFinding Finding(StatementLine statement, SqlChange change)
    {
        var text = statement.Text;
        return new(
            statement.Function is { } function ? $"infra/postgres/functions/{function}.sql" : sources.Of(text, change.Start), change.Kind,
            Tail(text[..change.Start], Shown), OneLine(text[change.Start..change.End]), Head(text[change.End..], Shown),
            change.Replacement);
    }

    private static string Tail(string text, int most) => OneLine(text) is var line && line.Length > most ? line[^most..] : line;

    private static string Head(string text, int most) => OneLine(text) is var line && line.Length > most ? line[..most] : line;

    private static string OneLine(string text) => Blanks().Replace(text, " ");

    [GeneratedRegex(@"\s+")]
    private static partial Regex Blanks();

    // Row-level security keeps tenants apart where such a condition is missing; IsolationMatrixTests tries them without it.
    [GeneratedRegex(@"^\s*(\w+\.)?tenant_id (=|is not distinct from|is distinct from) (@\w+|\w+\.tenant_id|\w+_tenant)\s*$")]
    private static partial Regex IsOfTenant();
}
