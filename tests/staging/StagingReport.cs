using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace Portal.Tests.Staging;

/// <summary>One thing that was asked of the portal, and the verdict.</summary>
public sealed record StagingLine(string Asked, string Expected, string Answered, bool Holds);

/// <summary>What a check found, for whoever reviews it: no token, secret or address with one stands in it.</summary>
public sealed partial class StagingReport(StagingCheck check, DateTimeOffset began, IReadOnlyCollection<string> secrets)
{
    private const string Gone = "…";
    private readonly List<StagingLine> lines = [];
    private readonly List<string> notes = [];

    public StagingCheck Check => check;

    public DateTimeOffset Began { get; } = began;

    public IReadOnlyList<StagingLine> Lines => lines;

    /// <summary>Why it could not go on to its end.</summary>
    public string? Stopped { get; private set; }

    public DateTimeOffset? Ended { get; private set; }

    /// <summary>A check that looked at nothing holds no more than one that was stopped.</summary>
    public bool Holds => Stopped is null && lines.Count > 0 && lines.TrueForAll(line => line.Holds);

    public void Add(string asked, string expected, string answered, bool holds) => lines.Add(new(asked, expected, answered, holds));

    public void Note(string text) => notes.Add(text);

    public void Stop(string why) => Stopped = why;

    public void End(DateTimeOffset now) => Ended = now;

    /// <summary>What all checks found, in one document.</summary>
    public static string Document(Uri portal, IReadOnlyList<StagingReport> reports)
    {
        var text = new StringBuilder($"# Staging checks of {portal.Authority}\n\n");
        text.Append("| check | began | verdict |\n|---|---|---|\n");
        foreach (var report in reports)
        {
            text.Append(CultureInfo.InvariantCulture, $"| {report.Check.Name} | {Time(report.Began)} | {report.Verdict} |\n");
        }

        foreach (var report in reports)
        {
            text.Append('\n').Append(report.Text(portal));
        }

        return text.ToString();
    }

    private string Verdict => $"{(Holds ? "holds" : "**does not hold**")}, {lines.Count(line => line.Holds)} of {lines.Count}";

    private string Text(Uri portal)
    {
        var text = new StringBuilder($"## {check.Name}\n\n{check.Shows}\n\n");
        text.Append(CultureInfo.InvariantCulture, $"* Portal: {portal.GetLeftPart(UriPartial.Authority)}\n");
        text.Append(CultureInfo.InvariantCulture, $"* Run: {Time(Began)} to {Time(Ended ?? Began)}\n* Verdict: {Verdict}\n");
        foreach (var note in notes)
        {
            text.Append(CultureInfo.InvariantCulture, $"* {Clean(note)}\n");
        }

        if (Stopped is not null)
        {
            text.Append(CultureInfo.InvariantCulture, $"* **Stopped**: {Clean(Stopped)}\n");
        }

        text.Append("\n| # | asked | expected | answered | verdict |\n|---|---|---|---|---|\n");
        foreach (var (line, number) in lines.Select((line, at) => (line, at + 1)))
        {
            text.Append(
                CultureInfo.InvariantCulture, $"| {number} | {Clean(line.Asked)} | {Clean(line.Expected)} | {Clean(line.Answered)} | "
                + $"{(line.Holds ? "holds" : "**does not hold**")} |\n");
        }

        return text.ToString();
    }

    private static string Time(DateTimeOffset at) => at.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss 'UTC'", CultureInfo.InvariantCulture);

    /// <summary>Without secrets, and without what would end a cell of a table.</summary>
    private string Clean(string text)
    {
        foreach (var secret in secrets.Where(secret => secret.Length > 0))
        {
            text = text.Replace(secret, Gone, StringComparison.Ordinal);
        }

        return Token().Replace(text, Gone).ReplaceLineEndings(" ").Replace("|", "\\|", StringComparison.Ordinal);
    }

    // A JWT, whoever made it; the token of a share link has 43 characters.
    [GeneratedRegex(@"eyJ[\w-]+\.[\w-]+\.[\w-]*|(?<=token=)[^&\s]+|\b[A-Za-z0-9_-]{43}\b")]
    private static partial Regex Token();
}
