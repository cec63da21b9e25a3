using System.Text;

namespace Portal.Operations.Incidents;

/// <summary>
/// People's text inside Markdown: every sign that Markdown could read is escaped, so that nobody's words become a heading, a link, a
/// picture or HTML.
/// </summary>
internal static class Markdown
{
    private const string LineEnds = "\n\v\f\r\u0085\u2028\u2029";

    /// <summary>On one line, whatever lines it had.</summary>
    public static string Line(string text) =>
        string.Join(' ', Lines(text).Where(line => line.Length > 0).Select(Escaped));

    /// <summary>As a quotation, line by line.</summary>
    public static string Quote(string text) =>
        string.Join('\n', Lines(text).Select(line => line.Length == 0 ? ">" : $"> {Escaped(line)}\\")).TrimEnd('\\');

    private static IEnumerable<string> Lines(string text) =>
        text.ReplaceLineEndings("\n").Split(LineEnds.ToCharArray()).Select(line => line.Trim());

    /// <summary>CommonMark takes a backslash before any ASCII punctuation for that sign itself.</summary>
    private static string Escaped(string line)
    {
        var escaped = new StringBuilder(line.Length + 16);
        foreach (var c in line)
        {
            if (char.IsAscii(c) && (char.IsPunctuation(c) || char.IsSymbol(c)) && c is not (',' or ';' or '?' or '%' or '\'' or '"'))
            {
                escaped.Append('\\');
            }

            escaped.Append(char.IsControl(c) ? ' ' : c);
        }

        return escaped.ToString();
    }
}
