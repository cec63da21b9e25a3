using System.Buffers.Text;
using System.Globalization;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Portal.Tests.Support;

namespace Portal.Tests.Integration.Infra.Vendors;

public sealed class MuxDeliveryTests : IAsyncLifetime
{
    private readonly byte[] clip = Mp4Sample.Clip(seconds: 4, dataBytes: 3_000_000);
    private MuxLab lab = null!;
    private JsonObject asset = null!;
    private string keyId = "";
    private RSA key = null!;

    private string SignedId => (string)asset["playback_ids"]![0]!["id"]!;

    private string PublicId => (string)asset["playback_ids"]![1]!["id"]!;

    public async Task InitializeAsync()
    {
        lab = await MuxLab.StartAsync();
        (keyId, key) = await lab.CreateKeyAsync();
        asset = await lab.UploadAsync(clip, new JsonObject
        {
            ["playback_policies"] = new JsonArray("signed", "public"),
            ["static_renditions"] = new JsonArray(new JsonObject { ["resolution"] = "highest" }),
        });
    }

    public async Task DisposeAsync()
    {
        key.Dispose();
        await lab.DisposeAsync();
    }

    [Theory]
    [InlineData(true, false)]
    [InlineData(false, true)]
    [InlineData(true, true)]
    public async Task A_file_that_cannot_be_cut_is_the_only_segment_of_its_playlist(bool kidInHeader, bool kidInClaims)
    {
        var playlist = await GetAsync($"stream/{SignedId}.m3u8?token={Token(kidInHeader: kidInHeader, kidInClaims: kidInClaims)}");
        Assert.Equal(200, (int)playlist.StatusCode);
        Assert.Equal("application/x-mpegURL", playlist.Content.Headers.ContentType!.MediaType);
        var lines = (await playlist.Content.ReadAsStringAsync()).Split('\n');
        Assert.Equal("#EXTM3U", lines[0]);
        Assert.Contains("#EXT-X-PLAYLIST-TYPE:VOD", lines);
        Assert.Contains("#EXT-X-ENDLIST", lines);
        Assert.Contains("#EXTINF:4.000,", lines);
        var segment = new Uri(playlist.RequestMessage!.RequestUri!, lines.Single(line => line.Length > 0 && line[0] != '#'));
        Assert.Equal(clip, await lab.Browser.GetByteArrayAsync(segment));
        using var bare = await lab.Browser.GetAsync(new Uri(segment.GetLeftPart(UriPartial.Path)));
        Assert.Equal(403, (int)bare.StatusCode);
    }

    [Fact]
    public async Task A_video_that_can_be_cut_plays_in_segments_each_behind_the_token_for_as_long_as_it_lives()
    {
        var demo = await lab.UploadAsync(Mp4Sample.Demo(), new JsonObject { ["playback_policies"] = new JsonArray("signed") });
        var id = (string)demo["playback_ids"]![0]!["id"]!;
        var token = Token(subject: id);
        var (master, lines) = await PlaylistAsync(Url($"stream/{id}.m3u8?token={token}"));
        Assert.Contains(
            lines, line => line.StartsWith("#EXT-X-STREAM-INF:", StringComparison.Ordinal)
                && line.Contains("CODECS=\"avc1.64001e,mp4a.40.2\",RESOLUTION=", StringComparison.Ordinal));
        var (rendition, media) = await PlaylistAsync(new Uri(master, lines.Single(line => line[0] != '#')));
        var init = media.Single(line => line.StartsWith("#EXT-X-MAP:", StringComparison.Ordinal)).Split('"')[1];
        var segments = media.Where(line => line[0] != '#').ToList();
        Assert.Equal(["#EXTINF:4.000,", "#EXTINF:4.000,"], media.Where(line => line.StartsWith("#EXTINF", StringComparison.Ordinal)));
        Assert.Equal("#EXT-X-ENDLIST", media[^1]);

        List<Uri> addresses = [master, rendition, .. segments.Prepend(init).Select(each => new Uri(rendition, each))];
        foreach (var address in addresses)
        {
            using var played = await RangeAsync(address, "bytes=0-");
            Assert.Equal(206, (int)played.StatusCode);
            Assert.Equal("*", played.Headers.GetValues("Access-Control-Allow-Origin").Single());
            Assert.True((await played.Content.ReadAsByteArrayAsync()).Length > 100);
            Assert.Equal(403, await StatusAsync(address.GetLeftPart(UriPartial.Path)));
        }

        Assert.Equal(404, await StatusAsync(addresses[^1].ToString().Replace("/1.m4s", "/2.m4s", StringComparison.Ordinal)));
        lab.Clock.Advance(TimeSpan.FromMinutes(15));
        Assert.All(await Task.WhenAll(addresses.Select(each => StatusAsync(each.ToString()))), status => Assert.Equal(403, status));
    }

