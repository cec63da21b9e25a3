using System.Globalization;

namespace Portal.Tests.Support.Objectives;

/// <summary>A request as whoever sent it saw it.</summary>
public sealed record LoggedRequest(DateTimeOffset At, string Function, int Status, int Milliseconds);

/// <summary>A promise, written down a second time: what its numbers must be is told from the log by this.</summary>
/// <param name="MayFail">What share may be bad.</param>
public sealed record LoggedPromise(
    string Name, decimal MayFail, int LeastBad, bool Pages, Func<LoggedRequest, bool> Counts, Func<LoggedRequest, bool> IsGood)
{
    public static IReadOnlyList<LoggedPromise> All { get; } =
    [
        new("availability", 0.001m, 10, true, request => request.Function != "HealthReady", request => request.Status < 500),
        new(
            "api_latency", 0.01m, 10, false,
            request => request.Status < 400 && request.Function is not ("HealthReady" or "DownloadShared"),
            request => request.Milliseconds < 1000),
        new(
            "playback_availability", 0.001m, 5, true, request => request.Function is "OpenShareLink" or "PlayAsset" or "DownloadShared",
            request => request.Status < 500),
        new(
            "share_open_latency", 0.01m, 10, true, request => request.Status < 400 && request.Function is "OpenShareLink" or "PlayAsset",
            request => request.Milliseconds < 300),
        // Nobody makes a token here: there are but those that were asked for in vain.
        new(
            "playback_success", 0.01m, 5, true,
            request => request.Status >= 500 && request.Function is "OpenShareLink" or "PlayAsset" or "DownloadShared", _ => false),
        new(
            "replay", 0.01m, 2, false, request => request.Status < 400 && request.Function == "ReplayUpload",
            request => request.Milliseconds < 60_000),
    ];
}

/// <summary>What must be opened and closed in which minute, told from the log alone.</summary>
public sealed class TrafficOracle(IReadOnlyList<LoggedRequest> log, Func<DateTimeOffset, int> minuteOf, int minutes)
{
    private static readonly (int Long, int Short, decimal Rate, bool Pages)[] Rules =
        [(60, 5, 14.4m, true), (360, 30, 6, true), (1440, 120, 3, false), (4320, 360, 1, false)];

    public static string Move(int minute, string objective, string what, string move) =>
        string.Create(CultureInfo.InvariantCulture, $"{minute:0000} {objective} {what} {move}");

    public List<string> Moves() => [.. LoggedPromise.All.SelectMany(Moves)];

    private IEnumerable<string> Moves(LoggedPromise promise)
    {
        var (bad, total) = (new long[minutes + 1], new long[minutes + 1]);
        foreach (var request in log.Where(promise.Counts).Where(request => minuteOf(request.At) < minutes))
        {
            total[minuteOf(request.At) + 1]++;
            bad[minuteOf(request.At) + 1] += promise.IsGood(request) ? 0 : 1;
        }

        for (var minute = 1; minute <= minutes; minute++)
        {
            bad[minute] += bad[minute - 1];
            total[minute] += total[minute - 1];
        }

        foreach (var what in new[] { "page", "warning" })
        {
            var open = false;
            for (var now = 0; now <= minutes; now++)
            {
                var rules = Rules.Where(rule => (rule.Pages && promise.Pages ? "page" : "warning") == what).ToList();
                var starts = rules.Exists(rule =>
                    Burns(rule.Long, now, rule.Rate) && Burns(rule.Short, now, rule.Rate) && Of(bad, rule.Long, now) >= promise.LeastBad);
                if (!open && starts)
                {
                    open = true;
                    yield return Move(now, promise.Name, what, "opened");
                }
                else if (open && !rules.Exists(rule => Burns(rule.Short, now, rule.Rate)))
                {
                    open = false;
                    yield return Move(now, promise.Name, what, "closed");
                }
            }
        }

        bool Burns(int window, int now, decimal rate) =>
            Of(total, window, now) > 0 && Of(bad, window, now) >= rate * promise.MayFail * Of(total, window, now);

        static long Of(long[] sums, int window, int now) => sums[now] - sums[Math.Max(0, now - window)];
    }
}
