using System.Globalization;

namespace Portal.Local.Demo;

/// <summary>
/// Watches as a player does: playlists, then every segment. The local Mux does not transcode: it cuts an MP4 that browsers play into
/// fragments, and of another file the one segment must be the file that was sent. Without the token in the query nothing is given.
/// </summary>
internal sealed class PlaybackCheck(Browser browser, DemoFile file)
{
    private const string Duration = "#EXTINF:";

    public async Task RunAsync(string playbackUrl, Func<string, Func<Task<string>>, Task<string>> step, CancellationToken ct)
    {
        List<string> addresses = [playbackUrl];
        var seconds = 0.0;
        await step("Playback", async () =>
        {
            var lines = await PlaylistAsync(playbackUrl, ct);
            if (AddressesIn(lines, playbackUrl) is [var rendition] && rendition.Contains(".m3u8", StringComparison.Ordinal))
            {
                addresses.Add(rendition);
                lines = await PlaylistAsync(rendition, ct);
            }

            addresses.AddRange(AddressesIn(lines, addresses[^1]));
            seconds = lines.Where(line => line.StartsWith(Duration, StringComparison.Ordinal)).Sum(
                line => double.Parse(line[Duration.Length..].TrimEnd(','), CultureInfo.InvariantCulture));
            return string.Create(CultureInfo.InvariantCulture, $"200, {seconds:0.0} s from {new Uri(playbackUrl).Authority}");
        });
        var segments = addresses.Where(each => !each.Contains(".m3u8", StringComparison.Ordinal)).ToList();
        await step("Its bytes", async () =>
        {
            var hashes = new List<string>();
            foreach (var segment in segments)
            {
                var (status, hash) = await browser.HashAsync(segment, ct);
                hashes.Add(status == 200 ? hash : throw new StepFailedException($"a segment answered {status}"));
            }

            if (addresses.Count > segments.Count + 1)
            {
                return $"200, {hashes.Distinct().Count()} segments for a browser";
            }

            var sent = await file.HashAsync(ct);
            return hashes[0] == sent
                ? $"200, SHA-256 {sent[..16]}… as sent"
                : throw new StepFailedException($"other bytes than were sent: SHA-256 {hashes[0]}, not {sent}");
        });
        await step("Without its token", async () =>
        {
            foreach (var address in addresses)
            {
                (await browser.GetAsync(address.Split('?')[0], "playback without a token", ct)).Expect(403);
            }

            return "403";
        });
    }

    private async Task<IReadOnlyList<string>> PlaylistAsync(string address, CancellationToken ct) =>
        (await browser.GetAsync(address, "the signed playback URL", ct)).Expect(200).Text.Split(
            '\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);

    private static List<string> AddressesIn(IReadOnlyList<string> playlist, string address) =>
        playlist.Where(line => line[0] != '#').Select(line => new Uri(new Uri(address), line).ToString()).ToList() is { Count: > 0 } found
            ? found
            : throw new StepFailedException("the playlist has no segment");
}
