using System.Text.RegularExpressions;

namespace Portal.Tests.Support.Statements;

/// <summary>A word, number, string or sign of a statement.</summary>
/// <param name="Text">In lower case, but for strings.</param>
/// <param name="Depth">How many brackets are open around it.</param>
public readonly record struct SqlToken(string Text, int Start, int End, int Depth)
{
    public bool IsString => Text[0] == '\'';
}

/// <summary>A statement, or a function's body, as the signs and words that it consists of. Comments are left out.</summary>
public sealed partial class SqlText
{
    private static readonly HashSet<string> EndsOfOperands =
    [
        "and", "or", "order", "group", "limit", "returning", "union", "for", "on", "left", "right", "full", "join", "inner", "cross",
        "having", "when", "then", "else", "end", "window", "offset", ";", "except", "intersect", "set", "where", "from", "loop", "using",
        "do", "fetch", ",", "as", "$",
    ];

    private readonly List<SqlToken> tokens = [];

    public SqlText(string sql)
    {
        Sql = sql;
        var depth = 0;
        foreach (var match in Signs().Matches(sql).Where(match => !match.Value.StartsWith("--", StringComparison.Ordinal)))
        {
            depth -= match.Value is ")" or "]" ? 1 : 0;
            var text = match.Value[0] == '\'' ? match.Value : match.Value.ToLowerInvariant();
            tokens.Add(new(text, match.Index, match.Index + match.Length, depth));
            depth += match.Value is "(" or "[" ? 1 : 0;
        }
    }

    public string Sql { get; }

    public int Count => tokens.Count;

    public SqlToken this[int at] => tokens[at];

    /// <summary>The word at a place; none before the beginning and after the end.</summary>
    public string Word(int at) => at >= 0 && at < Count ? tokens[at].Text : "";

    /// <summary>Where an operand of AND and OR that begins at a place has ended.</summary>
    public int EndOfOperand(int first)
    {
        var between = false;
        return EndOf(first, at =>
        {
            var word = Word(at);
            var goesOn = (between && word == "and") || (word == "from" && Word(at - 1) == "distinct");
            between = (between && word != "and") || word == "between";
            return at > first && !goesOn && EndsOfOperands.Contains(word);
        });
    }

    /// <summary>The first place from there that is no more within the brackets of where it begins, or ends it by a rule. What is between
    /// CASE and END counts as within brackets.</summary>
    public int EndOf(int first, Func<int, bool> ends)
    {
        var cases = 0;
        for (var at = first; at < Count; at++)
        {
            if (this[at].Depth < this[first].Depth)
            {
                return at;
            }

            if (this[at].Depth > this[first].Depth)
            {
                continue;
            }

            cases += Word(at) == "case" ? 1 : 0;
            if (cases > 0)
            {
                cases -= Word(at) == "end" ? 1 : 0;
            }
            else if (ends(at))
            {
                return at;
            }
        }

        return Count;
    }

    /// <summary>Where the left operand of an OR begins.</summary>
    public int StartOfOperand(int or)
    {
        var at = or - 1;
        while (at >= 0 && (this[at].Depth > this[or].Depth
            || (this[at].Depth == this[or].Depth && !EndsOfOperands.Contains(Word(at)) && Word(at) is not ("not" or "if"))))
        {
            at--;
        }

        return at + 1;
    }

    /// <summary>Whether an AND belongs to a BETWEEN.</summary>
    public bool IsOfBetween(int and)
    {
        for (var at = and - 1; at >= 0 && this[at].Depth >= this[and].Depth; at--)
        {
            if (this[at].Depth == this[and].Depth && Word(at) is "between" or "and" or "or" or "where" or "on" or "when")
            {
                return Word(at) == "between";
            }
        }

        return false;
    }

    [GeneratedRegex(
        @"--[^\n]*|'(?:[^']|'')*'|""[^""]*""|[a-z_@][a-z0-9_@.]*|\d+(?:\.\d+)?|::|<=|>=|<>|\|\||->>|->|@>|<@|=>|\S",
        RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex Signs();
}