    [Fact]
    public async Task Tokens_that_are_not_right_are_refused()
    {
        var good = Token();
        var parts = good.Split('.');
        using var strange = RSA.Create(2048);
        var bad = new Dictionary<string, string>
        {
            ["no token"] = "",
            ["empty"] = "?token=",
            ["nonsense"] = "?token=abc",
            ["extra parameter"] = $"?token={good}&time=3",
            ["token twice"] = $"?token={good}&token={good}",
            ["tampered claims"] =
                $"?token={parts[0]}."
                + $"{Encode(new JsonObject { ["sub"] = SignedId, ["aud"] = "v", ["exp"] = 9999999999, ["kid"] = keyId })}.{parts[2]}",
            ["tampered signature"] = $"?token={parts[0]}.{parts[1]}.{(parts[2][0] == 'A' ? 'B' : 'A')}{parts[2][1..]}",
            ["expired"] = $"?token={Token(expires: lab.Clock.GetUtcNow())}",
            ["no expiry"] = $"?token={Token(change: claims => claims.Remove("exp"))}",
            ["not yet"] = $"?token={Token(change: claims => claims["nbf"] = lab.Clock.GetUtcNow().AddSeconds(1).ToUnixTimeSeconds())}",
            ["wrong audience"] = $"?token={Token(audience: "t")}",
            ["no audience"] = $"?token={Token(change: claims => claims.Remove("aud"))}",
            ["another playback id"] = $"?token={Token(subject: PublicId)}",
            ["another key"] = $"?token={Token(with: strange)}",
            ["unknown kid"] = $"?token={Token(kid: "unknown")}",
            ["no kid"] = $"?token={Token(kidInHeader: false, kidInClaims: false)}",
            ["no algorithm"] = $"?token={Encode(new JsonObject { ["alg"] = "none", ["typ"] = "JWT" })}.{parts[1]}.",
            ["other algorithm"] = $"?token={Token(algorithm: "HS256")}",
        };
        foreach (var (what, query) in bad)
        {
            using var response = await GetAsync($"stream/{SignedId}.m3u8{query}");
            Assert.True((int)response.StatusCode == 403, $"{what}: {(int)response.StatusCode}");
        }
        using var fine = await GetAsync($"stream/{SignedId}.m3u8?token={good}");
        Assert.Equal(200, (int)fine.StatusCode);
    }

    [Fact]
    public async Task Token_lives_until_its_expiry_and_not_longer()
    {
        var token = Token(expires: lab.Clock.GetUtcNow().AddMinutes(15));
        lab.Clock.Advance(TimeSpan.FromMinutes(15) - TimeSpan.FromSeconds(1));
        Assert.Equal(200, await StatusAsync($"stream/{SignedId}.m3u8?token={token}"));
        lab.Clock.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(403, await StatusAsync($"stream/{SignedId}.m3u8?token={token}"));
    }

