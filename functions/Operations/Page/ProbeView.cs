using System.Globalization;
using Portal.Foundation;
using Portal.Operations.Probes;

namespace Portal.Functions.Operations.Page;

/// <summary>What the synthetic probe came to, as a part of the overview; or how it is switched on.</summary>
internal static class ProbeView
{
    private const int Shown = 10;

    public static Html Section(ProbeLook look, DateTimeOffset now) => Html.Of($"""
        <section aria-labelledby="probe">
        <h2 id="probe" tabindex="-1">Probe <span class="total">{(look.ShareLinkId is null ? "off" : $"{look.Good}/{look.Ended}")}</span></h2>
        {(look.ShareLinkId is { } link ? On(look, link, now) : Off())}
        </section>
        """);

    private static Html Off() => Html.Of($"""
        <p class="about">Nobody tries every minute whether a guest can play a video. Make a share link in the portal to a video that anybody may see, without passphrase and sign-in, and set <span class="id">Probe:ShareLinkId</span> to its id.</p>
        """);

    private static Html On(ProbeLook look, Guid link, DateTimeOffset now) => Html.Of($"""
        <p class="about">Opens share link <span class="id">{link}</span> every minute as a guest does, and fetches what a player fetches first: good within {(int)OpenAsGuest.Limit.TotalSeconds} s.</p>
        {(look.Last is { } last ? Html.Of($"""<ul class="list">{Item(last, now)}</ul>""") : Html.Of($"""<p class="about">None has ended in the last hour. Does the timer ProbePlayback run?</p>"""))}
        {(look.Ended > 1 ? Html.Of($"""<details><summary>{look.Good} of {look.Ended} could have played in the last hour</summary><ul class="list">{Html.Join(Rest(look).Select(run => Item(run, now)))}</ul></details>""") : Html.Empty)}
        """);

    /// <summary>After the last one: those that were not good first.</summary>
    private static IEnumerable<ProbeRun> Rest(ProbeLook look) =>
        look.Runs.Where(run => run.Outcome is not null).Skip(1).OrderBy(run => run.IsGood).Take(Shown);

    private static Html Item(ProbeRun run, DateTimeOffset now)
    {
        var group = run.IsGood ? "over" : "failed";
        return Html.Of($"""
            <li class="item {group}">
            <div class="item-head"><span class="item-name">{Words(run)}</span>{OpsLayout.Pill(group, run.Outcome!)}</div>
            <p class="item-meta">{OpsLayout.Ago(run.Minute, now)}{Took(run)}</p>
            </li>
            """);
    }

    private static string Took(ProbeRun run) => run.TookMs is { } took
        ? string.Create(CultureInfo.InvariantCulture, $" · took {took} ms")
        : "";

    private static string Words(ProbeRun run)
    {
        var where = run.Step == ProbeStep.Playlist ? "The playlist at Mux" : "The share link";
        return run.Outcome switch
        {
            ProbeOutcome.Played => "Could have played",
            ProbeOutcome.NoLink => "There is no such share link",
            ProbeOutcome.Refused or ProbeOutcome.Failed => $"{where} was answered {run.Status}",
            ProbeOutcome.Unreachable => $"{where} could not be reached",
            ProbeOutcome.TimedOut => $"{where} did not come in time",
            ProbeOutcome.Unreadable => $"{where} was answered with something else",
            _ => "Began and never ended",
        };
    }
}
