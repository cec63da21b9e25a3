using System.Text.RegularExpressions;
using Portal.Foundation;
using Portal.Functions.Videos.Uploads;
using Portal.Operations.Orchestrations;

namespace Portal.Functions.Operations.Page;

/// <summary>A timeline as a list: what, in words, with a bar for the eye. The bars say nothing that the words do not.</summary>
internal static partial class TimelineView
{
    private const double NarrowestBar = 0.9;

    public static Html Of(Timeline timeline, bool live, DateTimeOffset now)
    {
        if (timeline.Entries.Count == 0)
        {
            return Html.Of($"""<p class="about">Nothing has happened yet.</p>""");
        }

        var scale = new TimeScale(timeline.Entries, now);
        var first = timeline.Entries[0];
        Html? present = live
            ? Html.Of($"""<line class="now" x1="{scale.Of(now):0.##}%" x2="{scale.Of(now):0.##}%" y1="0" y2="100%"/>""")
            : null;
        return Html.Of($"""
            <p class="about">Times are UTC. Long waits are drawn shorter than they were.</p>
            <ol class="timeline">
            {Item(first, scale, present, now)}
            {(timeline.Earlier == 0 ? Html.Empty : Html.Of($"""<li class="entry gap"><p>{timeline.Earlier} lines are left out.</p></li>"""))}
            {Html.Join(timeline.Entries.Skip(1).Select(entry => Item(entry, scale, present, now)))}
            </ol>
            """);
    }

    private static Html Item(TimelineEntry entry, TimeScale scale, Html? present, DateTimeOffset now) => Html.Of($"""
        <li class="entry {entry.Kind} {entry.State}{(IsSide(entry) ? " side" : "")}">
        <time class="when" datetime="{entry.Start.UtcDateTime:yyyy-MM-dd'T'HH:mm:ss.fff'Z'}" title="{entry.Start.UtcDateTime:yyyy-MM-dd HH:mm:ss.fff} UTC">{entry.Start.UtcDateTime:HH:mm:ss}</time>
        <div class="what">
        <p class="title">{TimelineWords.Title(entry)}{(entry is { Kind: EntryKind.Activity, Attempt: > 1 } ? Html.Of($""" <span class="try">attempt {entry.Attempt}</span>""") : Html.Empty)}</p>
        {(IsSide(entry) ? Html.Empty : Html.Of($"""<p class="words">{Together().Replace(TimelineWords.Outcome(entry), "$1\u00a0$2")}{Remaining(entry, now)}</p>"""))}
        </div>
        {Bar(entry, scale, present, now)}
        </li>
        """);

    private static Html Bar(TimelineEntry entry, TimeScale scale, Html? present, DateTimeOffset now)
    {
        var from = scale.Of(entry.Start);
        var width = Math.Max(NarrowestBar, scale.Of(entry.End ?? entry.Due ?? now) - from);
        from = Math.Min(from, 100 - width);
        return Html.Of($"""
            <svg class="bar" width="100%" height="16" aria-hidden="true" focusable="false"><rect class="lane" width="100%" height="16" rx="4"/><rect class="fill" x="{from:0.##}%" width="{width:0.##}%" height="16" rx="4"/>{present ?? Html.Empty}</svg>
            """);
    }

    private static Html Remaining(TimelineEntry entry, DateTimeOffset now) => entry switch
    {
        { State: EntryState.Waiting, Due: { } due } when due > now =>
            Html.Of($""" <span class="soft">({Diagnosis.Span(due - now)} to go)</span>"""),
        { State: EntryState.Waiting, Due: { } due } => Html.Of($""" <span class="soft">(due {Diagnosis.Span(now - due)} ago)</span>"""),
        { State: EntryState.Running or EntryState.Waiting } =>
            Html.Of($""" <span class="soft">(for {Diagnosis.Span(now - entry.Start)})</span>"""),
        _ => Html.Empty,
    };

    /// <summary>A number and its unit stay on one line.</summary>
    [GeneratedRegex(@"(\d) (ms|s|min|h|days|UTC)\b")]
    private static partial Regex Together();

    /// <summary>Bookkeeping: there to be complete, not to be read first.</summary>
    private static bool IsSide(TimelineEntry entry) =>
        entry.Kind == EntryKind.Activity && entry.Name == UploadPipelineActivities.NoteAttempt && entry.State == EntryState.Done;
}
