using System.Net.Http.Headers;

namespace Portal.Tests.Staging.Checks;

/// <summary>The two limits that hold by address, each up to its last request and one beyond it.</summary>
internal static class RateLimitCheck
{
    private const string TooMany = "too-many-requests";
    private const int AtOnce = 8;
    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);

    public static async Task RunAsync(StagingRun run)
    {
        var link = await run.ShareAsync();
        await run.AskAsync(
            "what is left of a person's own limit", await run.AdminAsync(HttpMethod.Get, "/api/me"),
            "200, RateLimit-Limit, -Remaining and -Reset",
            answer => answer.Status == 200 && answer.Number("RateLimit-Remaining") is { } left && left < answer.Number("RateLimit-Limit")
                && answer.Number("RateLimit-Reset") is >= 0 and <= 60,
            answer => $"{answer.Told}, {answer.Header("RateLimit-Remaining")} of {answer.Header("RateLimit-Limit")}");
        await GuestsAsync(run, link.Token);
        await GuessersAsync(run);
    }

    private static async Task GuestsAsync(StagingRun run, string token)
    {
        await run.WaitAsync(Minute + TimeSpan.FromSeconds(1), "for the requests of the last minute to count no more");
        HttpRequestMessage Guest()
        {
            var request = run.Anonymous(HttpMethod.Get, $"/api/share/{token}");
            request.Headers.Add("Portal-Viewer", $"staging-check-{token[..20]}");
            return request;
        }

        var most = run.Arguments.PlaybacksPerMinute;
        await AllAsync(run, $"{most} requests of a link within a minute", most, _ => Guest(), 200);
        var refused = await RefusedAsync(run, "one more", Guest());
        var elsewhere = Guest();
        elsewhere.Headers.Add("X-Forwarded-For", "203.0.113.7");
        await RefusedAsync(run, "one more that claims another address", elsewhere);
        await run.WaitAsync(TimeSpan.FromSeconds((refused.Number("Retry-After") ?? 60) + 1), "as Retry-After says");
        await run.AskAsync("one after Retry-After", Guest(), "200", answer => answer.Status == 200);
    }

    private static async Task GuessersAsync(StagingRun run)
    {
        // This window is a minute of the clock: it must not end while it is filled.
        await run.WaitAsync(
            Minute - TimeSpan.FromSeconds(run.Now.Second) + TimeSpan.FromSeconds(1), "for the next minute of the clock to begin");
        var most = run.Arguments.FailedAttemptsPerMinute;
        await AllAsync(
            run, $"{most} made-up sessions within a minute, each from an address it claims", most, number => MadeUp(run, number), 401);
        await RefusedAsync(run, "one more made-up session", MadeUp(run, most));
        await run.AskAsync(
            "a good session from the same address", await run.AdminAsync(HttpMethod.Get, "/api/me"), "200",
            answer => answer.Status == 200);
    }

    private static HttpRequestMessage MadeUp(StagingRun run, int number)
    {
        var request = run.Anonymous(HttpMethod.Get, "/api/me");
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", $"made.up.{number}");
        request.Headers.Add("X-Forwarded-For", $"203.0.113.{number % 250}");
        return request;
    }

    private static async Task AllAsync(StagingRun run, string asked, int count, Func<int, HttpRequestMessage> request, int status)
    {
        var began = run.Now;
        var answers = new List<PortalAnswer>();
        foreach (var some in Enumerable.Range(0, count).Chunk(AtOnce))
        {
            answers.AddRange(await Task.WhenAll(some.Select(number => run.SendAsync(asked, request(number)))));
        }

        var took = run.Now - began;
        if (took > Minute)
        {
            throw new StagingStoppedException(
                $"{count} requests took {took.TotalSeconds:0} s: from here a minute's limit cannot be reached.");
        }

        run.Report.Add(
            asked, $"{count} × {status}",
            string.Join(", ", answers.CountBy(answer => answer.Told).Select(told => $"{told.Value} × {told.Key}")),
            answers.TrueForAll(answer => answer.Status == status));
    }

    private static Task<PortalAnswer> RefusedAsync(StagingRun run, string asked, HttpRequestMessage request) => run.AskAsync(
        asked, request, $"429 {TooMany}, Retry-After of 1 to 60 s",
        answer => answer.Status == 429 && answer.Problem == TooMany && answer.Number("Retry-After") is >= 1 and <= 60,
        answer => $"{answer.Told}, Retry-After {answer.Header("Retry-After")}");
}