    [Fact]
    public async Task Public_id_needs_no_token_and_refuses_one()
    {
        Assert.Equal(200, await StatusAsync($"stream/{PublicId}.m3u8"));
        Assert.Equal(403, await StatusAsync($"stream/{PublicId}.m3u8?token={Token(subject: PublicId)}"));
        Assert.Equal(200, await StatusAsync($"image/{PublicId}/thumbnail.png?width=100"));
    }

    [Fact]
    public async Task Key_playback_id_or_asset_gone_means_nothing_plays()
    {
        Assert.Equal(404, await StatusAsync($"stream/unknown.m3u8?token={Token()}"));
        var token = Token();
        await lab.CallAsync(HttpMethod.Delete, $"/system/v1/signing-keys/{keyId}", expected: 204);
        Assert.Equal(403, await StatusAsync($"stream/{SignedId}.m3u8?token={token}"));
        await lab.CallAsync(HttpMethod.Delete, $"/video/v1/assets/{asset["id"]}/playback-ids/{PublicId}", expected: 204);
        Assert.Equal(404, await StatusAsync($"stream/{PublicId}.m3u8"));
        await lab.CallAsync(HttpMethod.Delete, $"/video/v1/assets/{asset["id"]}", expected: 204);
        Assert.Equal(404, await StatusAsync($"stream/{SignedId}.m3u8?token={token}"));
    }

    [Fact]
    public async Task Images_are_real_images_behind_their_own_audience()
    {
        var bytes = await lab.Browser.GetByteArrayAsync(Url($"image/{SignedId}/thumbnail.png?token={Token(audience: "t")}"));
        Assert.Equal([0x89, .. "PNG"u8.ToArray()], bytes[..4]);
        using var jpg = await GetAsync($"image/{SignedId}/thumbnail.jpg?token={Token(audience: "t")}");
        Assert.Equal("image/png", jpg.Content.Headers.ContentType!.MediaType);
        Assert.Equal(200, await StatusAsync($"image/{SignedId}/storyboard.png?token={Token(audience: "s")}"));
        Assert.Equal(200, await StatusAsync($"image/{SignedId}/animated.gif?token={Token(audience: "g")}"));
        Assert.Equal(403, await StatusAsync($"image/{SignedId}/thumbnail.png?token={Token(audience: "v")}"));
        Assert.Equal(403, await StatusAsync($"image/{SignedId}/thumbnail.png?token={Token(audience: "t")}&width=10"));
    }

    [Fact]
    public async Task Rendition_is_there_when_ready_and_gives_ranges()
    {
        var path = $"stream/{SignedId}/highest.mp4?token={Token()}";
        Assert.Equal(404, await StatusAsync(path));
        await lab.EncodeAsync();
        Assert.Equal(404, await StatusAsync($"stream/{SignedId}/720p.mp4?token={Token()}"));
        path = $"stream/{SignedId}/highest.mp4?token={Token()}";
        Assert.Equal(clip, await lab.Browser.GetByteArrayAsync(Url(path)));
        foreach (var (range, from, to) in new[] { ("bytes=0-9", 0, 10), ("bytes=1048570-1048590", 1048570, 1048591),
            ("bytes=2000000-", 2000000, clip.Length), ("bytes=-5", clip.Length - 5, clip.Length) })
        {
            using var response = await RangeAsync(path, range);
            Assert.Equal(206, (int)response.StatusCode);
            Assert.Equal($"bytes {from}-{to - 1}/{clip.Length}", response.Content.Headers.ContentRange!.ToString());
            Assert.Equal(clip[from..to], await response.Content.ReadAsByteArrayAsync());
        }
        using var beyond = await RangeAsync(path, string.Create(CultureInfo.InvariantCulture, $"bytes={clip.Length}-"));
        Assert.Equal(416, (int)beyond.StatusCode);
        using var head = await lab.Browser.SendAsync(new HttpRequestMessage(HttpMethod.Head, Url(path)));
        Assert.Equal(clip.Length, head.Content.Headers.ContentLength);
    }

