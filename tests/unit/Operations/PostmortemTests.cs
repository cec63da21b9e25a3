using Portal.Foundation.Identity;
using Portal.Operations.Incidents;

namespace Portal.Tests.Unit.Operations;

/// <summary>What a postmortem says, and that nobody's words become its structure.</summary>
public sealed class PostmortemTests
{
    private static readonly DateTimeOffset Opened = new(2026, 3, 2, 9, 0, 0, TimeSpan.Zero);

    [Theory]
    [InlineData("Plain words, 5 % of 7; why? \"so\"", "Plain words, 5 % of 7; why? \"so\"")]
    [InlineData("# Root cause", "\\# Root cause")]
    [InlineData("a [link](https://evil.example)", "a \\[link\\]\\(https\\:\\/\\/evil\\.example\\)")]
    [InlineData("<b>&amp;</b>", "\\<b\\>\\&amp;\\<\\/b\\>")]
    [InlineData("`code` *b* _i_ ~s~ | a", "\\`code\\` \\*b\\* \\_i\\_ \\~s\\~ \\| a")]
    [InlineData("1. one + two - three = six!", "1\\. one \\+ two \\- three \\= six\\!")]
    [InlineData("back\\slash a@b.example {x} $y ^z", "back\\\\slash a\\@b\\.example \\{x\\} \\$y \\^z")]
    [InlineData("漢字 é “quoted”", "漢字 é “quoted”")]
    public void What_Markdown_could_read_is_escaped(string text, string escaped)
    {
        Assert.Contains($"# Postmortem: {escaped}\n", Text(text), StringComparison.Ordinal);
        Assert.Contains($"\n> {escaped}\n", Text(note: text), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("\n")]
    [InlineData("\r\n")]
    [InlineData("\r")]
    [InlineData("\v")]
    [InlineData("\f")]
    [InlineData("\u0085")]
    [InlineData("\u2028")]
    [InlineData("\u2029")]
    public void A_line_of_somebodys_text_stays_in_its_quotation_and_a_summary_on_its_line(string end)
    {
        var text = $"first{end}{end}    ## Impact{end}===";
        Assert.Contains("> first\\\n>\n> \\#\\# Impact\\\n> \\=\\=\\=\n", Text(note: text), StringComparison.Ordinal);
        Assert.Contains("# Postmortem: first \\#\\# Impact \\=\\=\\=\n", Text(text), StringComparison.Ordinal);
    }

    [Fact]
    public void Times_are_told_from_the_detection_on_and_what_did_not_happen_is_said()
    {
        var known = Text(discovered: Opened.AddMinutes(-20), acknowledged: Opened.AddMinutes(2), resolved: Opened.AddHours(25));
        Assert.Contains("| Detected | 2026-03-02 08:40:00 |", known, StringComparison.Ordinal);
        Assert.Contains("| Acknowledged | 2026-03-02 09:02:00, 0:22:00 after it was detected |", known, StringComparison.Ordinal);
        Assert.Contains("| Resolved | 2026-03-03 10:00:00, 25:20:00 after it was detected |", known, StringComparison.Ordinal);
        var open = Text();
        Assert.Contains("| Detected | 2026-03-02 09:00:00 |", open, StringComparison.Ordinal);
        Assert.Contains("| Paged | not |\n| Acknowledged | not |\n| Resolved | not |\n| Assignee | nobody |", open, StringComparison.Ordinal);
        Assert.Contains("## Notes\n\nNone.\n", open, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0, true)]
    [InlineData(-1, true)]
    [InlineData(1, false)]
    [InlineData(-90 * 86_400, true)]
    [InlineData((-90 * 86_400) - 1, false)]
    public void A_discovery_lies_in_the_last_ninety_days(int seconds, bool possible) =>
        Assert.Equal(possible, OpenSecurityIncident.IsDiscovery(Opened.AddSeconds(seconds), Opened));

    private static string Text(
        string summary = "It broke", string? note = null, DateTimeOffset? discovered = null, DateTimeOffset? acknowledged = null,
        DateTimeOffset? resolved = null)
    {
        var incident = new Incident(
            new IncidentId(Guid.Empty), discovered is null ? IncidentKind.Alert : IncidentKind.Security, "key", "critical", summary, null,
            true, IncidentUrgency.High, resolved is null ? IncidentStatus.Open : IncidentStatus.Resolved, 1, Opened, Opened, acknowledged,
            acknowledged is null ? null : "user_a", resolved, resolved is null ? null : "user_a", null, null, null, null, discovered, 1);
        return Postmortem.Of(
            incident, note is null ? [] : [new(Opened, Guid.Empty, IncidentEntryKind.Note, "user_a", note, null, null, null)]);
    }
}
