using System.Buffers.Binary;
using System.Text;

namespace Portal.LocalVendors.Media;

/// <summary>Reads an ISO base media file (MP4, MOV): top-level boxes by offset, the movie header in memory.</summary>
/// <remarks>Files come from strangers: every size is checked against what encloses it, and every walk has an end.</remarks>
internal static class Mp4
{
    private const double MaxSeconds = 12 * 3600;
    private const int MaxTopLevelBoxes = 200_000;
    private const int MaxMovieHeader = 64 * 1024 * 1024;
    private const int MaxFragmentHeader = 1024 * 1024;

    private static readonly string[] FirstTypes = ["ftyp", "moov", "mdat", "wide", "free", "skip", "pnot"];

    /// <summary>Throws <see cref="UnreadableMediaException"/> with Mux-like words for anything that is no playable MP4 or MOV
    /// file.</summary>
    public static async Task<MediaInfo> InspectAsync(long size, ReadAt read)
    {
        var (moov, fragments) = await ReadAsync(size, read);
        var movie = Mp4Movie.Parse(moov);
        if (!movie.HasVideo && !movie.HasAudio)
        {
            throw new UnreadableMediaException("The input file has no video or audio track.");
        }
        var duration = movie.Duration;
        if (duration <= 0 && fragments.Count > 0)
        {
            duration = await FragmentsAsync(movie, fragments, read);
        }
        if (duration <= 0 || !double.IsFinite(duration))
        {
            throw new UnreadableMediaException("The input file does not contain a duration.");
        }
        if (duration > MaxSeconds)
        {
            throw new UnreadableMediaException("The input file is longer than 12 hours.");
        }
        return new MediaInfo("mp4", duration, movie.Width, movie.Height, movie.FrameRate, movie.HasVideo, movie.HasAudio, movie.Channels);
    }

    /// <summary>The body of the movie header, of a file that has media data.</summary>
    public static async Task<byte[]> MovieAsync(long size, ReadAt read) => (await ReadAsync(size, read)).Movie;

    private static async Task<(byte[] Movie, List<(long Offset, int Size)> Fragments)> ReadAsync(long size, ReadAt read)
    {
        if (size == 0)
        {
            throw new UnreadableMediaException("The input file is empty.");
        }

        var head = await read(0, 8);
        if (head.Length < 8 || !FirstTypes.Contains(Encoding.Latin1.GetString(head, 4, 4)))
        {
            throw new UnreadableMediaException("The input file is not a video or audio file that can be decoded.");
        }

        byte[]? moov = null;
        var fragments = new List<(long Offset, int Size)>();
        var hasData = false;
        long offset = 0;
        for (var boxes = 0; offset < size; boxes++)
        {
            if (boxes == MaxTopLevelBoxes)
            {
                throw new UnreadableMediaException("The input file has too many boxes.");
            }
            var (type, start, end) = await TopLevelAsync(offset, size, read);
            switch (type)
            {
                case "moov" when end - start > MaxMovieHeader:
                    throw new UnreadableMediaException("The input file's movie header is too large.");
                case "moov":
                    moov ??= await read(start, (int)(end - start));
                    break;
                case "moof" when end - start <= MaxFragmentHeader:
                    fragments.Add((start, (int)(end - start)));
                    break;
                case "mdat":
                    hasData |= end > start;
                    break;
            }
            offset = end;
        }
        if (moov is null)
        {
            throw new UnreadableMediaException("The input file has no movie header (moov): it is truncated or damaged.");
        }
        if (!hasData)
        {
            throw new UnreadableMediaException("The input file has no media data.");
        }
        return (moov, fragments);
    }

    private static async Task<(string Type, long Start, long End)> TopLevelAsync(long offset, long size, ReadAt read)
    {
        var header = await read(offset, 16);
        if (header.Length < 8)
        {
            throw Truncated();
        }
        var type = Encoding.Latin1.GetString(header, 4, 4);
        long length = BinaryPrimitives.ReadUInt32BigEndian(header);
        var start = offset + 8;
        switch (length)
        {
            case 0:
                return (type, start, size);
            case 1:
                if (header.Length < 16)
                {
                    throw Truncated();
                }
                length = BinaryPrimitives.ReadInt64BigEndian(header.AsSpan(8));
                start += 8;
                break;
        }
        if (length < start - offset)
        {
            throw new UnreadableMediaException("The input file has a box of impossible size.");
        }
        return length > size - offset ? throw Truncated() : (type, start, offset + length);
    }

    private static UnreadableMediaException Truncated() => new("The input file is truncated.");

    // Fragmented files (MediaRecorder, CMAF) state no duration up front: it is the sum of their fragments' samples.
    private static async Task<double> FragmentsAsync(Mp4Movie movie, List<(long Offset, int Size)> fragments, ReadAt read)
    {
        var units = new Dictionary<uint, double>();
        foreach (var (offset, size) in fragments)
        {
            movie.AddFragment(await read(offset, size), units);
        }
        return units.Select(track => movie.Seconds(track.Key, track.Value)).DefaultIfEmpty().Max();
    }
}