    [Fact]
    public async Task Asset_not_ready_does_not_play()
    {
        var upload = await lab.CreateUploadAsync(new JsonObject { ["playback_policies"] = new JsonArray("public") });
        using var put = await lab.PutAsync(upload, clip);
        var preparing = await lab.AssetOfAsync(upload);
        Assert.Equal(412, await StatusAsync($"stream/{preparing["playback_ids"]![0]!["id"]}.m3u8"));
    }

    [Fact]
    public async Task Delivery_usage_counts_what_was_played_twelve_hours_late()
    {
        var bytes = await lab.Browser.GetByteArrayAsync(Url($"stream/{PublicId}/segments/0.mp4"));
        Assert.Equal(clip.Length, bytes.Length);
        var window = $"timeframe[]={lab.Clock.Start.AddHours(-1).ToUnixTimeSeconds()}"
            + $"&timeframe[]={lab.Clock.Start.AddDays(1).ToUnixTimeSeconds()}";
        Assert.Empty((await lab.CallAsync(HttpMethod.Get, $"/video/v1/delivery-usage?{window}"))["data"]!.AsArray());
        lab.Clock.Advance(TimeSpan.FromHours(13));
        var report = (await lab.CallAsync(HttpMethod.Get, $"/video/v1/delivery-usage?{window}"))["data"]!.AsArray().Single()!;
        Assert.Equal((string)asset["id"]!, (string)report["asset_id"]!);
        Assert.Equal(4, (double)report["delivered_seconds"]!, 3);
    }

    [Fact]
    public async Task Usage_exports_are_a_file_a_day_behind_a_link_that_ends_for_the_token_of_the_system_alone()
    {
        const string List = "/system/v1/usage-exports";
        await lab.Browser.GetByteArrayAsync(Url($"stream/{PublicId}/segments/0.mp4"));
        var day = DateOnly.FromDateTime(lab.Clock.Start.UtcDateTime);
        await lab.CallAsync(HttpMethod.Get, List, expected: 403);
        using var system = new HttpClient { BaseAddress = lab.Mux.ApiUrl };
        system.DefaultRequestHeaders.Authorization = new(
            "Basic", Convert.ToBase64String("local-mux-system-token:local-mux-system-secret"u8));
        using var video = await system.GetAsync(new Uri("/video/v1/assets", UriKind.Relative));
        Assert.Equal(403, (int)video.StatusCode);

        // From eight in the morning of the next day on.
        var there = new DateTimeOffset(day.AddDays(1), new TimeOnly(8, 0), TimeSpan.Zero);
        lab.Clock.AdvanceTo(there.AddSeconds(-1));
        Assert.Equal(0, (int)(await FilesAsync())["meta"]!["total"]!);
        lab.Clock.AdvanceTo(there);
        var list = await FilesAsync();
        Assert.Equal((1, 1, 25, 1), ((int)list["meta"]!["page"]!, (int)list["meta"]!["pages"]!, (int)list["meta"]!["limit"]!,
            (int)list["meta"]!["total"]!));
        var file = list["data"]![0]!;
        Assert.Equal($"{day:yyyy-MM-dd}", (string)file["date"]!);
        var link = new Uri((string)file["download_url"]!);
        var bytes = await lab.Browser.GetByteArrayAsync(link);
        Assert.Equal(bytes.Length, (int)file["file_size"]!);
        var row = Encoding.UTF8.GetString(bytes).Split("\r\n").Single(
            line => line.StartsWith((string)asset["id"]!, StringComparison.Ordinal));
        Assert.EndsWith(",4,0,0,0,0", row, StringComparison.Ordinal);

        lab.Clock.Advance(TimeSpan.FromHours(1));
        foreach (var ended in new[] { link, new Uri(link.ToString().Replace("expires=1", "expires=2", StringComparison.Ordinal)) })
        {
            using var refused = await lab.Browser.GetAsync(ended);
            Assert.Equal(403, (int)refused.StatusCode);
        }

        lab.Mux.Faults.NoUsageExports = true;
        using var none = await system.GetAsync(new Uri(List, UriKind.Relative));
        Assert.Equal(403, (int)none.StatusCode);

        async Task<JsonNode> FilesAsync() => JsonNode.Parse(await system.GetStringAsync(new Uri(List, UriKind.Relative)))!;
    }

