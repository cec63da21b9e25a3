namespace Portal.Tests.Support.Statements;

/// <summary>What is written: a column forgotten, a row that is there already not minded.</summary>
internal static class SqlWriteChanges
{
    public static IEnumerable<SqlChange> At(SqlText text, int at) => text.Word(at) switch
    {
        "set" when text.Word(at + 2) == "=" && text.Word(at + 1) is not ("search_path" or "local") => Assignments(text, at + 1),
        "on" when text.Word(at + 1) == "conflict" => Conflict(text, at),
        _ => [],
    };

    private static IEnumerable<SqlChange> Assignments(SqlText text, int first)
    {
        var end = text.EndOf(first, at =>
            text.Word(at) is "where" or "returning" or ";" || (text.Word(at) == "from" && text.Word(at - 1) != "distinct"));
        var commas = new List<int>();
        for (var at = text.EndOf(first, IsComma); at < end; at = text.EndOf(at + 1, IsComma))
        {
            commas.Add(at);
        }

        // The first one goes with the comma behind it, the others with that before them.
        return commas.Count == 0
            ? []
            : commas.Select((comma, index) =>
                    SqlChange.At(text, "drop-set", comma, index + 1 < commas.Count ? commas[index + 1] : end, " "))
                .Prepend(SqlChange.At(text, "drop-set", first, commas[0] + 1, ""));

        bool IsComma(int at) => at >= end || text.Word(at) == ",";
    }

    private static IEnumerable<SqlChange> Conflict(SqlText text, int on)
    {
        var action = text.EndOf(on, at => text.Word(at) == "do");
        var end = text.Word(action + 1) == "nothing"
            ? action + 2
            : text.EndOf(action, at => text.Word(at) is "returning" or ";");
        return text.Word(action + 1) switch
        {
            "nothing" => [SqlChange.At(text, "conflict-none", on, end, "")],
            "update" =>
            [
                SqlChange.At(text, "conflict-none", on, end, ""), SqlChange.At(text, "conflict-nothing", action + 1, end, "nothing"),
            ],
            _ => [],
        };
    }
}
