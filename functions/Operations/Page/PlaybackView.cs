using System.Globalization;
using Portal.Foundation;
using Portal.Operations.Playback;

namespace Portal.Functions.Operations.Page;

/// <summary>How playback went for people this week, as a part of the overview.</summary>
internal static class PlaybackView
{
    public static Html Section(IReadOnlyList<PlaybackDay> week) => Html.Of($"""
        <section aria-labelledby="playback">
        <h2 id="playback" tabindex="-1">Playback <span class="total">{week.Sum(day => day.Playbacks)}</span></h2>
        <p class="about">{(week.Count == 0 ? "No player said anything in 7 days." : "What players said in the last 7 days (UTC), by day.")}</p>
        {(week.Count == 0 ? Html.Empty : Html.Of($"""<details><summary>{Whole(week)}</summary><ul class="list">{Html.Join(week.Select(Item))}</ul></details>"""))}
        </section>
        """);

    private static string Whole(IReadOnlyList<PlaybackDay> week) =>
        $"{week.Sum(day => day.Started)} started, {week.Sum(day => day.Failed)} failed";

    private static Html Item(PlaybackDay day) => Html.Of($"""
        <li class="item over">
        <p class="item-name">{day.Day.ToString("d MMM", CultureInfo.InvariantCulture)}</p>
        <p class="item-text">{day.Playbacks} playbacks, {day.Failed} failed{Share(day.FailedShare)}{Codes(day)}.</p>
        <p class="item-meta">{Startup(day)}{day.Rebuffered} of {day.Ended} stood still to load{Share(day.RebufferedShare)}</p>
        </li>
        """);

    private static string Startup(PlaybackDay day) => day.StartupP50 is null
        ? ""
        : string.Create(
            CultureInfo.InvariantCulture, $"started after {day.StartupP50 / 1000:0.##} s, p95 {day.StartupP95 / 1000:0.##} s · ");

    private static string Share(double? share) =>
        share is null ? "" : string.Create(CultureInfo.InvariantCulture, $" ({100 * share:0.##} %)");

    private static string Codes(PlaybackDay day) => string.Concat(day.Errors.Select(error => $" · {error.Code} {error.Times}"));
}
