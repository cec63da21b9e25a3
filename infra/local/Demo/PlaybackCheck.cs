namespace Portal.Local.Demo;

/// <summary>
/// Watches as a player does: playlist, segment, bytes. The local Mux does not transcode, so the segment must be the file that was sent.
/// Without the token in the query nothing is given.
/// </summary>
internal sealed class PlaybackCheck(Browser browser, DemoFile file)
{
    public async Task RunAsync(string playbackUrl, Func<string, Func<Task<string>>, Task<string>> step, CancellationToken ct)
    {
        var segment = "";
        await step("Playback", async () =>
        {
            var playlist = (await browser.GetAsync(playbackUrl, "the signed playback URL", ct)).Expect(200);
            segment = SegmentOf(playbackUrl, playlist.Text);
            return $"200, a playlist from {new Uri(playbackUrl).Authority}";
        });
        await step("Its bytes", async () =>
        {
            var sent = await file.HashAsync(ct);
            var (status, played) = await browser.HashAsync(segment, ct);
            return (status, played == sent) switch
            {
                (200, true) => $"200, SHA-256 {sent[..16]}… as sent",
                (200, _) => throw new StepFailedException($"other bytes than were sent: SHA-256 {played}, not {sent}"),
                _ => throw new StepFailedException($"the segment answered {status}"),
            };
        });
        await step("Without its token", async () =>
        {
            foreach (var address in new[] { playbackUrl, segment })
            {
                (await browser.GetAsync(address.Split('?')[0], "playback without a token", ct)).Expect(403);
            }

            return "403";
        });
    }

    private static string SegmentOf(string playbackUrl, string playlist)
    {
        var line = playlist.Split(
            '\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).FirstOrDefault(each => each[0] != '#')
            ?? throw new StepFailedException("the playlist has no segment");
        return new Uri(new Uri(playbackUrl), line).ToString();
    }
}
