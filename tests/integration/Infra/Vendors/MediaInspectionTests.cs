using System.Text;
using Portal.Tests.Support;

namespace Portal.Tests.Integration.Infra.Vendors;

public sealed class MediaInspectionTests : IAsyncLifetime
{
    private MuxLab lab = null!;

    public async Task InitializeAsync() => lab = await MuxLab.StartAsync();

    public async Task DisposeAsync() => await lab.DisposeAsync();

    [Theory]
    [InlineData(640, 360, 25, 3.2, true, "16:9", "720p")]
    [InlineData(1920, 1080, 30, 61.5, false, "16:9", "1080p")]
    [InlineData(3840, 2160, 60, 1, true, "16:9", "2160p")]
    [InlineData(720, 1280, 24, 2, true, "9:16", "720p")]
    [InlineData(1024, 768, 25, 2, true, "4:3", "1080p")]
    public async Task Headers_tell_duration_size_rate_and_sound(
        int width, int height, int rate, double seconds, bool audio, string ratio, string tier)
    {
        var asset = await lab.UploadAsync(Mp4Sample.Clip(seconds, width, height, rate, audio, moovFirst: width > 1000));
        Assert.Equal("ready", (string)asset["status"]!);
        Assert.Equal(seconds, (double)asset["duration"]!, 2);
        Assert.Equal(ratio, (string)asset["aspect_ratio"]!);
        Assert.Equal(tier, (string)asset["resolution_tier"]!);
        Assert.Equal(rate, (double)asset["max_stored_frame_rate"]!, 2);
        var video = asset["tracks"]![0]!;
        Assert.Equal((width, height), ((int)video["max_width"]!, (int)video["max_height"]!));
        Assert.Equal(audio ? 2 : 1, asset["tracks"]!.AsArray().Count);
        if (audio)
        {
            Assert.Equal(2, (int)asset["tracks"]![1]!["max_channels"]!);
        }
    }

    [Fact]
    public async Task Files_that_are_no_playable_media_are_errored_and_harm_nothing()
    {
        foreach (var (what, file) in Broken())
        {
            var asset = await lab.UploadAsync(file);
            Assert.True((string?)asset["status"] == "errored", $"{what}: {asset.ToJsonString()}");
            Assert.NotEmpty((string)asset["errors"]!["messages"]![0]!);
        }
    }

    [Fact]
    public async Task Fragments_add_up_to_a_duration()
    {
        // No duration in the header; two fragments of 25 samples, 1/25 s each by the track's default.
        var movie = Mp4Sample.Movie(0, 640, 360, 25, audio: false);
        var mvex = Mp4Sample.Box("mvex", Mp4Sample.Box("trex", Words(0, 1, 1, 512, 0, 0)));
        byte[] moov = Mp4Sample.Box("moov", movie[8..], mvex);
        var moof = Mp4Sample.Box(
            "moof", Mp4Sample.Box("mfhd", Words(0, 1)), Mp4Sample.Box(
                "traf", Mp4Sample.Box("tfhd", Words(0, 1)), Mp4Sample.Box("trun", Words(0, 25))));
        var mdat = Mp4Sample.Box("mdat", new byte[100]);
        byte[] file = [.. Mp4Sample.Box("ftyp", Mp4Sample.Text("iso5"), Words(0)), .. moov, .. moof, .. mdat, .. moof, .. mdat];
        var asset = await lab.UploadAsync(file);
        Assert.True((string?)asset["status"] == "ready", asset.ToJsonString());
        Assert.Equal(2, (double)asset["duration"]!, 3);
    }

    private static Dictionary<string, byte[]> Broken()
    {
        var whole = Mp4Sample.Clip();
        var movie = Mp4Sample.Movie(2, 640, 360, 25, audio: true);
        var data = Mp4Sample.Box("mdat", new byte[64]);
        var start = Mp4Sample.Box("ftyp", Mp4Sample.Text("isom"), Words(0));
        return new Dictionary<string, byte[]>
        {
            { "one byte", [0] },
            { "text", Encoding.UTF8.GetBytes("hello, this is plain text") },
            { "zeros", new byte[5000] },
            { "truncated in the data", Mp4Sample.Clip(moovFirst: true)[..^100] },
            { "truncated before the header", whole[..3000] },
            { "no movie header", [.. start, .. data] },
            { "no data", [.. start, .. movie] },
            { "no tracks", [.. start, .. data, .. Mp4Sample.Box("moov",
                Mp4Sample.Box("mvhd", Words(0, 0, 0, 1000, 2000), new byte[80]))] },
            { "no duration", [.. start, .. data, .. Mp4Sample.Movie(0, 640, 360, 25, audio: true)] },
            { "box smaller than its header", [.. start, .. Words(4), .. "moov"u8, .. data] },
            { "box larger than the file", [.. start, .. Words(0x7FFFFFFF), .. "mdat"u8, .. data] },
            { "64-bit size past everything", [.. start, .. Words(1), .. "moov"u8, .. Words(0x7FFFFFFF, 0xFFFFFFFF), .. data] },
            { "64-bit size below zero", [.. start, .. Words(1), .. "moov"u8, .. Words(0xFFFFFFFF, 0xFFFFFFFF), .. data] },
            { "inner box past its parent", [.. start, .. data, .. Mp4Sample.Box("moov", Words(9999), Mp4Sample.Text("trak"))] },
            { "empty inner boxes", [.. start, .. data, .. Mp4Sample.Box("moov", Mp4Sample.Box("trak", Mp4Sample.Box("tkhd")),
                Mp4Sample.Box("mvhd"))] },
            { "sound without an end", [.. start, .. data, .. Damaged(movie)] },
            { "longer than twelve hours", [.. start, .. data, .. Mp4Sample.Movie(50_000, 640, 360, 1, audio: false)] },
            { "matroska", [0x1A, 0x45, 0xDF, 0xA3, 0x80, 0, 0, 0] },
        };
    }

    // Every size field of the movie header set to nonsense in turn would take long; a seeded few hundred bytes at once do it too.
    private static byte[] Damaged(byte[] movie)
    {
        var copy = (byte[])movie.Clone();
        var random = new Random(11);
        for (var i = 0; i < copy.Length / 4; i++)
        {
            copy[random.Next(8, copy.Length)] = (byte)random.Next(256);
        }
        return copy;
    }

    private static byte[] Words(params uint[] words) => [.. words.SelectMany(Mp4Sample.U32)];
}
