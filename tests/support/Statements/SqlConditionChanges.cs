namespace Portal.Tests.Support.Statements;

/// <summary>Conditions that no longer hold anything, or never let anything through.</summary>
internal static class SqlConditionChanges
{
    // What no column has.
    private const string Nothing = "'~none~'";

    public static IEnumerable<SqlChange> At(SqlText text, int at) => text.Word(at) switch
    {
        "and" when !text.IsOfBetween(at) => Operand(text, at + 1, "drop-and", "true"),
        "where" or "having" => Operand(text, at + 1, "drop-first", "true"),
        "on" when text.Word(at + 1) is not ("conflict" or "function") && text.Word(at - 1) != "distinct" =>
            Operand(text, at + 1, "drop-first", "true"),
        "or" when text.Word(at - 1) != "create" =>
            Operand(text, at + 1, "drop-or", "false").Append(SqlChange.At(text, "drop-or-left", text.StartOfOperand(at), at, "false")),
        "when" => Operand(text, at + 1, "when-false", IsLoneString(text, at + 1) ? Nothing : "false"),
        "if" when text.Word(at + 1) != "exists" && text.Word(at - 1) != "end" =>
            Operand(text, at + 1, "if-false", "false").Concat(Operand(text, at + 1, "if-true", "true")),
        "in" when text.Word(at + 1) == "(" && text.Word(at + 2).StartsWith('\'') => Listed(text, at + 2),
        _ => [],
    };

    private static IEnumerable<SqlChange> Operand(SqlText text, int first, string kind, string replacement)
    {
        var end = first < text.Count ? text.EndOfOperand(first) : first;
        return end > first ? [SqlChange.At(text, kind, first, end, replacement)] : [];
    }

    private static bool IsLoneString(SqlText text, int at) => text.Word(at).StartsWith('\'') && text.EndOfOperand(at) == at + 1;

    // in ('a', 'b'): one of them less.
    private static IEnumerable<SqlChange> Listed(SqlText text, int first)
    {
        var end = text.EndOf(first, _ => false);
        var strings = Enumerable.Range(first, end - first).Where(at => text[at].IsString).ToList();
        return strings.Count > 1 ? strings.Select(at => SqlChange.At(text, "in", at, at + 1, Nothing)) : [];
    }
}
