using Portal.Foundation.Timers;

namespace Portal.Functions.Operations;

/// <summary>How a timer is doing.</summary>
public static class TimerState
{
    public const string Ok = "ok";
    public const string Running = "running";
    public const string Never = "never";

    /// <summary>The last run threw.</summary>
    public const string Failed = "failed";

    /// <summary>Due, and no run began.</summary>
    public const string Late = "late";

    /// <summary>The last run began long ago and has no end: its process died.</summary>
    public const string Lost = "lost";

    public static bool NeedsLook(string state) => state is Failed or Late or Lost;
}

/// <summary>A timer with its last runs, newest first.</summary>
/// <param name="LastError">The last run that failed, however long ago.</param>
public sealed record TimerLook(
    TimerEntry Timer, string State, DateTimeOffset? NextDueAt, IReadOnlyList<TimerRun> Runs, TimerRun? LastError);

/// <summary>Reads for on-call what the timers did, and whether one does not run as it should.</summary>
public sealed class TimerQueries(TimerCatalog catalog, TimerRunStore runs, TimeProvider clock)
{
    private const int RunsEach = 5;

    /// <summary>What a host may be late by after a restart or a cold start.</summary>
    private static readonly TimeSpan Grace = TimeSpan.FromMinutes(5);

    /// <summary>Longer than Azure lets a function of ours run.</summary>
    private static readonly TimeSpan Longest = TimeSpan.FromHours(1);

    /// <summary>Those that need a look first.</summary>
    public async Task<IReadOnlyList<TimerLook>> AllAsync(CancellationToken ct)
    {
        var now = clock.GetUtcNow();
        var all = await runs.LastAsync([.. catalog.All.Select(timer => timer.Name)], RunsEach, ct);
        return [
            .. catalog.All.Select(
                timer => Look(timer, [.. all[timer.Name]], now)).OrderByDescending(look => TimerState.NeedsLook(look.State))
        ];
    }

    private static TimerLook Look(TimerEntry timer, IReadOnlyList<TimerRun> last, DateTimeOffset now) => new(
        timer, StateOf(timer, last, now), timer.DueAfter(now), [.. last.Take(RunsEach)], last.FirstOrDefault(
            run => run.Error is not null));

    private static string StateOf(TimerEntry timer, IReadOnlyList<TimerRun> last, DateTimeOffset now) => last switch
    {
        [] => TimerState.Never,
        [{ EndedAt: null } run, ..] => now - run.StartedAt > Longest ? TimerState.Lost : TimerState.Running,
        [var run, ..] when timer.DueAfter(run.StartedAt) is { } due && due + Grace < now => TimerState.Late,
        [{ Error: not null }, ..] => TimerState.Failed,
        _ => TimerState.Ok,
    };
}
