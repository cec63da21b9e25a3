using Portal.Foundation;
using Portal.Foundation.Timers;

namespace Portal.Functions.Operations.Page;

/// <summary>The timers, as a part of the overview.</summary>
internal static class TimersView
{
    public static Html Section(IReadOnlyList<TimerLook> timers, DateTimeOffset now)
    {
        var look = timers.Where(timer => TimerState.NeedsLook(timer.State)).ToList();
        var well = timers.Except(look).ToList();
        return Html.Of($"""
            <section aria-labelledby="timers">
            <h2 id="timers" tabindex="-1">Timers <span class="total">{timers.Count}</span></h2>
            <p class="about">What runs by the clock, and what it did last.</p>
            {(look.Count == 0 ? Html.Empty : List(look, now))}
            {(well.Count == 0 ? Html.Empty : Html.Of($"""<details><summary>{well.Count} {(well.Count == 1 ? "is" : "are")} well</summary>{List(well, now)}</details>"""))}
            </section>
            """);
    }

    private static Html List(IEnumerable<TimerLook> timers, DateTimeOffset now) =>
        Html.Of($"""<ul class="list timers">{Html.Join(timers.Select(timer => Item(timer, now)))}</ul>""");

    private static Html Item(TimerLook look, DateTimeOffset now)
    {
        var group = look.State == TimerState.Failed
            ? "failed"
            : TimerState.NeedsLook(look.State) ? "stuck"
            : look.State == TimerState.Running ? "running" : "over";
        return Html.Of($"""
            <li class="item {group}">
            <div class="item-head"><span class="item-name">{look.Timer.Name} <span class="id">{look.Timer.Schedule}</span></span>{OpsLayout.Pill(group, look.State)}</div>
            <p class="item-text">{Did(look, now)}</p>
            {Error(look, now)}
            <p class="item-meta">{(look.NextDueAt is { } next ? Html.Of($"due {OpsLayout.Ago(next, now)}") : Html.Of($"next time not known"))}</p>
            </li>
            """);
    }

    private static Html Did(TimerLook look, DateTimeOffset now) => look switch
    {
        { Runs: [] } => Html.Of($"Has not run yet."),
        { State: TimerState.Running, Runs: [var run, ..] } => Html.Of($"Began {OpsLayout.Ago(run.StartedAt, now)}."),
        { State: TimerState.Lost, Runs: [var run, ..] } =>
            Html.Of($"Began {OpsLayout.Ago(run.StartedAt, now)} and has no end: its process died. The next run does the work."),
        { State: TimerState.Late, Runs: [var run, ..] } =>
            Html.Of($"Due, and not begun. Ran last {OpsLayout.Ago(run.StartedAt, now)}: {Counts(run)}"),
        { Runs: [var run, ..] } => Html.Of($"Ran {OpsLayout.Ago(run.StartedAt, now)}: {Counts(run)}"),
    };

    private static string Counts(TimerRun run)
    {
        var done = TimerRunJson.CountsOf(run).Where(count => count.Value != 0).Select(count => $"{count.Key} {count.Value}").ToList();
        return run.Error is not null ? "it failed." : done.Count == 0 ? "nothing to do." : $"{string.Join(", ", done)}.";
    }

    private static Html Error(TimerLook look, DateTimeOffset now) => look.LastError is { Error: { } error } run
        ? Html.Of($"""<p class="item-error">Last error, {OpsLayout.Ago(run.StartedAt, now)}: {error}</p>""")
        : Html.Empty;
}
