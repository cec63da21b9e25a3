namespace Portal.Foundation;

/// <summary>Files on this machine that are gone once they are closed.</summary>
public static class TemporaryFiles
{
    private const int BufferSize = 81_920;

    /// <summary>Empty, for reading and writing.</summary>
    public static FileStream Open() => new(
        Path.Combine(Path.GetTempPath(), Path.GetRandomFileName()), FileMode.CreateNew, FileAccess.ReadWrite, FileShare.None, BufferSize,
        FileOptions.DeleteOnClose | FileOptions.Asynchronous);
}
