namespace Portal.Operations.Playback;

/// <summary>How often playbacks failed with that code.</summary>
public sealed record PlaybackErrorCount(string Code, int Times);

/// <summary>What players said on one day (UTC). It names no tenant.</summary>
/// <param name="Playbacks">That started or failed, each once.</param>
/// <param name="Rebuffered">Of those that ended, how many stood still to load at least once.</param>
/// <param name="StartupP50">Milliseconds from the press of play to the first picture; null: none started.</param>
public sealed record PlaybackDay(
    DateOnly Day, int Playbacks, int Started, int Failed, int Ended, int Rebuffered, double? StartupP50, double? StartupP95,
    IReadOnlyList<PlaybackErrorCount> Errors)
{
    public double? FailedShare => Playbacks == 0 ? null : (double)Failed / Playbacks;

    public double? RebufferedShare => Ended == 0 ? null : (double)Rebuffered / Ended;
}
