namespace Portal.Tests.Staging.Checks;

/// <summary>A playback URL is good with the token that the portal signed, until the end that it told, and not a moment longer.</summary>
internal static class PlaybackExpiryCheck
{
    /// <summary>The longest life of a token.</summary>
    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(15);

    /// <summary>Two clocks are not the same to the second: the portal's, Mux's and this machine's.</summary>
    private static readonly TimeSpan Skew = TimeSpan.FromSeconds(10);

    public static async Task RunAsync(StagingRun run)
    {
        var path = $"/api/assets/{await run.AssetAsync()}/playback";
        var began = run.Now;
        var minted = await run.AskAsync(
            "ask for playback", await run.AdminAsync(HttpMethod.Post, path), "200, a URL that ends within 15 minutes",
            answer => answer.Status == 200 && answer.Time("urlExpiresAt") is { } until && until > began && until - began <= Longest + Skew,
            answer => $"{answer.Told}, ends in {(answer.Time("urlExpiresAt") - began)?.TotalSeconds:0} s");
        if (PlaybackUrl.Read(minted.Text("playbackUrl")) is not { } url || minted.Time("urlExpiresAt") is not { } end)
        {
            throw new StagingStoppedException("There is no playback URL with a token to look at.");
        }

        run.Report.Add(
            "the token's own end (exp)", "the one that was told", $"{JwtText.End(url.Token) - end} off",
            JwtText.End(url.Token) == DateTimeOffset.FromUnixTimeSeconds(end.ToUnixTimeSeconds()));
        var segment = await PlaysAsync(run, url);
        await RefusesOthersAsync(run, url, minted.Text("posterUrl"), segment);
        await EndsAsync(run, url, segment, end);
        var again = await run.AskAsync(
            "ask for playback again", await run.AdminAsync(HttpMethod.Post, path), "200, a later end",
            answer => answer.Status == 200 && answer.Time("urlExpiresAt") > end);
        await AskAsync(run, "the stream with the new token", again.Text("playbackUrl") ?? url.Full, "200", answer => answer.Status == 200);
    }

    /// <returns>The address of a segment.</returns>
    private static async Task<string> PlaysAsync(StagingRun run, PlaybackUrl url)
    {
        var (address, playlist) = (url.Full, await AskAsync(
            run, "the stream with its token", url.Full, "200, a playlist",
            answer => answer.Status == 200 && PlaybackUrl.FirstIn(answer.Body, url.Full) is not null));
        while (PlaybackUrl.FirstIn(playlist.Body, address) is { } next)
        {
            if (!new Uri(next).AbsolutePath.EndsWith(".m3u8", StringComparison.Ordinal))
            {
                await AskAsync(run, "a segment with its token", next, "200", answer => answer.Status == 200);
                return next;
            }

            address = next;
            playlist = await run.PrepareAsync("the rendition's playlist", new HttpRequestMessage(HttpMethod.Get, next), 200);
        }

        throw new StagingStoppedException("The playlist has no segment.");
    }

    private static async Task RefusesOthersAsync(StagingRun run, PlaybackUrl url, string? poster, string segment)
    {
        await RefusesAsync(run, "the stream without a token", url.Bare);
        await RefusesAsync(run, "the stream with another signature", url.With(JwtText.WithOtherSignature(url.Token)));
        await RefusesAsync(run, "the stream with an end moved by a day", url.With(JwtText.WithLaterEnd(url.Token, TimeSpan.FromDays(1))));
        await RefusesAsync(run, "a segment without a token", segment.Split('?')[0]);
        if (PlaybackUrl.Read(poster) is { } image)
        {
            await RefusesAsync(run, "the stream with the poster's token", url.With(image.Token));
        }
    }

    private static async Task EndsAsync(StagingRun run, PlaybackUrl url, string segment, DateTimeOffset end)
    {
        await WaitUntilAsync(run, end - Skew, "until just before the token ends");
        await AskAsync(run, "the stream 10 s before the end", url.Full, "200", answer => answer.Status == 200);
        await WaitUntilAsync(run, end + Skew, "until the token has ended");
        await RefusesAsync(run, "the stream 10 s after the end", url.Full);
        await RefusesAsync(run, "a segment 10 s after the end", segment);
    }

    private static Task WaitUntilAsync(StagingRun run, DateTimeOffset at, string why) =>
        at > run.Now ? run.WaitAsync(at - run.Now, why) : Task.CompletedTask;

    private static Task<PortalAnswer> RefusesAsync(StagingRun run, string asked, string address) =>
        AskAsync(run, asked, address, "refused (4xx)", answer => answer.IsRefused);

    private static Task<PortalAnswer> AskAsync(
        StagingRun run, string asked, string address, string expected, Func<PortalAnswer, bool> holds) =>
        run.AskAsync(asked, new HttpRequestMessage(HttpMethod.Get, address), expected, holds);
}
