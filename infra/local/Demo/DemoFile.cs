using System.Globalization;
using System.Security.Cryptography;

namespace Portal.Local.Demo;

/// <summary>The file to upload, found to be readable before anything was started.</summary>
internal sealed record DemoFile(string Path, string Name, long Length)
{
    private const int BufferSize = 128 * 1024;

    public string Size => string.Create(CultureInfo.InvariantCulture, $"{Length:N0} bytes");

    /// <summary>The given file, or the clip of this repository.</summary>
    /// <exception cref="UsageException">It is not there, no file, or not readable.</exception>
    public static DemoFile Check(string? given)
    {
        var path = System.IO.Path.GetFullPath(
            string.IsNullOrEmpty(given) ? System.IO.Path.Combine(AppContext.BaseDirectory, "demo.mp4") : given);
        if (Directory.Exists(path))
        {
            throw new UsageException($"{path} is a folder; demo takes a video file.");
        }

        if (!File.Exists(path))
        {
            throw new UsageException($"There is no file {path}.");
        }

        try
        {
            using var stream = File.OpenRead(path);
            return stream.CanSeek
                ? new DemoFile(path, System.IO.Path.GetFileName(path), stream.Length)
                : throw new UsageException($"{path} is no regular file: its length must be known before it is sent.");
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new UsageException($"{path} cannot be read: {exception.Message}");
        }
    }

    /// <summary>SHA-256 of the bytes that are uploaded: the length seen at the start, whatever the file grows to.</summary>
    public async Task<string> HashAsync(CancellationToken ct)
    {
        await using var stream = File.OpenRead(Path);
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var buffer = new byte[BufferSize];
        for (long left = Length; left > 0;)
        {
            var read = await stream.ReadAsync(buffer.AsMemory(0, (int)Math.Min(buffer.Length, left)), ct);
            if (read == 0)
            {
                throw new LauncherException($"{Path} became shorter while it was read.");
            }

            hash.AppendData(buffer, 0, read);
            left -= read;
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }
}
