namespace Portal.Tests.Staging.Checks;

/// <summary>How soon a revoked link gives nothing, and what was given out before ends.</summary>
internal static class RevocationCheck
{
    private const string Unavailable = "share-link-unavailable";
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(15);
    private static readonly TimeSpan HardLimit = TimeSpan.FromMinutes(1);

    /// <summary>The stream is asked for so often, so that the figure is as good as that.</summary>
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan HardPause = TimeSpan.FromSeconds(5);

    public static async Task RunAsync(StagingRun run)
    {
        var (link, stream) = await OpenedAsync(run, "a guest");
        var revoked = await RevokeAsync(run, "revoke", link.Id, "revoke");
        await run.AskAsync(
            "the guest comes back at once", Guest(run, link.Token), $"403 {Unavailable}",
            answer => answer.Status == 403 && answer.Problem == Unavailable);
        await run.AskAsync(
            "the link's page", run.Anonymous(HttpMethod.Get, $"/s/{link.Token}"), "410", answer => answer.Status == 410);
        await UntilOverAsync(run, "the stream after revoking", stream, revoked, Limit, Pause);

        var (hard, hardStream) = await OpenedAsync(run, "a guest of a second link");
        revoked = await RevokeAsync(run, "hard revoke", hard.Id, "hard-revoke");
        await run.AskAsync(
            "the guest comes back after a hard revoke", Guest(run, hard.Token), $"403 {Unavailable}",
            answer => answer.Status == 403 && answer.Problem == Unavailable);
        await UntilOverAsync(run, "the stream after a hard revoke", hardStream, revoked, HardLimit, HardPause);

        var (_, later) = await OpenedAsync(run, "a guest of a third link, after that");
        run.Report.Add(
            "the playback ID after a hard revoke", "another one", PathOf(later) == PathOf(stream) ? "the same" : "another one",
            PathOf(later) != PathOf(stream));
    }

    private static async Task<((string Id, string Token) Link, string Stream)> OpenedAsync(StagingRun run, string who)
    {
        var link = await run.ShareAsync();
        var opened = await run.AskAsync(
            $"{who} opens", Guest(run, link.Token), "200, a playback URL",
            answer => answer.Status == 200 && PlaybackUrl.Read(answer.Text("playbackUrl")) is not null);
        var stream = opened.Text("playbackUrl") ?? throw new StagingStoppedException("The link cannot be opened.");
        await run.AskAsync($"{who} plays", new HttpRequestMessage(HttpMethod.Get, stream), "200", answer => answer.Status == 200);
        return (link, stream);
    }

    /// <returns>When it was answered: from then on it must hold.</returns>
    private static async Task<DateTimeOffset> RevokeAsync(StagingRun run, string asked, string id, string how)
    {
        await run.AskAsync(
            asked, await run.AdminAsync(HttpMethod.Post, $"/api/share-links/{id}/{how}"), "200, revoked",
            answer => answer.Status == 200 && answer.Text("status") == "revoked", answer => $"{answer.Told}, {answer.Text("status")}");
        run.Forget(id);
        return run.Now;
    }

    private static async Task UntilOverAsync(
        StagingRun run, string asked, string stream, DateTimeOffset revoked, TimeSpan limit, TimeSpan pause)
    {
        while (true)
        {
            var answer = await run.SendAsync(asked, new HttpRequestMessage(HttpMethod.Get, stream));
            var took = run.Now - revoked;
            if (answer.IsRefused || took > limit)
            {
                run.Report.Add(
                    asked, $"refused (4xx) within {limit.TotalSeconds:0} s", $"{answer.Told} after {took.TotalSeconds:0} s",
                    answer.IsRefused && took <= limit);
                return;
            }

            // To the limit itself, then once beyond it.
            var left = limit - took;
            await run.WaitAsync(left > TimeSpan.Zero && left < pause ? left : pause, "for the stream to end");
        }
    }

    private static string PathOf(string stream) => new Uri(stream).AbsolutePath;

    /// <summary>The same guest each time.</summary>
    private static HttpRequestMessage Guest(StagingRun run, string token)
    {
        var request = run.Anonymous(HttpMethod.Get, $"/api/share/{token}");
        request.Headers.Add("Portal-Viewer", $"staging-check-{token[..20]}");
        return request;
    }
}
