namespace Portal.Tests.Support.Statements;

/// <summary>A small change of a statement, such as somebody tired makes.</summary>
/// <param name="Kind">What is done: <c>drop-and</c>, <c>boundary</c>, …</param>
/// <param name="Start">Where the text that is replaced begins.</param>
/// <param name="End">Behind its last character.</param>
/// <param name="Replacement">What stands there instead.</param>
public sealed record SqlChange(string Kind, int Start, int End, string Replacement)
{
    /// <summary>The statement with the change made.</summary>
    public string Apply(string sql) => string.Concat(sql.AsSpan(0, Start), Replacement, sql.AsSpan(End));

    /// <summary>All that there are of a statement, always in the same order.</summary>
    public static IReadOnlyList<SqlChange> Of(string sql)
    {
        var text = new SqlText(sql);
        return
        [
            .. Enumerable.Range(0, text.Count).SelectMany(at =>
                SqlConditionChanges.At(text, at).Concat(SqlValueChanges.At(text, at)).Concat(SqlWriteChanges.At(text, at))),
        ];
    }

    /// <summary>One that replaces the text from one place to before another.</summary>
    internal static SqlChange At(SqlText text, string kind, int first, int end, string replacement) =>
        new(kind, text[first].Start, text[end - 1].End, replacement);
}
