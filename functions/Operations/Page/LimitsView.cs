using Portal.Foundation;
using Portal.Foundation.Limits;
using Portal.Operations.Limits;

namespace Portal.Functions.Operations.Page;

/// <summary>The rate limits and whom they hold up, or would, as a part of the overview.</summary>
internal static class LimitsView
{
    public static Html Section(IReadOnlyList<LimitLook> limits)
    {
        var look = limits.Where(NeedsLook).ToList();
        var quiet = limits.Except(look).ToList();
        return Html.Of($"""
            <section aria-labelledby="limits">
            <h2 id="limits" tabindex="-1">Rate limits <span class="total">{look.Count}</span></h2>
            <p class="about">{(look.Count == 0 ? "Nobody was over a limit in the last day, and every limit is enforced." : "Which held somebody up in the last day, or are only observed.")}</p>
            {(look.Count == 0 ? Html.Empty : List(look))}
            {(quiet.Count == 0 ? Html.Empty : Html.Of($"""<details><summary>{quiet.Count} held nobody up</summary>{List(quiet)}</details>"""))}
            </section>
            """);
    }

    private static bool NeedsLook(LimitLook look) =>
        look.Mode == LimitMode.Observe || look.Counts.RefusedDay > 0 || look.Counts.LetThroughDay > 0;

    private static Html List(IEnumerable<LimitLook> limits) =>
        Html.Of($"""<ul class="list limits">{Html.Join(limits.Select(Item))}</ul>""");

    private static Html Item(LimitLook look)
    {
        var isObserved = look.Mode == LimitMode.Observe;
        var group = isObserved || look.Counts.RefusedHour > 0 ? "stuck" : "over";
        return Html.Of($"""
            <li class="item {group}">
            <div class="item-head"><span class="item-name">{Words(look.Name)} <span class="id">{look.Name}</span></span>{OpsLayout.Pill(group, isObserved ? "observed" : "enforced")}</div>
            <p class="item-text">{Did(look.Counts.RefusedHour, look.Counts.LetThroughHour)} in the last hour, {Did(look.Counts.RefusedDay, look.Counts.LetThroughDay)} in the last day.</p>
            {(look.Top.Count == 0 ? Html.Empty : Html.Of($"""<p class="item-text">Most often: {Html.Join(look.Top.Select(Key))}</p>"""))}
            <p class="item-meta">{look.Number} {(look.Window == TimeSpan.FromDays(1) ? "a day" : "a minute")}</p>
            </li>
            """);
    }

    private static Html Key(LimitedKey key, int place) =>
        Html.Of($"""{(place == 0 ? "" : ", ")}<span class="id">{key.Key}</span> {key.Refused + key.LetThrough}""");

    private static string Did(long refused, long letThrough) =>
        letThrough == 0 ? $"{refused} refused" : $"{refused} refused and {letThrough} let through";

    private static string Words(string name) => name switch
    {
        LimitName.User => "Requests of a person",
        LimitName.Tenant => "Requests of a tenant",
        LimitName.Playback => "Playback and share requests of an address",
        LimitName.Uploads => "Uploads of a person",
        LimitName.AuditReads => "Reads of a tenant's audit log",
        LimitName.FailedAttempts => "Failed attempts of an address",
        _ => name,
    };
}
