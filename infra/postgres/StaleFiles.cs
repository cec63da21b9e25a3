namespace Portal.Postgres;

/// <summary>
/// Names for what is only there while something is made or deleted. A kill leaves such things behind, and perhaps a program that
/// still writes into one of them (initdb lives on without us): so every attempt has a name of its own, and the next start sweeps.
/// </summary>
internal static class StaleFiles
{
    private const string Prefix = "tmp-";

    public static string NewPath(string folder) => Path.Combine(folder, $"{Prefix}{Guid.NewGuid():N}");

    /// <summary>Deletes what earlier attempts left. What is still being written to stays for the next time.</summary>
    public static void Sweep(string folder)
    {
        foreach (var path in Directory.GetFiles(folder, Prefix + "*"))
        {
            File.Delete(path);
        }

        foreach (var path in Directory.GetDirectories(folder, Prefix + "*"))
        {
            // What somebody writes into still is in nobody's way.
            TryDeleteFolder(path);
        }
    }

    /// <returns>False if it is still there in part: somebody else writes into it, or deletes it as well.</returns>
    public static bool TryDeleteFolder(string path)
    {
        try
        {
            DeleteFolder(path);
            return true;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    public static void DeleteFolder(string path)
    {
        if (Directory.Exists(path))
        {
            Directory.Delete(path, recursive: true);
        }
    }
}