    [Fact]
    public async Task Delivery_usage_lists_what_was_played_most_first_and_nothing_that_was_not_page_by_page()
    {
        await using (var connection = new Npgsql.NpgsqlConnection(lab.Database))
        {
            await Dapper.SqlMapper.ExecuteAsync(connection, """
                insert into vendors.mux_assets (id, status, settings, test, created_at)
                select 'played-' || n, 'ready', '{}', false, @at from generate_series(0, 4) as n;
                insert into vendors.mux_deliveries (asset_id, at, seconds)
                select 'played-' || n, @at, n * 10 from generate_series(0, 4) as n
                """, new { at = lab.Clock.Start.AddHours(1).UtcDateTime });
        }

        lab.Clock.Advance(TimeSpan.FromHours(14));
        var window = $"timeframe[]={lab.Clock.Start.ToUnixTimeSeconds()}&timeframe[]={lab.Clock.Start.AddDays(1).ToUnixTimeSeconds()}";
        var ids = new List<string>();
        foreach (var page in new[] { 1, 2, 3 })
        {
            var answer = await lab.CallAsync(HttpMethod.Get, $"/video/v1/delivery-usage?{window}&limit=2&page={page}");
            Assert.Equal(4, (int)answer["total_row_count"]!);
            ids.AddRange(answer["data"]!.AsArray().Select(row => (string)row!["asset_id"]!));
        }

        Assert.Equal(["played-4", "played-3", "played-2", "played-1"], ids);
    }

    private string Token(
        string? subject = null, string audience = "v", DateTimeOffset? expires = null, RSA? with = null, string? kid = null,
        bool kidInHeader = true, bool kidInClaims = true, string algorithm = "RS256", Action<JsonObject>? change = null)
    {
        var header = new JsonObject { ["alg"] = algorithm, ["typ"] = "JWT" };
        var claims = new JsonObject
        {
            ["sub"] = subject ?? SignedId,
            ["aud"] = audience,
            ["exp"] = (expires ?? lab.Clock.GetUtcNow().AddMinutes(15)).ToUnixTimeSeconds(),
        };
        if (kidInHeader)
        {
            header["kid"] = kid ?? keyId;
        }
        if (kidInClaims)
        {
            claims["kid"] = kid ?? keyId;
        }
        change?.Invoke(claims);
        var message = $"{Encode(header)}.{Encode(claims)}";
        var signature = (with ?? key).SignData(Encoding.ASCII.GetBytes(message), HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        return $"{message}.{Base64Url.EncodeToString(signature)}";
    }

    private static string Encode(JsonObject json) => Base64Url.EncodeToString(Encoding.UTF8.GetBytes(json.ToJsonString()));

    private Uri Url(string path) => new(lab.Mux.Address, path);

    private Task<HttpResponseMessage> GetAsync(string path) => lab.Browser.GetAsync(Url(path));

    private async Task<int> StatusAsync(string path)
    {
        using var response = await GetAsync(path);
        return (int)response.StatusCode;
    }

    private async Task<(Uri Address, IReadOnlyList<string> Lines)> PlaylistAsync(Uri address) =>
        (address, (await lab.Browser.GetStringAsync(address)).Split('\n', StringSplitOptions.RemoveEmptyEntries));

    private Task<HttpResponseMessage> RangeAsync(string path, string range) => RangeAsync(Url(path), range);

    private async Task<HttpResponseMessage> RangeAsync(Uri address, string range)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, address);
        request.Headers.Range = RangeHeaderValue.Parse(range);
        return await lab.Browser.SendAsync(request);
    }
}
