using System.Buffers.Binary;
using System.Text;
using Portal.LocalVendors.Media;
using Portal.Tests.Support;

namespace Portal.Tests.Unit.Infra.Vendors;

/// <summary>An MP4 cut into fragments: the same samples, in pieces that each can be begun at.</summary>
public sealed class FragmentedMp4Tests
{
    private static readonly byte[] Demo = Mp4Sample.Demo();

    [Fact]
    public async Task Segments_begin_at_sync_samples_and_together_are_the_whole_film()
    {
        var film = FragmentedMp4.Parse(await MovieAsync(Demo), Demo.Length);

        Assert.Equal("avc1.64001e,mp4a.40.2", film.Codecs);
        Assert.Equal([4.0, 4.0], film.Segments.Select(segment => segment.Seconds));
        for (var track = 0; track < 2; track++)
        {
            var samples = film.Tracks[track].Samples;
            Assert.Equal(
                Enumerable.Range(0, samples.Length),
                film.Segments.SelectMany(s => Enumerable.Range(s.Samples[track].First, s.Samples[track].Last - s.Samples[track].First)));
            Assert.All(film.Segments, segment => Assert.True(samples[segment.Samples[track].First].IsSync));
        }

        // The edit list is taken off: the first frame is shown at 0, and the encoder's priming of the sound lies before it.
        Assert.Equal(0, film.Tracks[0].Samples.Min(s => s.Decoded + s.Shown));
        Assert.Equal(-1024, film.Tracks[1].Samples[0].Shown);
        Assert.Equal(Demo.Length * 8 / 8.0, film.BitsPerSecond, 0.2 * Demo.Length);
    }

    [Fact]
    public async Task A_segment_says_of_each_sample_what_the_file_said_and_has_its_bytes()
    {
        var film = FragmentedMp4.Parse(await MovieAsync(Demo), Demo.Length);
        for (var number = 0; number < 2; number++)
        {
            var segment = await film.SegmentAsync(number, Read(Demo));
            var boxes = Boxes(segment, 0, segment.Length);
            Assert.Equal(["moof", "mdat"], boxes.Select(box => box.Type));
            Assert.Equal(segment.Length, boxes[1].End);
            var fragment = Boxes(segment, boxes[0].Start, boxes[0].End);
            Assert.Equal(["mfhd", "traf", "traf"], fragment.Select(box => box.Type));
            Assert.Equal(number + 1, Int(segment, fragment[0].Start + 4));
            for (var track = 0; track < 2; track++)
            {
                var (first, last) = film.Segments[number].Samples[track];
                AssertRun(segment, Boxes(segment, fragment[1 + track].Start, fragment[1 + track].End), film.Tracks[track], first, last);
            }
        }
    }

    [Fact]
    public async Task What_a_player_reads_first_has_the_kinds_of_the_tracks_and_no_sample()
    {
        var init = FragmentedMp4.Parse(await MovieAsync(Demo), Demo.Length).Init();
        var top = Boxes(init, 0, init.Length);
        Assert.Equal(["ftyp", "moov"], top.Select(box => box.Type));
        var moov = Boxes(init, top[1].Start, top[1].End);
        Assert.Equal(["mvhd", "trak", "trak", "mvex"], moov.Select(box => box.Type));
        Assert.Equal(["trex", "trex"], Boxes(init, moov[3].Start, moov[3].End).Select(box => box.Type));
        var text = Encoding.Latin1.GetString(init);
        Assert.All(["avcC", "esds", "vmhd", "smhd", "dref"], type => Assert.Contains(type, text, StringComparison.Ordinal));
        Assert.DoesNotContain("edts", text, StringComparison.Ordinal);
        Assert.True(init.Length < 2000, "The tables of the samples are in it.");
    }

    [Fact]
    public async Task Files_that_cannot_be_cut_are_refused()
    {
        // Right in every header, but without tables of samples.
        var noise = Mp4Sample.Clip();
        var tables = await MovieAsync(noise);
        Refused(tables, noise.Length);

        var moov = await MovieAsync(Demo);
        Assert.NotEmpty(FragmentedMp4.Parse(moov, Demo.Length).Segments);
        Refused(moov, Demo.Length - 1);
        Refused([], 10);
        foreach (var other in new[] { "hvc1", "ac-3" })
        {
            var changed = moov.ToArray();
            Encoding.Latin1.GetBytes(other).CopyTo(changed, changed.AsSpan().IndexOf(other == "hvc1" ? "avc1"u8 : "mp4a"u8));
            Refused(changed, Demo.Length);
        }
    }

    [Fact]
    public async Task Damage_is_refused_and_never_more_than_that()
    {
        var moov = await MovieAsync(Demo);
        var random = new Random(20);
        var refused = 0;
        for (var round = 0; round < 1500; round++)
        {
            var damaged = moov[..(round % 3 == 0 ? random.Next(moov.Length) : moov.Length)];
            for (var i = 0; i < 3 && damaged.Length > 0; i++)
            {
                damaged[random.Next(damaged.Length)] = (byte)(random.Next(2) * 255);
            }

            try
            {
                var film = FragmentedMp4.Parse(damaged, Demo.Length);
                Assert.NotEmpty(film.Init());
                await film.SegmentAsync(0, Read(Demo));
            }
            catch (UnreadableMediaException)
            {
                refused++;
            }
        }

        Assert.InRange(refused, 500, 1499);
    }

    private static void Refused(byte[] moov, long size) =>
        Assert.Throws<UnreadableMediaException>(() => { FragmentedMp4.Parse(moov, size); });

    private static void AssertRun(
        byte[] segment, List<(string Type, int Start, int End)> boxes, Mp4Track track, int first, int last)
    {
        Assert.Equal(["tfhd", "tfdt", "trun"], boxes.Select(box => box.Type));
        Assert.Equal((int)track.Id, Int(segment, boxes[0].Start + 4));
        Assert.Equal(track.Samples[first].Decoded, BinaryPrimitives.ReadInt64BigEndian(segment.AsSpan(boxes[1].Start + 4)));
        var run = boxes[2].Start;
        Assert.Equal(last - first, Int(segment, run + 4));
        var data = Int(segment, run + 8);
        for (int i = first, at = run + 12; i < last; i++, at += 16)
        {
            var sample = track.Samples[i];
            Assert.Equal((int)sample.Duration, Int(segment, at));
            Assert.Equal(sample.Size, Int(segment, at + 4));
            Assert.Equal(sample.IsSync ? 0x02000000 : 0x01010000, Int(segment, at + 8));
            Assert.Equal(sample.Shown, Int(segment, at + 12));
            Assert.True(segment.AsSpan(data, sample.Size).SequenceEqual(Demo.AsSpan((int)sample.Offset, sample.Size)));
            data += sample.Size;
        }
    }

    private static Task<byte[]> MovieAsync(byte[] file) => Mp4.MovieAsync(file.Length, Read(file));

    private static ReadAt Read(byte[] file) =>
        (offset, count) => Task.FromResult(file[(int)offset..(int)Math.Min(file.Length, offset + count)]);

    private static int Int(byte[] bytes, int at) => BinaryPrimitives.ReadInt32BigEndian(bytes.AsSpan(at));

    private static List<(string Type, int Start, int End)> Boxes(byte[] bytes, int from, int to)
    {
        var found = new List<(string, int, int)>();
        while (from < to)
        {
            var size = Int(bytes, from);
            found.Add((Encoding.Latin1.GetString(bytes, from + 4, 4), from + 8, from + size));
            from += size;
        }

        return found;
    }
}
