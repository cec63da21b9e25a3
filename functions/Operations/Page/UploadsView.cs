using System.Globalization;
using Portal.Foundation;
using Portal.Operations.Uploads;

namespace Portal.Functions.Operations.Page;

/// <summary>How uploads went this week, as a part of the overview.</summary>
internal static class UploadsView
{
    public static Html Section(UploadDays week) => Html.Of($"""
        <section aria-labelledby="uploads">
        <h2 id="uploads" tabindex="-1">Uploads <span class="total">{week.Days.Sum(day => day.Uploads)}</span></h2>
        <p class="about">{(week.Days.Count == 0 ? "None in 7 days." : "Asked for in the last 7 days (UTC), by day and way.")}</p>
        {(week.Days.Count == 0 ? Html.Empty : Html.Of($"""<details><summary>{Whole(week)}</summary><ul class="list uploads">{Html.Join(week.Days.Select(Item))}</ul></details>"""))}
        </section>
        """);

    private static string Whole(UploadDays week) =>
        $"{week.Days.Sum(day => day.Ready)} ready, {week.Days.Sum(day => day.Failed + day.TimedOut)} failed, "
        + $"{week.Days.Sum(day => day.Retries)} retries";

    private static Html Item(UploadDay day) => Html.Of($"""
        <li class="item over">
        <p class="item-name">{day.Day.ToString("d MMM", CultureInfo.InvariantCulture)} <span class="id">{day.Source}</span></p>
        <p class="item-text">{day.Uploads} asked for: {day.Ready} ready, {day.Failed} failed, {day.TimedOut} timed out, {day.Cancelled} cancelled, {day.UnderWay} under way.</p>
        <p class="item-meta">{Times("bytes", day.BytesAfter)}{Times("ready", day.ReadyAfter)}{day.Retries} retries{Codes(day)}</p>
        </li>
        """);

    private static string Times(string what, Spread<double>? spread) => spread is null
        ? ""
        : string.Create(CultureInfo.InvariantCulture, $"{what} after {spread.P50:0.#} s, p95 {spread.P95:0.#} s · ");

    private static string Codes(UploadDay day) => string.Concat(day.Failures.Select(failure => $" · {failure.Code} {failure.Attempts}"));
}
