using System.Globalization;
using System.Text.RegularExpressions;

namespace Portal.Tests.Support.Statements;

/// <summary>Limits that are off by one, orders turned round, values that are not there replaced by nothing.</summary>
internal static partial class SqlValueChanges
{
    public static IEnumerable<SqlChange> At(SqlText text, int at) => text.Word(at) switch
    {
        "<" => [SqlChange.At(text, "boundary", at, at + 1, "<=")],
        "<=" => [SqlChange.At(text, "boundary", at, at + 1, "<")],
        ">" => [SqlChange.At(text, "boundary", at, at + 1, ">=")],
        ">=" => [SqlChange.At(text, "boundary", at, at + 1, ">")],
        "desc" => [SqlChange.At(text, "order", at, at + 1, "asc")],
        "order" when text.Word(at + 1) == "by" => FirstKey(text, at + 2),
        "limit" => [SqlChange.At(text, "limit", at, Math.Max(at + 2, text.EndOfOperand(at + 1)), "")],
        "left" when text.Word(at + 1) == "join" => [SqlChange.At(text, "inner", at, at + 1, "")],
        "coalesce" or "greatest" or "least" when text.Word(at + 1) == "(" => FirstArgument(text, at),
        _ when text.Word(at - 1) is "<" or "<=" or ">" or ">=" or "=" => OneMore(text, at),
        _ when text.Word(at - 1) == "interval" && text[at].IsString => Twice(text, at),
        _ => [],
    };

    private static IEnumerable<SqlChange> FirstKey(SqlText text, int first)
    {
        var end = text.EndOf(first, at => text.Word(at) is "," or ";" or "limit" or "for" or "rows" or "range" or "nulls" or "offset");
        return end > first && text.Word(end - 1) != "desc" ? [new("order", text[end - 1].End, text[end - 1].End, " desc")] : [];
    }

    private static IEnumerable<SqlChange> FirstArgument(SqlText text, int at)
    {
        var first = at + 2;
        var comma = text.EndOf(first, place => text.Word(place) == ",");
        var close = text.EndOf(first, _ => false);
        return close < text.Count && text.Word(comma) == ","
            ? [SqlChange.At(text, "first-of", at, close + 1, $"({text.Sql[text[first].Start..text[comma].Start]})")]
            : [];
    }

    private static IEnumerable<SqlChange> OneMore(SqlText text, int at) =>
        int.TryParse(text.Word(at), NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number > 1
            ? [SqlChange.At(text, "number", at, at + 1, (number + 1).ToString(CultureInfo.InvariantCulture))]
            : [];

    private static IEnumerable<SqlChange> Twice(SqlText text, int at)
    {
        var doubled = Digits().Replace(
            text.Word(at), match => (2 * int.Parse(match.Value, CultureInfo.InvariantCulture)).ToString(CultureInfo.InvariantCulture));
        return doubled == text.Word(at) ? [] : [SqlChange.At(text, "interval", at, at + 1, doubled)];
    }

    [GeneratedRegex(@"\d+")]
    private static partial Regex Digits();
}
